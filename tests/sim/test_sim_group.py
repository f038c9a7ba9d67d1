"""Several cars behind one set of landing buttons."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import HOUSE, MODES_END, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction
from sim import SimError
from sim.building import Building, Dispatch, Floor, Traffic
from sim.controller import Calls
from sim.group import answer_here
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.trouble import Fault
from sim.truth import TruthKind, TruthRecord

TWO = replace(QUIET_HOUSE, cars=2)
FOUR = replace(HOUSE, cars=4, capacity_persons=6, traffic=Traffic(passengers_per_hour=500.0, patience_s=120.0))


def car_of(record: TruthRecord) -> int:
    car = record.data.get("car", 0)
    assert isinstance(car, int)
    return car


def both(witness: Witness) -> tuple[PlantSignals, PlantSignals]:
    return witness.plant.signals(), witness.plant.signals(car=1)


def log_of(building: Building, seed: int, seconds: float) -> bytes:
    witness = Witness(building, seed)
    witness.run(seconds)
    return msgspec.json.encode(witness.truth)


def test_two_cars_share_the_calls() -> None:
    witness = Witness(TWO)
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.plant.person_comes(0, 5)
    witness.run(60)
    assert {(car_of(record), record.data["person"]) for record in witness.of(TruthKind.ALIGHTED)} == {(0, 1), (1, 2)}


def test_a_hall_call_is_shown_by_the_car_that_is_to_answer_it() -> None:
    witness = Witness(TWO)
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.plant.person_comes(2, 0)
    first, second = both(witness)
    assert (first.hall_calls, second.hall_calls) == (0, 1 << 2)


def test_a_car_above_the_first_is_named_in_the_truth() -> None:
    witness = Witness(TWO)
    witness.plant.apply(Stimulus.PERSON_ENTERS, car=1)
    witness.run(60)
    told = {record.kind: record.data.get("car") for record in witness.truth}
    assert told.pop(TruthKind.WAITING) is None
    assert set(told.values()) == {1}


def test_there_is_no_car_beyond_the_last() -> None:
    plant = Plant(TWO, 1)
    for car in (-1, 2):
        with pytest.raises(SimError, match="cars count from 0"):
            plant.signals(car=car)
        with pytest.raises(SimError, match="cars count from 0"):
            plant.apply(Stimulus.RELEASE, car=car)


@pytest.mark.parametrize("rule", Dispatch)
@pytest.mark.parametrize("stimulus", [Stimulus.POWER_LOSS, Stimulus.ENTRAP_BETWEEN_FLOORS, Stimulus.ENTRAP_AT_LANDING])
def test_a_car_that_drops_out_hands_its_hall_calls_over(stimulus: Stimulus, rule: Dispatch) -> None:
    """On its way up with somebody in it the first car holds the call at 6; the second stands below."""
    witness = Witness(replace(TWO, dispatch=rule))
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.plant.person_comes(6, 7)
    first, second = both(witness)
    assert (first.hall_calls, second.hall_calls) == (1 << 6, 0), "the car under way is to answer it"
    witness.plant.apply(stimulus, car=0)
    witness.run(60)
    served = [record for record in witness.of(TruthKind.ALIGHTED) if record.data["person"] == 2]
    assert [car_of(record) for record in served] == [1]


def test_a_car_out_of_service_takes_no_calls() -> None:
    witness = Witness(TWO)
    witness.apply(Stimulus.INSPECTION_ON)
    witness.plant.person_comes(0, 3)
    assert [signals.hall_calls for signals in both(witness)] == [0, 0], "answered at once"
    assert witness.plant.signals(car=1).door_open is False
    witness.run(60)
    assert [car_of(record) for record in witness.of(TruthKind.BOARDED)] == [1]


def test_with_no_car_in_service_people_press_again_when_one_is_back() -> None:
    witness = Witness(TWO)
    for car in (0, 1):
        witness.plant.apply(Stimulus.POWER_LOSS, car=car)
    witness.plant.person_comes(4, 0)
    witness.run(60)
    assert witness.of(TruthKind.BOARDED) == []
    witness.plant.apply(Stimulus.POWER_RESTORE, car=1)
    witness.run(60)
    assert [car_of(record) for record in witness.of(TruthKind.ALIGHTED)] == [1]


def test_a_full_car_leaves_its_hall_calls_to_others() -> None:
    """Three fit; who is left behind at the main floor, and who waits on the way, ride in the second car."""
    witness = Witness(replace(TWO, capacity_persons=3))
    for _ in range(4):
        witness.plant.person_comes(0, 8)
    witness.plant.person_comes(4, 8)
    witness.run(120)
    rode = {record.data["person"]: car_of(record) for record in witness.of(TruthKind.ALIGHTED)}
    assert rode == {1: 0, 2: 0, 3: 0, 4: 1, 5: 1}


def back_from_inspection(rule: Dispatch) -> Witness:
    """The second car, at the main floor; the first one owes a stop at 4 before the call at 6."""
    witness = Witness(replace(TWO, dispatch=rule))
    witness.plant.apply(Stimulus.INSPECTION_ON, car=1)
    witness.plant.person_comes(0, 4)
    witness.until_kind(TruthKind.DEPARTED)
    witness.plant.person_comes(6, 7)
    assert [signals.hall_calls for signals in both(witness)] == [1 << 6, 0]
    witness.plant.apply(Stimulus.INSPECTION_OFF, car=1)
    return witness


def test_by_eta_a_car_without_calls_takes_over_where_it_is_much_sooner() -> None:
    assert [signals.hall_calls for signals in both(back_from_inspection(Dispatch.ETA))] == [0, 1 << 6]


def test_a_car_whose_door_is_held_leaves_its_hall_calls_to_others() -> None:
    """The call at 6 came while the second car was under inspection; the first one's door is held at 4."""
    witness = back_from_inspection(Dispatch.NEAREST)
    assert [signals.hall_calls for signals in both(witness)] == [1 << 6, 0]
    witness.apply(Stimulus.HOLD_DOOR, 300)
    witness.run(60)
    assert [car_of(record) for record in witness.of(TruthKind.ALIGHTED)] == [0, 1]


