"""What perfect sensors would say at one instant: the plant's side of the vocabulary."""

from typing import Final

import msgspec

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.car import Car, Phase
from sim.doors import contacts
from sim.encoder import LANDING_M
from sim.stimuli import Stimulus

_RUNNING: Final = {
    Direction.NONE: DriveState.STANDBY,
    Direction.UP: DriveState.RUNNING_UP,
    Direction.DOWN: DriveState.RUNNING_DOWN,
}
_SHOWN: Final = (Stimulus.OVERLOAD, Stimulus.CABINET_DOOR, Stimulus.ALARM_BUTTON, Stimulus.OPEN_BUTTON)
"""What hands hold and signals show."""
_NOTHING_HELD: Final = [False] * len(_SHOWN)
_NO_REAR_DOOR: Final = (None, None, True)


class PlantSignals(msgspec.Struct, frozen=True):
    """The truth at `t_ns`. `values()` gives the vocabulary's items; the rest is for verdicts and screens."""

    t_ns: int
    mode: ServiceMode

    moving: bool
    direction: Direction
    speed_mps: float
    position_m: float
    encoder_m: float
    """The encoder's reading."""
    floor: int
    floor_known: bool
    door_zone: bool
    zone_switch: bool
    """This and `landing_switch`: the shaft's switches, as hardware makes and breaks."""
    landing_switch: bool

    door_fraction: float
    door_open: bool
    """This and `door_closed` are the front door's limits."""
    door_closed: bool
    rear_open: bool | None
    """This and `rear_closed` are the rear door's limits, None without one."""
    rear_closed: bool | None
    nudging: bool
    """The buzzer of a door that closes slowly, past its light curtain."""
    door_torque_nm: float
    """Of the front door's operator, positive if it opens (sim/door_operator.py); `door_fraction` is its place."""

    safety_chain: bool
    landing_lock: bool
    car_lock: bool
    landing_made: bool | None
    """The landing door locks' contacts themselves, bridged or not, whatever is before them in the chain."""
    car_made: bool | None
    """The car doors' contacts themselves."""
    zone_bridged: bool
    """The door-zone relay bridges the locks: the car is levelled, or comes to its landing, with a door not closed."""
    bypass: bool
    """The bypass device of the landing door locks is on, whether or not the controller sees it."""

    drive_state: DriveState
    contactor_command: bool
    contactor_closed: bool
    brake_command: bool
    brake_open: bool

    person: bool
    persons: int
    load_kg: float
    overload: bool
    car_calls: int
    hall_calls: int
    cabinet_door: bool
    alarm_button: bool
    door_open_button: bool

    mains: bool
    controller_up: bool
    faults: tuple[str, ...]
    run_count: int
    trips: int
    door_cycles: int
    relevels: int

    def values(self) -> dict[str, object]:
        """By the vocabulary's item names. `floor` counts from 0, None while the controller does not know it.

        Calls have bit 0 for floor 0; faults are codes of the event catalogue.
        """
        return {
            "mode": self.mode,
            "moving": self.moving,
            "direction": self.direction,
            "speed_mps": self.speed_mps,
            "floor": self.floor if self.floor_known else None,
            "door_zone": self.door_zone,
            "doors.front.open": self.door_open,
            "doors.front.closed": self.door_closed,
            **self._rear_door(),
            "person": self.person,
            "car_calls": self.car_calls,
            "hall_calls": self.hall_calls,
            "mains": self.mains,
            "safety_chain": self.safety_chain,
            "drive_state": self.drive_state,
            "faults": self.faults,
            "landing_lock": self.landing_lock,
            "car_lock": self.car_lock,
            "overload": self.overload,
            "cabinet_door": self.cabinet_door,
            "alarm_button": self.alarm_button,
            "door_open_button": self.door_open_button,
            "brake_command": self.brake_command,
            "brake_open": self.brake_open,
            "contactor_command": self.contactor_command,
            "contactor_closed": self.contactor_closed,
            "run_count": self.run_count,
        }

    def _rear_door(self) -> dict[str, object]:
        if self.rear_closed is None:
            return {}
        return {"doors.rear.open": self.rear_open, "doors.rear.closed": self.rear_closed}


