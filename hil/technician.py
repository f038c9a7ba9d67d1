"""A technician who commissions the simulated lift: what he does at each step of the script, and when he confirms it.

Whoever owns time asks `wants` again and again; the acts are stimuli, the confirmations come when the plant has long
enough been as the step says.
"""

import random
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Final

import msgspec

from sim.signals import PlantSignals
from sim.stimuli import Stimulus

_NS_PER_S: Final = 1_000_000_000

Is = Callable[["_Look"], bool]


class Pace(msgspec.Struct, frozen=True):
    """How he works: `look_s` (least, most) before he confirms; a button or contact is held `hold_s`, longer than that.

    The stop switch stays pressed `stop_s`, while he works on the contacts.
    """

    look_s: tuple[float, float] = (2.5, 4.5)
    hold_s: float = 12.0
    stop_s: float = 60.0


class Act(msgspec.Struct, frozen=True):
    """What he does at the beginning of a step, and for how long; None: it does not last."""

    stimulus: Stimulus
    for_s: float | None = None


class _Look(msgspec.Struct, frozen=True):
    """What he sees: the lift now, the lift when the step began, and whether a door has been less than open since."""

    now: PlantSignals
    before: PlantSignals
    was_shutting: bool

    @property
    def is_parked(self) -> bool:
        now = self.now
        shut = now.door_closed and now.rear_closed is not False
        return not now.moving and shut and now.door_zone and now.mains

    @property
    def has_cycled(self) -> bool:
        return self.is_parked and self.now.door_cycles > self.before.door_cycles

    def says(self, item: str) -> bool:
        return self.now.values().get(item) is True


def _parked(look: _Look) -> bool:
    return look.is_parked


def _cycled(look: _Look) -> bool:
    return look.has_cycled


def _on(item: str) -> Is:
    return lambda look: look.says(item)


def _off(item: str) -> Is:
    return lambda look: not look.says(item)


def _made(contact: str, item: str) -> Is:
    """A contact under his hand is closed; who only sees the lift's signals goes by that one."""

    def is_made(look: _Look) -> bool:
        made = getattr(look.now, contact)
        return look.says(item) if made is None else made is True

    return is_made


def _opened(contact: str, item: str) -> Is:
    made = _made(contact, item)
    return lambda look: not made(look)


def _both(*all_of: Is) -> Is:
    return lambda look: all(one(look) for one in all_of)


class _Lasts(Enum):
    """How long an act lasts, by the pace."""

    HOLD = "hold"
    STOP = "stop"


_INSPECTION_RUN_S: Final = 5.0
_DOES: Final[Mapping[str, tuple[Stimulus | None, float | _Lasts | None, Is]]] = {
    "rest": (None, None, _parked),
    "step_in": (Stimulus.IDLE_PERSON, None, _both(_cycled, _on("person"))),
    "ride_up": (Stimulus.RIDE_UP, None, _cycled),
    "ride_down": (Stimulus.RIDE_DOWN, None, _cycled),
    "open_hold_front": (Stimulus.OPEN_BUTTON, _Lasts.HOLD, _on("doors.front.open")),
    "block_beam_front": (
        Stimulus.BLOCK_BEAM,
        _Lasts.HOLD,
        lambda look: look.was_shutting and look.now.door_open and not look.says("door_open_button"),
    ),
    "block_beam_again_front": (
        Stimulus.BLOCK_BEAM,
        _Lasts.HOLD,
        lambda look: look.was_shutting and look.now.door_open and not look.says("door_open_button"),
    ),
    "clear_beam_front": (None, None, _parked),
    "alarm_press": (Stimulus.ALARM_BUTTON, _Lasts.HOLD, _on("alarm_button")),
    "alarm_release": (None, None, _off("alarm_button")),
    "overload": (Stimulus.OVERLOAD, _Lasts.HOLD, _on("overload")),
    "unload": (None, None, _both(_off("overload"), _parked)),
    "leave": (Stimulus.PERSON_LEAVES, None, _both(_cycled, _off("person"))),
    "cabinet_open": (Stimulus.CABINET_DOOR, _Lasts.HOLD, _on("cabinet_door")),
    "cabinet_shut": (None, None, _off("cabinet_door")),
    "inspection_on": (Stimulus.INSPECTION_ON, None, _parked),
    "inspection_away": (Stimulus.INSPECTION_UP, _INSPECTION_RUN_S, _both(_off("moving"), _off("door_zone"))),
    "stop_press": (Stimulus.STOP_SWITCH, _Lasts.STOP, _off("safety_chain")),
    "landing_lock": (Stimulus.LANDING_LOCK, _Lasts.HOLD, _opened("landing_made", "landing_lock")),
    "landing_lock_back": (None, None, _made("landing_made", "landing_lock")),
    "car_contact": (Stimulus.CAR_CONTACT, _Lasts.HOLD, _opened("car_made", "car_lock")),
    "car_contact_back": (None, None, _made("car_made", "car_lock")),
    "stop_release": (None, None, _on("safety_chain")),
    "inspection_off": (Stimulus.INSPECTION_OFF, None, _parked),
    "mains_off": (Stimulus.POWER_LOSS, None, _off("mains")),
    "mains_on": (Stimulus.POWER_RESTORE, None, _parked),
}


class Technician:
    """Goes through steps by their names. `see` tells what the lift is like; `seed` how long he looks at it."""

    def __init__(self, see: Callable[[], PlantSignals], seed: int, pace: Pace | None = None) -> None:
        self._see: Final = see
        self._pace: Final = Pace() if pace is None else pace
        self._random: Final = random.Random(seed)
        self._is_so: Is = _parked
        self._before = see()
        self._since_ns: int | None = None
        self._look_ns = 0
        self._was_shutting = False

    def begin(self, step: str) -> Act | None:
        """What to do to the lift now. Raises KeyError for a step that he never learned."""
        stimulus, lasts, self._is_so = _DOES["ride_up" if step.startswith("ride_up_") else step]
        self._before = self._see()
        self._since_ns = None
        self._was_shutting = False
        self._look_ns = round(self._random.uniform(*self._pace.look_s) * _NS_PER_S)
        by_pace = {_Lasts.HOLD: self._pace.hold_s, _Lasts.STOP: self._pace.stop_s}
        return None if stimulus is None else Act(stimulus, by_pace[lasts] if isinstance(lasts, _Lasts) else lasts)

    def confirms(self) -> bool:
        """Whether he has now seen for long enough what the step says."""
        now = self._see()
        self._was_shutting |= not now.door_open
        if not self._is_so(_Look(now, self._before, self._was_shutting)):
            self._since_ns = None
            return False
        self._since_ns = now.t_ns if self._since_ns is None else self._since_ns
        return now.t_ns - self._since_ns >= self._look_ns
