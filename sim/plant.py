"""One building's lift as a plant: whoever owns time advances it, looks at it, and acts on it."""

from typing import Final, final

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.agenda import Agenda
from sim.building import Building
from sim.car import Car
from sim.lift import Lift
from sim.mishaps import act
from sim.passengers import Crowd, Journeys
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus
from sim.trouble import Fault, Trouble
from sim.truth import OnTruth, TruthKind, TruthRecord, TruthValue

_RUNNING: Final = {
    Direction.NONE: DriveState.STANDBY,
    Direction.UP: DriveState.RUNNING_UP,
    Direction.DOWN: DriveState.RUNNING_DOWN,
}


@final
class Plant:
    """A lift with its people from t = 0, car parked at the main floor. Same seed, same truth, byte by byte.

    Looking costs no events and changes nothing: how often `signals` is called makes no difference to what happens.
    """

    def __init__(self, building: Building, seed: int, on_truth: OnTruth | None = None) -> None:
        self.building: Final = building
        self.seed: Final = seed
        self._on_truth: Final = on_truth
        self._agenda: Final = Agenda()
        self._journeys: Final = Journeys(building, seed)
        self.crowd: Final = Crowd(building)
        self._car: Final = Car(building, self._agenda, self.crowd, Trouble(), self._tell)
        self._lift: Final = Lift(self._car, self._journeys)
        self._expect_next_person()

    @property
    def now_ns(self) -> int:
        """The instant up to which everything has happened."""
        return self._agenda.now_ns

    def next_event_ns(self) -> int | None:
        """Nothing but motion happens before this; None if nothing will ever happen by itself."""
        return self._agenda.next_ns()

    def advance_to(self, t_ns: int) -> None:
        """Let everything happen up to and at `t_ns`. Raises SimError on a time in the past."""
        self._agenda.advance_to(t_ns)

    def apply(self, stimulus: Stimulus, seconds: float | None = None) -> Effect:
        """Do something to the lift now; `seconds` is for what lasts. Says what became of it."""
        self._tell(TruthKind.STIMULUS, stimulus=stimulus.value)
        return act(stimulus, seconds, self._lift)

    def signals(self, t_ns: int | None = None) -> PlantSignals:
        """What perfect sensors say at `t_ns` (now, if not given), after advancing to it."""
        if t_ns is not None:
            self.advance_to(t_ns)
        now, car, trouble, hands = self.now_ns, self._car, self._car.trouble, self._car.hands
        direction = car.motion.direction if now < car.motion.end_ns else Direction.NONE
        door_closed = car.door.is_closed(now)
        return PlantSignals(
            t_ns=now,
            mode=_mode(trouble),
            moving=direction is not Direction.NONE,
            direction=direction,
            speed_mps=car.motion.speed_mps(now),
            floor=car.floor_at(now),
            door_zone=car.in_zone(now),
            door_open=car.door.is_open(now),
            door_closed=door_closed,
            person=car.persons > 0,
            car_calls=car.calls.car,
            hall_calls=car.calls.hall,
            mains=trouble.mains,
            safety_chain=door_closed and trouble.fault is not Fault.CHAIN_OPEN and not hands.are_on_chain(now),
            drive_state=_RUNNING[direction],
            faults=(),
            landing_lock=door_closed and not hands.are_on(Stimulus.LANDING_LOCK, now),
            car_lock=door_closed and not hands.are_on(Stimulus.CAR_CONTACT, now),
            overload=hands.are_on(Stimulus.OVERLOAD, now),
            cabinet_door=hands.are_on(Stimulus.CABINET_DOOR, now),
            alarm_button=hands.are_on(Stimulus.ALARM_BUTTON, now),
            door_open_button=hands.are_on(Stimulus.OPEN_BUTTON, now),
            position_m=car.motion.position_m(now),
            persons=car.persons,
            door_fraction=car.door.fraction(now),
            trips=car.trips,
            door_cycles=car.door_cycles,
        )

    def _expect_next_person(self) -> None:
        gap_ns = self._journeys.next_gap_ns()
        if gap_ns is not None:
            self._agenda.at(self.now_ns + gap_ns, self._person_comes)

    def _person_comes(self) -> None:
        origin, destination = self._journeys.route()
        self._lift.person_comes(origin, destination)
        self._expect_next_person()

    def _tell(self, kind: TruthKind, **data: TruthValue) -> None:
        if self._on_truth is not None:
            self._on_truth(TruthRecord(self.now_ns, kind, data))


def _mode(trouble: Trouble) -> ServiceMode:
    """Out of service with a standing fault; inspection while a technician works."""
    if trouble.by_hand:
        return ServiceMode.INSPECTION
    return ServiceMode.NORMAL if trouble.fault is None else ServiceMode.OUT_OF_SERVICE
