"""The safety chain: contacts in series from the supply to the contactors, and the taps at which it is read.

Order: what stops the lift for good, the stops, the landing door locks of every landing and side, the car door contacts.
That is how controllers number their taps: safety circuit first, door locks behind it (the older Arkel: 120 stop
circuit, 140 lock; HPMONT MONT: one bit for the safety circuit, one for the door locks: controller_maps.md). The order
among the contacts before the locks is an assumption, and no tap lies between them.

A tap reads closed if everything before it is closed or bridged. A lift that is monitored at auxiliary contacts of its
doors (building: `chain: {lock_inputs: contacts}`) tells each lock by itself.
"""

import enum
from typing import Final, NamedTuple, final

from sim.hands import Hands
from sim.stimuli import Stimulus


class Contact(enum.Enum):
    """The contacts before the door locks, in order."""

    GOVERNOR = "governor"
    SAFETY_GEAR = "safety_gear"
    FINAL_LIMIT = "final_limit"
    BUFFER = "buffer"
    PIT_STOP = "pit_stop"
    CAR_TOP_STOP = "car_top_stop"


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
    """Which contacts something holds open, and which are bridged. Door contacts follow their doors besides."""

    def __init__(self, hands: Hands, *, in_series: bool) -> None:
        self._hands: Final = hands
        self._in_series: Final = in_series
        self._open: Final[set[Contact]] = set()
        self._open_landings = 0
        self._bridged_landings = 0
        self._bridged_car = False
        self._bridged_stops = False
        self.bypassed = False
        """The bypass device of the landing door locks is on (EN 81-20 5.12.1.8, GB/T 7588.1, C): inspection only."""

    def open(self, contact: Contact) -> None:
        """Something opens `contact`. Whoever does so also stops the car."""
        self._open.add(contact)

    def close(self, contact: Contact) -> None:
        """`contact` is closed again."""
        self._open.discard(contact)

    def is_made(self, contact: Contact) -> bool:
        """Whether nothing holds `contact` open."""
        return contact not in self._open

    def open_landing(self, floor: int) -> None:
        """The lock contact of the landing door at `floor` stays open whatever the door does."""
        self._open_landings |= 1 << floor

    def mend(self) -> None:
        """Everything that was opened is closed, the bypass device is off. Bridges stay: who made them undoes them."""
        self._open.clear()
        self.bypassed = False
        self._open_landings = 0

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

    def taps(self, t_ns: int, floor: int, *, is_broken: bool, landing: bool, car: bool) -> Taps:
        """What the chain reads at `t_ns` of a car at `floor`.

        `landing`: whether the landing doors there are locked (the others are); `car`: whether the car's doors are;
        `is_broken`: an unnamed contact before the locks is open.
        """
        held = self._hands.held(t_ns)
        if landing and car and not (held or is_broken or self._open or self._open_landings):
            return _ALL_CLOSED
        stops = self._bridged_stops or not (is_broken or self._open or Stimulus.STOP_SWITCH in held)
        open_landings = self._open_landings
        if not landing or Stimulus.LANDING_LOCK in held:
            open_landings |= 1 << floor
        car_made = car and Stimulus.CAR_CONTACT not in held
        landing_reads = self.bypassed or not open_landings & ~self._bridged_landings
        car_reads = car_made or self._bridged_car
        end = stops and landing_reads and car_reads
        if self._in_series:
            landing_reads = stops and landing_reads
            car_reads = end
        return Taps(stops, landing_reads, car_reads, end, not open_landings, car_made)
