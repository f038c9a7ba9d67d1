"""One building's lift as a plant: whoever owns time advances it, looks at it, and acts on it."""

from collections.abc import Callable
from typing import Final, Protocol, final

from sim.agenda import Agenda, Appointment
from sim.building import Building
from sim.car import Car
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
    """A lift with its people from t = 0, car parked at the main floor. Same seed, same truth, byte by byte.

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
        self.crowd: Final = Crowd(building)
        self._car: Final = Car(building, self._agenda, self.crowd, Trouble(), self.tell)
        self._lift: Final = Lift(self._car, self._journeys, Leveller(self._car, seed), Reboots(self._agenda, seed))
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

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> Effect:
        """Do something to the lift now; `seconds` is for what lasts. Says what became of it."""
        self._warn(self.now_ns)
        self.tell(TruthKind.STIMULUS, stimulus=stimulus.value)
        return act(stimulus, seconds, self._lift)

    def at(self, t_ns: int, action: Callable[[], None]) -> Appointment:
        """Let `action` happen at `t_ns`, which is not in the past."""
        return self._agenda.at(t_ns, action)

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        """Something happened now."""
        if self._on_truth is None and self._misfortune is None:
            return
        record = TruthRecord(self.now_ns, kind, data)
        if self._on_truth is not None:
            self._on_truth(record)
        if self._misfortune is not None:
            self._misfortune.hear(record)

    def signals(self, t_ns: int | None = None) -> PlantSignals:
        """What perfect sensors say at `t_ns` (now, if not given), after advancing to it."""
        if t_ns is not None:
            self.advance_to(t_ns)
        return signals_of(self._car, self.now_ns)

    def foreseen(self, t_ns: int) -> PlantSignals:
        """What perfect sensors will say at `t_ns`, not before now, if nothing is decided until then."""
        return signals_of(self._car, t_ns)

    def watch(self, before: Callable[[int], None]) -> None:
        """From now on call `before` with each instant at which something is decided, just before that."""
        self._watchers.append(before)

    def _advance_watched(self, t_ns: int) -> None:
        while (due_ns := self._agenda.next_ns()) is not None and due_ns <= t_ns:
            self._warn(due_ns)
            self._agenda.advance_to(due_ns)

    def _warn(self, t_ns: int) -> None:
        for before in self._watchers:
            before(t_ns)

    def _expect_next_person(self) -> None:
        gap_ns = self._journeys.next_gap_ns(self.now_ns)
        if gap_ns is not None:
            self._agenda.at(self.now_ns + gap_ns, self._person_comes)

    def _person_comes(self) -> None:
        origin, destination = self._journeys.route(self.now_ns)
        for _ in range(self._journeys.batch()):
            self._lift.person_comes(origin, destination)
        self._expect_next_person()
