"""The safety chain: contacts in series from the supply to the contactors, and the taps at which it is read.

Order: what stops the lift for good, the stops, the landing door locks of every landing and side, the car door contacts.
That is how controllers number their taps: safety circuit first, door locks behind it (the older Arkel: 120 stop
circuit, 140 lock; HPMONT MONT: one bit for the safety circuit, one for the door locks: controller_maps.md). The order
among the contacts before the locks is an assumption, and no tap lies between them.

A tap reads closed if everything before it is closed or bridged. A lift that is monitored at auxiliary contacts of its
doors (building: `chain: {lock_inputs: contacts}`) tells each lock by itself, bridged or not, whoever feeds the chain.

The taps have the control supply: without it they read open. Re-levelling and advance opening close the chain through
the relay of the door zone, which bridges the locks, and the taps behind them read closed (lift_standards.md 6.3, R1).
"""

import enum
from typing import Final, NamedTuple, final

from sim.hands import Hands
from sim.stimuli import Stimulus


class Contact(enum.Enum):
    """The contacts before the door locks that stay open until somebody closes them. Emergency electrical operation
    bridges both, and the final limits with them (EN 81-20 5.12.1.6, C)."""

    GOVERNOR = "governor"
    SAFETY_GEAR = "safety_gear"


class Taps(NamedTuple):
    """What the chain reads: behind the contacts before the locks, behind the landings', behind the car's, at its end.

    `landing_made`, `car_made`: the door contacts by themselves, without bridges and whatever is before them.
    """

    stops: bool
    landing_lock: bool
    car_lock: bool
    end: bool
    landing_made: bool
    car_made: bool


_ALL_CLOSED: Final = Taps(*(True,) * len(Taps._fields))
WHOLE: Final = -1
"""Every landing's lock at once, as a mask of floors."""


@final
class Chain:
    """Which contacts something holds open, and which are bridged. Doors, limits and supply follow the car besides."""

    def __init__(self, hands: Hands, *, in_series: bool) -> None:
        self._hands: Final = hands
        self._in_series: Final = in_series
        self._open: Final[set[Contact]] = set()
        self._bridged_landings = 0
        self._bridged_car = False
        self._bridged_stops = False
        self.bypassed = False
        """The bypass device of the landing door locks is on (EN 81-20 5.12.1.8, GB/T 7588.1, C): inspection only."""
        self.bypass_seen = True
        """Whether the controller knows of a bypass device that is on. If not, normal service goes on with it."""

    def open(self, contact: Contact) -> None:
        """Something opens `contact`. Whoever does so also stops the car."""
        self._open.add(contact)

    @property
    def is_open(self) -> bool:
        """Whether a contact is open that emergency electrical operation bridges."""
        return bool(self._open)

    def mend(self) -> None:
        """Everything that was opened is closed, the bypass device is off. Bridges stay: who made them undoes them."""
        self._open.clear()
        self.end_bypass()

    def end_bypass(self) -> bool:
        """The bypass device is off, and its contact in order; whether it was on."""
        was, self.bypassed, self.bypass_seen = self.bypassed, False, True
        return was

    def bridge_landings(self, floors: int = WHOLE) -> None:
        """The landing door locks at `floors` (a mask) are short-circuited, if not said the whole lock circuit."""
        self._bridged_landings |= floors

    def bridge_car(self) -> None:
        """The car door contacts are short-circuited."""
        self._bridged_car = True

    def bridge_stops(self) -> None:
        """The contacts before the door locks are short-circuited."""
        self._bridged_stops = True

    def unbridge(self) -> bool:
        """No contact is bridged any more; whether one was."""
        was = bool(self._bridged_landings) or self._bridged_car or self._bridged_stops
        self._bridged_landings, self._bridged_car, self._bridged_stops = 0, False, False
        return was

    def taps(
        self,
        t_ns: int,
        floor: int,
        *,
        is_broken: bool,
        landing: bool,
        car: bool,
        recalled: bool = False,
        zone_bridged: bool = False,
        has_supply: bool = True,
    ) -> Taps:
        """What the chain reads at `t_ns` of a car at `floor`.

        `landing`: whether the landing doors there are locked (the others are); `car`: whether the car's doors are;
        `is_broken`: another contact before the locks is open; `recalled`: under emergency electrical operation;
        `zone_bridged`: the door-zone relay bridges the locks.
        """
        held = self._hands.held(t_ns)
        if self._open and not recalled:
            is_broken = True
        if landing and car and has_supply and not (held or is_broken):
            return _ALL_CLOSED
        landing_made, car_made = landing, car
        if held:
            landing_made = landing and Stimulus.LANDING_LOCK not in held
            car_made = car and Stimulus.CAR_CONTACT not in held
            is_broken = is_broken or Stimulus.STOP_SWITCH in held
        stops = has_supply and (self._bridged_stops or not is_broken)
        is_landing_bridged = zone_bridged or self.bypassed or bool(self._bridged_landings >> floor & 1)
        landing_reads = stops and (landing_made or is_landing_bridged)
        end = landing_reads and (car_made or zone_bridged or self._bridged_car)
        if self._in_series:
            return Taps(stops, landing_reads, end, end, landing_made, car_made)
        return Taps(stops, landing_made, car_made, end, landing_made, car_made)