def test_a_car_that_fills_up_gives_away_the_calls_that_it_held() -> None:
    """On its way to 8 it holds the call at 6; at 4 it takes as many as fit."""
    witness = Witness(replace(TWO, capacity_persons=3))
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.plant.person_comes(6, 7)
    for _ in range(3):
        witness.plant.person_comes(4, 8)
    assert [signals.hall_calls for signals in both(witness)] == [1 << 4 | 1 << 6, 0]
    witness.run(120)
    rode = {record.data["person"]: car_of(record) for record in witness.of(TruthKind.ALIGHTED)}
    assert rode == {1: 0, 2: 1, 3: 0, 4: 0, 5: 1}


@pytest.mark.parametrize(
    ("others", "left", "heading"),
    [
        (Calls(up=1 << 3), Calls(), Direction.UP),
        (Calls(up=1 << 3 | 1 << 5), Calls(up=1 << 5), Direction.UP),
        (Calls(down=1 << 3), Calls(down=1 << 3), Direction.UP),
    ],
)
def test_a_call_that_any_car_answers_on_its_way_is_answered_for_all(
    others: Calls, left: Calls, heading: Direction
) -> None:
    """Going up with somebody for 6 in it, a car opens at 3; the hall calls there are another's."""
    one, other = (lift.car for lift in Plant(TWO, 1)._lifts)
    one.calls, one.heading, other.calls = Calls(car=1 << 6 | 1 << 3), Direction.UP, others
    answer_here(one, 3)
    assert (one.calls, one.heading) == (Calls(car=1 << 6), heading)
    assert other.calls == left


def test_nobody_steps_into_two_cars() -> None:
    """Both cars stand open at the main floor and people come faster than one can load them."""
    witness = Witness(replace(TWO, capacity_persons=2))
    for _ in range(9):
        witness.plant.person_comes(0, 8)
    witness.run(400)
    boarded = [record.data["person"] for record in witness.of(TruthKind.BOARDED)]
    assert sorted(boarded, key=str) == list(range(1, 10))


def test_the_same_seed_gives_the_same_truth_with_four_cars() -> None:
    assert log_of(FOUR, 3, 1800) == log_of(FOUR, 3, 1800)
    assert log_of(FOUR, 3, 1800) != log_of(FOUR, 4, 1800)


def test_looking_at_every_car_changes_nothing() -> None:
    witness = Witness(FOUR, 3)
    for _ in range(3600):
        witness.run(0.5)
        for car in range(4):
            witness.plant.signals(car=car)
    assert msgspec.json.encode(witness.truth) == log_of(FOUR, 3, 1800)


