"""The controller's service modes as a pure table: which switches stand, and which mode that makes.

A switch stays on whatever else is switched; the mode is the standing one of the highest priority. Where a priority or a
rule was not read in a standard it says so. EN 81-73 (fire recall), EN 81-72 (firefighters), EN 81-77 (earthquake) and
EN 81-20 5.12.1 (inspection, emergency electrical) are recalled, not read (C).
"""

import enum
from dataclasses import dataclass, field
from typing import Final

import msgspec

from protocols.lift.vocabulary import ServiceMode


class Mode(enum.Enum):
    """What the controller does, from the highest priority to the lowest.

    Inspection overrides emergency electrical operation, and both override whatever fire switches say (C). That an
    earthquake overrides fire, and the order of the rest, are assumptions. Unknown: the mode selector's contacts
    contradict each other; fire and inspection have inputs of their own.
    """

    INSPECTION = "inspection"
    EMERGENCY_ELECTRICAL = "emergency_electrical"
    BATTERY_RESCUE = "battery_rescue"
    EARTHQUAKE = "earthquake"
    FIREFIGHTER = "firefighter"
    FIRE_RECALL = "fire_recall"
    UNKNOWN = "unknown"
    UNDER_REPAIR = "under_repair"
    OUT_OF_SERVICE = "out_of_service"
    INDEPENDENT = "independent"
    ATTENDANT = "attendant"
    NORMAL = "normal"


class Event(enum.Enum):
    """A switch that is turned, or what the controller notices."""

    INSPECTION_ON = "inspection_on"
    INSPECTION_OFF = "inspection_off"
    EMERGENCY_ELECTRICAL_ON = "emergency_electrical_on"
    EMERGENCY_ELECTRICAL_OFF = "emergency_electrical_off"
    BATTERY_ON = "battery_on"
    BATTERY_OFF = "battery_off"
    EARTHQUAKE = "earthquake"
    EARTHQUAKE_END = "earthquake_end"
    FIRE_RECALL = "fire_recall"
    FIREFIGHTER = "firefighter"
    FIRE_END = "fire_end"
    MODE_SELECTOR_BROKEN = "mode_selector_broken"
    MODE_SELECTOR_MENDED = "mode_selector_mended"
    REPAIR_BEGINS = "repair_begins"
    REPAIR_ENDS = "repair_ends"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    INDEPENDENT_ON = "independent_on"
    INDEPENDENT_OFF = "independent_off"
    ATTENDANT_ON = "attendant_on"
    ATTENDANT_OFF = "attendant_off"


Standing = frozenset[Mode]
"""The switches that are on; none: normal."""

SHUT: Final = frozenset({Mode.UNDER_REPAIR, Mode.OUT_OF_SERVICE})
"""Switched off by a technician for a repair, or by the switch for it: the same for people, ended by different hands."""
RELEASED: Final = frozenset({Mode.INSPECTION, Mode.EMERGENCY_ELECTRICAL, Mode.BATTERY_RESCUE, Mode.UNKNOWN})
"""What a technician's release ends: what he drives by, what is broken. Other modes belong to those who switch them."""


class _Change(msgspec.Struct, frozen=True):
    """What an event does; `only_in`: and in which mode alone it does it."""

    begins: tuple[Mode, ...] = ()
    ends: tuple[Mode, ...] = ()
    only_in: Mode | None = None