def signals_of(car: Car, now: int) -> PlantSignals:
    """What perfect sensors say at `now`, which is the present, or ahead if nothing is decided until then."""
    trouble, held, motion, encoder = car.trouble, car.hands.held(now), car.motion, car.encoder
    speed_mps, position_m = motion.speed_mps(now), motion.position_m(now)
    if now < motion.end_ns:
        direction, floor = motion.direction, car.landing_nearest(position_m)
    else:
        direction, floor = Direction.NONE, car.floor_at(now)
    driven = direction is not Direction.NONE
    off_m = abs(position_m - car.heights_m[floor])
    in_zone = off_m <= car.building.door.zone_m
    front, rear = car.door.fraction(now), car.rear.fraction(now) if car.has_rear else None
    is_open, is_closed, locked = contacts(front)
    rear_open, rear_closed, rear_locked = _NO_REAR_DOOR if rear is None else contacts(rear)
    locked, bridged = locked and rear_locked, in_zone and car.is_bridged(now)
    taps = car.taps_of(now, floor, position_m, locked=locked, in_zone=in_zone, bridged=bridged)
    powered, riders, noticed = car.has_power, car.riders, trouble.noticed
    machine = car.machine_at(now, is_alive=powered)
    persons, calls = len(riders.persons), car.calls
    if trouble.rescuing or trouble.inspecting:
        mode = ServiceMode.INSPECTION
    else:
        mode = car.service.rules.reads_as if noticed is None else ServiceMode.OUT_OF_SERVICE
    overload, cabinet_door, alarm_button, open_button = [thing in held for thing in _SHOWN] if held else _NOTHING_HELD
    # By place, in the order of the fields: by forty names a look takes nearly half as long again.
    return PlantSignals(
        now,
        mode,
        # moving, direction, speed_mps, position_m, encoder_m
        driven and not (car.phase is Phase.STALLED and speed_mps == 0),
        direction,
        speed_mps,
        position_m,
        encoder.reading_m(position_m),
        # floor, floor_known, door_zone, zone_switch, landing_switch
        floor,
        trouble.floor_known,
        in_zone,
        encoder.zone_switch(position_m) if encoder.has_hysteresis else in_zone,
        off_m <= LANDING_M,
        # door_fraction, door_open, door_closed, rear_open, rear_closed, nudging, door_torque_nm
        front,
        is_open,
        is_closed,
        rear_open,
        rear_closed,
        car.nudging and car.phase is Phase.CLOSING,
        car.operator.torque_nm(car.door, front, now) if powered else 0.0,
        # safety_chain, landing_lock, car_lock, landing_made, car_made, zone_bridged, bypass
        taps.end,
        taps.landing_lock,
        taps.car_lock,
        taps.landing_made,
        taps.car_made,
        bridged,
        car.chain.bypassed,
        # drive_state, contactor_command, contactor_closed, brake_command, brake_open
        _RUNNING[direction] if machine.contactor_command else DriveState.STANDBY,
        machine.contactor_command,
        machine.contactor_closed,
        machine.brake_command,
        machine.brake_open,
        # person, persons, load_kg, overload
        persons > 0,
        persons,
        riders.load_kg,
        riders.overloaded or overload,
        # car_calls, hall_calls, cabinet_door, alarm_button, door_open_button
        calls.car,
        calls.hall,
        cabinet_door,
        alarm_button,
        open_button,
        # mains, controller_up, faults, run_count, trips, door_cycles, relevels
        trouble.mains,
        powered,
        () if noticed is None else (noticed.event_code,),
        car.trips - trouble.runs_forgotten,
        car.trips,
        car.door_cycles,
        car.relevels,
    )
