"""A landing button that sticks: its call is answered and there again, and everybody else is served all the same."""

from msgspec.structs import replace
from sim_hands import parked_at
from sim_witness import QUIET_HOUSE, Witness

from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

FLOOR = 3
BIT = 1 << FLOOR


def stuck_at_3(witness: Witness) -> Witness:
    """The button of the third floor sticks while a car stands there with its door open."""
    parked_at(witness, FLOOR)
    witness.apply(Stimulus.OPEN_BUTTON)
    witness.until(lambda now: now.door_open)
    assert witness.apply(Stimulus.HALL_BUTTON_STUCK) is Effect.NOW
    return witness


def openings(witness: Witness, floor: int = FLOOR) -> int:
    return sum(record.data["floor"] == floor for record in witness.of(TruthKind.DOOR_OPENING))


def test_the_car_that_stands_there_closes_and_waits(quiet: Witness) -> None:
    stuck_at_3(quiet)
    before = openings(quiet)
    now = quiet.run(600)
    assert (now.door_closed, now.hall_calls, openings(quiet) - before) == (True, 0, 0)


def test_whenever_it_has_left_the_call_is_there_again_and_it_comes_back(quiet: Witness) -> None:
    stuck_at_3(quiet)
    before = openings(quiet)
    for trip in range(1, 5):
        quiet.plant.person_comes(6, 8)
        quiet.until(lambda now: now.moving)
        assert quiet.now.hall_calls & BIT
        quiet.until(lambda now: now.floor == FLOOR and now.door_open)
        assert openings(quiet) - before == trip
    assert quiet.plant.crowd.served == 4


def test_on_an_empty_landing_it_calls_at_once(quiet: Witness) -> None:
    quiet.apply(Stimulus.HALL_BUTTON_STUCK)
    assert openings(quiet, 0) == 1
    assert quiet.apply(Stimulus.HALL_BUTTON_STUCK) is Effect.NONE


def test_it_calls_down_at_the_highest_landing(quiet: Witness) -> None:
    parked_at(quiet, 8)
    quiet.apply(Stimulus.HALL_BUTTON_STUCK)
    quiet.plant.person_comes(2, 0)
    quiet.until(lambda now: now.floor == 0 and now.door_open)
    assert quiet.now.hall_calls == 1 << 8


def test_after_a_reboot_the_controller_takes_it_again(quiet: Witness) -> None:
    stuck_at_3(quiet)
    quiet.plant.person_comes(3, 8)
    quiet.until_kind(TruthKind.DEPARTED)
    quiet.run(4)
    quiet.apply(Stimulus.CONTROLLER_REBOOT, 30.0)
    assert quiet.run(29).hall_calls == 0
    assert quiet.run(2).hall_calls == BIT


def test_freed_it_calls_no_more(quiet: Witness) -> None:
    stuck_at_3(quiet)
    for stimulus in (Stimulus.HALL_BUTTON_FREED, Stimulus.RELEASE):
        assert quiet.apply(stimulus) is Effect.NOW
        quiet.run(60)
        quiet.plant.person_comes(6, 8)
        quiet.until(lambda now: now.moving)
        assert quiet.run(60).hall_calls == 0
        assert quiet.apply(stimulus) is Effect.NONE
        quiet.apply(Stimulus.HALL_BUTTON_STUCK)


def test_in_a_group_another_car_comes() -> None:
    pair = stuck_at_3(Witness(replace(QUIET_HOUSE, cars=2)))
    pair.apply(Stimulus.RIDE_UP)
    pair.until_kind(TruthKind.DEPARTED)
    assert [pair.plant.signals(car=car).hall_calls for car in range(2)] in ([BIT, 0], [0, BIT])
    before = openings(pair)
    pair.run(120)
    assert openings(pair) == before + 1
