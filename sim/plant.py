"""One building's lifts as a plant: whoever owns time advances it, looks at it, and acts on it."""

from collections.abc import Callable
from typing import Final, Protocol, final

from sim import SimError
from sim.agenda import Agenda, Appointment
from sim.behaviour import Behaviour, heard
from sim.building import Building
from sim.car import Car, Tell
from sim.group import Group
from sim.levelling import Leveller
from sim.lift import Lift
from sim.mishaps import act
from sim.passengers import Crowd, Journeys
from sim.reboot import Reboots
from sim.signals import PlantSignals, signals_of
from sim.stimuli import Effect, Stimulus
from sim.trouble import Trouble
from sim.truth import OnTruth, TruthKind, TruthRecord, TruthValue


class Misfortune(Protocol):
    """What goes wrong by itself."""

    def begin(self, world: "Plant") -> None:
        """The plant is new, at t = 0."""

    def hear(self, record: TruthRecord) -> None:
        """Something happened."""


@final
class Plant:
    """A group of lifts with its people from t = 0, cars parked at the main floor. Same seed, same truth, byte by byte.

    Looking costs no events and changes nothing: how often `signals` is called makes no difference to what happens.
    """

    def __init__(
        self, building: Building, seed: int, on_truth: OnTruth | None = None, misfortune: Misfortune | None = None
    ) -> None:
        self.building: Final = building
        self.seed: Final = seed
        self._on_truth: Final = on_truth
        self._misfortune: Final = misfortune
        self._agenda: Final = Agenda()
        self._watchers: Final[list[Callable[[int], None]]] = []
        self._journeys: Final = Journeys(building, seed)
        self.crowd: Final = Crowd(building, seed)
        self._group: Final = Group(building, self.crowd, self.tell)
        self._heard: Final = heard(building.habits)
        cars = range(building.cars) if self._heard else ()
        self._behaviours: Final = [
            Behaviour(building.habits, self, car, f"{seed}/{car}" if car else seed) for car in cars
        ]
        self._lifts: Final = [self._new_lift(index) for index in range(building.cars)]
        self._lift: Final = self._lifts[0]
        self._expect_next_person()
        if misfortune is not None:
            misfortune.begin(self)

    @property
    def now_ns(self) -> int:
        """The instant up to which everything has happened."""
        return self._agenda.now_ns

    @property
    def events(self) -> int:
        """How many SimPy events there were; looking at the plant adds none."""
        return self._agenda.events

    def next_event_ns(self) -> int | None:
        """Nothing but motion happens before this; None if nothing will ever happen by itself."""
        return self._agenda.next_ns()

    def advance_to(self, t_ns: int) -> None:
        """Let everything happen up to and at `t_ns`. Raises SimError on a time in the past."""
        if self._watchers:
            self._advance_watched(t_ns)
        self._agenda.advance_to(t_ns)

    def apply(self, stimulus: Stimulus, seconds: float | None = None, car: int | None = None) -> Effect:
        """Do something to a lift now; `seconds` is for what lasts. Says what became of it. Raises SimError on `car`.

        Without `car` it comes to the first lift, and what is building-wide to every one.
        """
        lifts = self._lifts if car is None and stimulus.is_building_wide else [self._lift_of(car or 0)]
        self._warn(self.now_ns)
        effects = []
        for lift in lifts:
            lift.car.tell(TruthKind.STIMULUS, stimulus=stimulus.value)
            effects.append(act(stimulus, seconds, lift))
        return next((effect for effect in Effect if effect in effects), Effect.NONE)

    def refuses(self, stimulus: Stimulus, car: int = 0) -> bool:
        """Whether something else waits for its occasion at a lift, so that `stimulus` would be refused."""
        return self._lift_of(car).car.trouble.refuses(stimulus)

    def person_comes(self, origin: int, destination: int) -> None:
        """Somebody comes to the landing `origin` now, and wants to go to `destination`."""
        self._warn(self.now_ns)
        self._group.person_comes(origin, destination)

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Let `action` happen at `t_ns`, which is not in the past."""
        return self._agenda.at(t_ns, action)

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Something happened now."""
        if kind in self._heard:
            car = data.get("car", 0)
            self._behaviours[car if isinstance(car, int) else 0].hear(kind, data)
        if self._on_truth is None and self._misfortune is None:
            return
        record = TruthRecord(self._agenda.now_ns, kind, data)
        if self._on_truth is not None:
            self._on_truth(record)
        if self._misfortune is not None:
            self._misfortune.hear(record)

    def signals(self, t_ns: int | None = None, car: int = 0) -> PlantSignals:
        """What perfect sensors of a car say at `t_ns` (now, if not given), after advancing to it.

        Cars count from 0. Hall calls are those that the car is to answer. Raises SimError.
        """
        if t_ns is None:
            t_ns = self.now_ns
        else:
            self.advance_to(t_ns)
        return signals_of(self._lift_of(car).car, t_ns)

    def controller_is_up(self, t_ns: int, car: int = 0) -> bool:
        """Whether a car's controller runs, with power, at `t_ns`, after advancing to it. Raises SimError."""
        self.advance_to(t_ns)
        return self._lift_of(car).car.has_power

    def foreseen(self, t_ns: int, car: int = 0) -> PlantSignals:
        """What a car's perfect sensors will say at `t_ns`, not before now, if nothing is decided until then."""
        return signals_of(self._lift_of(car).car, t_ns)

    def watch(self, before: Callable[[int], None]) -> None:
        """From now on call `before` with each instant at which something is decided, just before that."""
        self._watchers.append(before)

    @property
    def is_watched(self) -> bool:
        """Whether anybody is told of decisions."""
        return bool(self._watchers)

    def _advance_watched(self, t_ns: int) -> None:
        while (due_ns := self._agenda.next_ns()) is not None and due_ns <= t_ns:
            self._warn(due_ns)
            self._agenda.advance_to(due_ns)

    def _warn(self, t_ns: int) -> None:
        for before in self._watchers:
            before(t_ns)

    def _lift_of(self, car: int) -> Lift:
        if not 0 <= car < len(self._lifts):
            raise SimError(f"{self.building.name} has no car {car}: cars count from 0, and it has {len(self._lifts)}")
        return self._lifts[car]

    def _new_lift(self, index: int) -> Lift:
        car = Car(self.building, self._agenda, self.crowd, Trouble(), self._teller(index))
        seed = f"{self.seed}/{index}" if index else self.seed
        return Lift(car, self._journeys, self._group, Leveller(car, seed), Reboots(self._agenda, seed))

    def _teller(self, index: int) -> Tell:
        """Of a car above the first, every record says which."""

        def tell(kind: TruthKind, **data: TruthValue) -> None:
            self.tell(kind, **data, car=index)

        return tell if index else self.tell

    def _expect_next_person(self) -> None:
        gap_ns = self._journeys.next_gap_ns(self.now_ns)
        if gap_ns is not None:
            self._agenda.at(self.now_ns + gap_ns, self._person_comes)

    def _person_comes(self) -> None:
        origin, destination = self._journeys.route(self.now_ns)
        for _ in range(self._journeys.batch()):
            self.person_comes(origin, destination)
        self._expect_next_person()