_TABLE: Final = {
    Event.INSPECTION_ON: _Change(begins=(Mode.INSPECTION,)),
    Event.INSPECTION_OFF: _Change(ends=(Mode.INSPECTION,)),
    Event.EMERGENCY_ELECTRICAL_ON: _Change(begins=(Mode.EMERGENCY_ELECTRICAL,)),
    Event.EMERGENCY_ELECTRICAL_OFF: _Change(ends=(Mode.EMERGENCY_ELECTRICAL,)),
    Event.BATTERY_ON: _Change(begins=(Mode.BATTERY_RESCUE,)),
    Event.BATTERY_OFF: _Change(ends=(Mode.BATTERY_RESCUE,)),
    Event.EARTHQUAKE: _Change(begins=(Mode.EARTHQUAKE,)),
    Event.EARTHQUAKE_END: _Change(ends=(Mode.EARTHQUAKE,)),
    Event.FIRE_RECALL: _Change(begins=(Mode.FIRE_RECALL,)),
    Event.FIREFIGHTER: _Change(begins=(Mode.FIREFIGHTER,), only_in=Mode.FIRE_RECALL),  # phase 2 follows phase 1
    Event.FIRE_END: _Change(ends=(Mode.FIRE_RECALL, Mode.FIREFIGHTER)),
    Event.MODE_SELECTOR_BROKEN: _Change(begins=(Mode.UNKNOWN,)),
    Event.MODE_SELECTOR_MENDED: _Change(ends=(Mode.UNKNOWN,)),
    Event.REPAIR_BEGINS: _Change(begins=(Mode.UNDER_REPAIR,)),
    Event.REPAIR_ENDS: _Change(ends=(Mode.UNDER_REPAIR,)),
    Event.OUT_OF_SERVICE: _Change(begins=(Mode.OUT_OF_SERVICE,)),
    Event.IN_SERVICE: _Change(ends=(Mode.OUT_OF_SERVICE,)),
    Event.INDEPENDENT_ON: _Change(begins=(Mode.INDEPENDENT,)),
    Event.INDEPENDENT_OFF: _Change(ends=(Mode.INDEPENDENT,)),
    Event.ATTENDANT_ON: _Change(begins=(Mode.ATTENDANT,)),
    Event.ATTENDANT_OFF: _Change(ends=(Mode.ATTENDANT,)),
}


def after(standing: Standing, event: Event) -> Standing:
    """The switches that are on after `event`."""
    change = _TABLE[event]
    if change.only_in is not None and mode_of(standing) is not change.only_in:
        return standing
    return (standing | frozenset(change.begins)) - frozenset(change.ends)


def mode_of(standing: Standing) -> Mode:
    """The mode of the highest priority."""
    return next((mode for mode in Mode if mode in standing), Mode.NORMAL)


class Doors(enum.Enum):
    """How long a door that is open at a landing stays so."""

    TIMED = "timed"
    ATTENDED = "attended"
    UNTIL_CAR_CALL = "until_car_call"
    OPEN_WHERE_CALLED = "open_where_called"


class Rules(msgspec.Struct, frozen=True):
    """What a mode allows. `reads_as` is what GB/T 24476 has for it."""

    reads_as: ServiceMode
    hall_calls: bool = False
    car_calls: bool = False
    boards: bool = False
    doors: Doors = Doors.TIMED


RULES: Final = {
    Mode.INSPECTION: Rules(ServiceMode.INSPECTION),
    # The standard's list has no emergency electrical operation; controllers show both as one (practice).
    Mode.EMERGENCY_ELECTRICAL: Rules(ServiceMode.INSPECTION),
    Mode.BATTERY_RESCUE: Rules(ServiceMode.EMERGENCY_POWER),
    Mode.EARTHQUAKE: Rules(ServiceMode.EARTHQUAKE, doors=Doors.OPEN_WHERE_CALLED),
    Mode.FIREFIGHTER: Rules(ServiceMode.FIREFIGHTER, car_calls=True, doors=Doors.UNTIL_CAR_CALL),
    Mode.FIRE_RECALL: Rules(ServiceMode.FIRE_RECALL, doors=Doors.OPEN_WHERE_CALLED),
    Mode.UNKNOWN: Rules(ServiceMode.UNKNOWN),
    Mode.UNDER_REPAIR: Rules(ServiceMode.OUT_OF_SERVICE),
    Mode.OUT_OF_SERVICE: Rules(ServiceMode.OUT_OF_SERVICE),
    # Attendant and independent have no number in the standard: a terminal sees normal service.
    Mode.INDEPENDENT: Rules(ServiceMode.NORMAL, car_calls=True, boards=True, doors=Doors.UNTIL_CAR_CALL),
    Mode.ATTENDANT: Rules(ServiceMode.NORMAL, hall_calls=True, car_calls=True, boards=True, doors=Doors.ATTENDED),
    Mode.NORMAL: Rules(ServiceMode.NORMAL, hall_calls=True, car_calls=True, boards=True),
}


@dataclass(slots=True)
class Service:
    """Mutable: the switches that are on, the mode they make, and its rules."""

    standing: Standing = frozenset()
    mode: Mode = Mode.NORMAL
    rules: Rules = field(default_factory=lambda: RULES[Mode.NORMAL])

    def step(self, event: Event) -> bool:
        """One event; whether any switch stands otherwise than before."""
        before, self.standing = self.standing, after(self.standing, event)
        self.mode = mode_of(self.standing)
        self.rules = RULES[self.mode]
        return self.standing != before
