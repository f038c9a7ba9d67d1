"""What people do by habit: the alarm button late, early, again or never; misuse at its rates; by default nothing."""

import math
from statistics import NormalDist

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from sim.agenda import Agenda, Appointment
from sim.behaviour import Behaviour
from sim.building import Building
from sim.habits import AlarmButton, Habits
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthValue

N = 3000


class Stage:
    """Time and a record of what was done; nothing happens to a lift."""

    def __init__(self) -> None:
        self._agenda = Agenda()
        self.done: list[tuple[float, Stimulus]] = []
        self.told: list[object] = []

    @property
    def now_ns(self) -> int:
        return self._agenda.now_ns

    def at(self, t_ns: int, action: object) -> Appointment:
        assert callable(action)
        return self._agenda.at(t_ns, action)

    def tell(self, kind: TruthKind, **data: TruthValue) -> None:
        assert kind is TruthKind.MISUSE
        self.told.append(data["what"])

    def apply(self, stimulus: Stimulus, seconds: float | None = None, car: int = 0) -> Effect:
        self.done.append((self.now_ns / S, stimulus))
        return Effect.NOW

    def refuses(self, stimulus: Stimulus, car: int = 0) -> bool:
        del stimulus, car
        return False

    def trapped(self, habits: Habits, seed: int, for_s: float = 3600, *, in_zone: bool = False) -> None:
        behaviour = Behaviour(habits, self, 0, seed)
        began_ns = self.now_ns
        behaviour.hear(TruthKind.TRAPPED_SINCE, {"door_zone": in_zone})
        self._agenda.advance_to(began_ns + round(for_s * S))
        behaviour.hear(TruthKind.FREED, {})
        self._agenda.advance_to(began_ns + 2 * 3600 * S)


def presses(habits: AlarmButton, for_s: float = 3600) -> list[list[float]]:
    """Of many who are trapped, when each presses."""
    every = []
    for seed in range(N):
        stage = Stage()
        stage.trapped(Habits(alarm_button=habits), seed, for_s)
        every.append([t_s for t_s, _ in stage.done])
    return every


def test_a_share_of_trapped_people_never_presses() -> None:
    silent = sum(not pressed for pressed in presses(AlarmButton(never=0.3, again=0.0)))
    assert abs(silent / N - 0.3) < 4 * (0.3 * 0.7 / N) ** 0.5


def test_others_press_early_and_late() -> None:
    """Half before the median; the normal law of the logarithm says how many before a third of it."""
    first_s = [pressed[0] for pressed in presses(AlarmButton(never=0.0, after_s=30, sigma=1.0, again=0.0))]
    for within_s in (10, 30, 90):
        expected = NormalDist().cdf(math.log(within_s / 30))
        assert abs(sum(t_s <= within_s for t_s in first_s) / N - expected) < 4 * (0.25 / N) ** 0.5


def test_some_press_again_and_again() -> None:
    """Geometric: with a chance of 0.6 for one more, 2.5 presses on average, variance 3.75."""
    counts = [len(pressed) for pressed in presses(AlarmButton(never=0.0, after_s=5, again=0.6, again_after_s=10))]
    assert abs(sum(counts) / N - 2.5) < 4 * (3.75 / N) ** 0.5


def test_who_is_free_presses_no_more() -> None:
    times_s = presses(AlarmButton(never=0.0, after_s=30, again=0.9), for_s=60)
    assert all(t_s <= 60 for pressed in times_s for t_s in pressed)
    assert any(not pressed for pressed in times_s)


@pytest.mark.parametrize("in_zone", [False, True])
def test_only_between_floors_the_door_is_pried(in_zone: bool) -> None:
    stage = Stage()
    stage.trapped(Habits(pries=1.0), 1, in_zone=in_zone)
    assert [stimulus for _, stimulus in stage.done] == ([] if in_zone else [Stimulus.FORCE_DOOR])
    assert stage.told == ([] if in_zone else ["prying"])