deeds = st.lists(st.tuples(st.floats(0.1, 60), st.sampled_from(Stimulus), st.integers(0, 3)), max_size=16)


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from(Dispatch), deeds)
def test_nobody_is_lost_whatever_is_done_to_the_cars(
    seed: int, rule: Dispatch, done: list[tuple[float, Stimulus, int]]
) -> None:
    witness = Witness(replace(FOUR, dispatch=rule), seed)
    crowd = witness.plant.crowd

    def follow(seconds: float) -> None:
        until_ns = witness.plant.now_ns + round(seconds * S)
        while (due := witness.plant.next_event_ns()) is not None and due <= until_ns:
            witness.plant.advance_to(due)
            assert crowd.came == crowd.waiting + crowd.riding + crowd.served + crowd.abandoned
            for car in range(4):
                seen = witness.plant.signals(car=car)
                astray = witness.plant._lift_of(car).car.trouble.fault in {Fault.UCM, Fault.DOOR_OPENED}
                assert seen.door_closed or not seen.moving or astray
                assert seen.persons <= FOUR.capacity_persons
        witness.plant.advance_to(until_ns)

    for after_s, stimulus, car in done:
        follow(after_s)
        witness.plant.apply(stimulus, 30.0, car)
    follow(60)


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.sampled_from(Dispatch), deeds)
def test_after_power_and_release_of_all_cars_everybody_is_served(
    seed: int, rule: Dispatch, done: list[tuple[float, Stimulus, int]]
) -> None:
    """Nobody comes any more after an hour's half; none of those who came waits for ever."""
    witness = Witness(replace(FOUR, dispatch=rule, traffic=replace(FOUR.traffic, patience_s=1e6)), seed)
    for after_s, stimulus, car in done:
        witness.run(after_s)
        if stimulus is not Stimulus.IDLE_PERSON:  # a car full of people who ride nowhere serves nobody
            witness.plant.apply(stimulus, 30.0, car)
    for car in range(4):
        for stimulus in (*MODES_END, Stimulus.POWER_RESTORE, Stimulus.RELEASE):
            witness.plant.apply(stimulus, car=car)
    here, came = witness.plant.now_ns, witness.plant.crowd.came
    witness.run(1800)
    gone = {record.data["person"] for record in witness.of(TruthKind.ALIGHTED)}
    waited = {record.data["person"] for record in witness.of(TruthKind.WAITING) if record.t_ns <= here}
    assert waited <= gone, f"{len(waited - gone)} of {came} people of {here / S:.0f} s are still there"


def mean_wait_s(rule: Dispatch, seed: int) -> float:
    """To boarding, in an hour of lunch traffic in a tall office with four cars."""
    office = replace(
        HOUSE,
        floors=tuple(Floor(str(i), 3.6 * i) for i in range(16)),
        cars=4,
        dispatch=rule,
        traffic=Traffic(passengers_per_hour=400.0, incoming=0.45, outgoing=0.45, transfer_s=1.0),
    )
    witness = Witness(office, seed)
    witness.run(3600)
    came = {record.data["person"]: record.t_ns for record in witness.of(TruthKind.WAITING)}
    waits = [record.t_ns - came[record.data["person"]] for record in witness.of(TruthKind.BOARDED)]
    return sum(waits) / len(waits) / S


def test_by_eta_people_wait_less_than_for_the_nearest_car() -> None:
    """The same people by both rules (common random numbers): by 4 s on average, and with nearly every seed."""
    gains = [mean_wait_s(Dispatch.NEAREST, seed) - mean_wait_s(Dispatch.ETA, seed) for seed in range(6)]
    assert sum(gains) / len(gains) > 4
    assert sum(gain > 0 for gain in gains) >= 5


@pytest.mark.parametrize(("reopens", "rides_in"), [(True, 0), (False, 1)])
def test_a_late_comer_rides_in_the_closing_car_or_the_next_one(reopens: bool, rides_in: int) -> None:
    witness = Witness(replace(TWO, door=replace(TWO.door, hall_call_reopens=reopens)))
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DOOR_CLOSING)
    witness.run(1)
    witness.plant.person_comes(0, 5)
    witness.run(90)
    rode = {record.data["person"]: car_of(record) for record in witness.of(TruthKind.BOARDED)}
    assert rode == {1: 0, 2: rides_in}


def test_without_reopening_a_lone_car_comes_back_for_the_late_comer() -> None:
    witness = Witness(replace(TWO, cars=1, door=replace(TWO.door, hall_call_reopens=False)))
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DOOR_CLOSING)
    witness.run(1)
    witness.plant.person_comes(0, 5)
    assert witness.run(10).persons == 1
    witness.run(120)
    assert witness.plant.crowd.served == 2