@pytest.mark.parametrize(
    ("habits", "occasion", "stimulus"),
    [
        (Habits(rubbish=0.2), TruthKind.DEPARTED, Stimulus.DOOR_JAMMED_AJAR),
        (Habits(jumps=0.2), TruthKind.DEPARTED, Stimulus.CHAIN_GLITCH),
        (Habits(idle_presses=0.2), TruthKind.BOARDED, Stimulus.ALARM_BUTTON),
        (Habits(holds=0.2), TruthKind.BOARDED, Stimulus.HOLD_DOOR),
    ],
)
def test_misuse_comes_at_its_rate(habits: Habits, occasion: TruthKind, stimulus: Stimulus) -> None:
    stage = Stage()
    behaviour = Behaviour(habits, stage, 0, 5)
    for _ in range(N):
        behaviour.hear(occasion, {"persons": 1})
    stage._agenda.advance_to(1)
    assert {done for _, done in stage.done} == {stimulus}
    assert abs(len(stage.done) / N - 0.2) < 4 * (0.16 / N) ** 0.5


def test_nothing_is_thrown_into_the_sill_of_an_empty_car() -> None:
    stage = Stage()
    Behaviour(Habits(rubbish=1.0, jumps=1.0), stage, 0, 5).hear(TruthKind.DEPARTED, {"persons": 0})
    stage._agenda.advance_to(1)
    assert stage.done == []


# in a plant


def with_habits(building: Building, habits: Habits) -> Witness:
    return Witness(replace(building, habits=habits))


def test_trapped_people_press_the_alarm_button_of_their_car() -> None:
    witness = with_habits(QUIET_HOUSE, Habits(alarm_button=AlarmButton(never=0.0, after_s=20, again=0.0)))
    trapped = witness.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert not witness.now.alarm_button
    witness.until(lambda now: now.alarm_button)
    assert witness.plant.now_ns > trapped.t_ns
    assert not witness.run(2.0).alarm_button


def test_in_a_group_it_is_the_car_of_those_who_are_trapped() -> None:
    witness = with_habits(replace(QUIET_HOUSE, cars=2), Habits(alarm_button=AlarmButton(never=0.0, again=0.0)))
    plant = witness.plant
    plant.apply(Stimulus.ENTRAP_BETWEEN_FLOORS, car=1)
    plant.advance_to(3600 * S)
    pressed = [record.data for record in witness.of(TruthKind.STIMULUS) if record.data["stimulus"] == "alarm_button"]
    assert pressed == [{"stimulus": "alarm_button", "car": 1}]


def test_rubbish_in_the_sill_traps_those_who_arrive() -> None:
    witness = with_habits(QUIET_HOUSE, Habits(rubbish=1.0))
    witness.apply(Stimulus.PERSON_ENTERS)
    trapped = witness.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data["cause"] == "door_jammed"
    assert [record.data["what"] for record in witness.of(TruthKind.MISUSE)] == ["rubbish in the sill"]
    assert witness.run(5).door_fraction * QUIET_HOUSE.door.width_m == pytest.approx(0.15)


def test_who_jumps_in_a_running_car_stops_it() -> None:
    witness = with_habits(replace(QUIET_HOUSE, self_recovery_after_s=10.0), Habits(jumps=1.0))
    witness.plant._lift.person_comes(0, 8)
    witness.until_kind(TruthKind.MISUSE)
    assert witness.until_kind(TruthKind.TRAPPED_SINCE).data["cause"] == "chain_glitch"


def test_a_held_door_stays_open_for_others() -> None:
    open_s = []
    for habits in (Habits(), Habits(holds=1.0, holds_for_s=60)):
        witness = with_habits(QUIET_HOUSE, habits)
        witness.apply(Stimulus.PERSON_ENTERS)
        boarded = witness.until_kind(TruthKind.BOARDED)
        open_s.append((witness.until_kind(TruthKind.DOOR_CLOSED).t_ns - boarded.t_ns) / S)
    assert open_s[1] > open_s[0] + 5


def test_where_nobody_is_trapped_the_habit_of_pressing_changes_nothing() -> None:
    plain, ready = Witness(HOUSE, 5), Witness(replace(HOUSE, habits=Habits(alarm_button=AlarmButton())), 5)
    plain.run(7200)
    ready.run(7200)
    assert plain.truth == ready.truth


def test_nobody_is_lost_among_people_with_bad_habits() -> None:
    witness = with_habits(HOUSE, Habits(AlarmButton(), 0.1, 0.5, 0.01, 0.02, 0.1))
    for _ in range(48):
        witness.run(600)
        witness.apply(Stimulus.RELEASE)
    crowd = witness.plant.crowd
    assert crowd.came == crowd.served + crowd.waiting + crowd.riding + crowd.abandoned
    assert crowd.served > 100
    assert {record.data["what"] for record in witness.of(TruthKind.MISUSE)} >= {"rubbish in the sill", "jumping"}
