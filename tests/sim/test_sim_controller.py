import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.lift.vocabulary import Direction
from sim.controller import OPPOSITE, Calls, answer, heading_to, next_stop

UP, DOWN, NONE = Direction.UP, Direction.DOWN, Direction.NONE
masks = st.integers(0, 2**9 - 1)
calls = st.builds(Calls, masks, masks.map(lambda m: m & ~(1 << 8)), masks.map(lambda m: m & ~1))
floors = st.integers(0, 8)
headings = st.sampled_from(Direction)


@pytest.mark.parametrize(
    ("registered", "floor", "heading", "expected"),
    [
        pytest.param(Calls(), 4, NONE, None, id="no-call-no-trip"),
        pytest.param(Calls(car=1 << 7), 4, NONE, 7, id="a-car-call"),
        pytest.param(Calls(car=1 << 2 | 1 << 7), 4, UP, 7, id="keeps-its-heading"),
        pytest.param(Calls(car=1 << 2 | 1 << 7), 4, NONE, 2, id="idle-takes-the-nearest"),
        pytest.param(Calls(car=1 << 7, up=1 << 5), 4, UP, 5, id="picks-up-on-its-way"),
        pytest.param(Calls(car=1 << 7, down=1 << 5), 4, UP, 7, id="passes-calls-of-the-other-direction"),
        pytest.param(Calls(down=1 << 5 | 1 << 7), 4, UP, 7, id="farthest-call-of-the-other-direction-first"),
        pytest.param(Calls(down=1 << 5 | 1 << 7), 7, DOWN, 5, id="and-the-rest-on-the-way-back"),
        pytest.param(Calls(up=1 << 2), 4, UP, 2, id="turns-when-nothing-is-ahead"),
        pytest.param(Calls(up=1 << 4), 4, DOWN, 4, id="own-floor-when-nothing-is-ahead"),
    ],
)
def test_directional_collective(registered: Calls, floor: int, heading: Direction, expected: int | None) -> None:
    assert next_stop(registered, floor, heading, full=False) == expected


@given(calls, floors, headings)
def test_a_full_car_passes_hall_calls_by(registered: Calls, floor: int, heading: Direction) -> None:
    target = next_stop(registered, floor, heading, full=True)
    assert target is None if not registered.car else bool(registered.car >> (target or 0) & 1)


@given(calls, floors, headings)
def test_the_next_stop_has_a_call_and_exists_if_there_is_one(registered: Calls, floor: int, heading: Direction) -> None:
    target = next_stop(registered, floor, heading, full=False)
    if registered.every:
        assert target is not None and registered.every >> target & 1
    else:
        assert target is None


@given(calls, floors, headings)
def test_opening_where_the_controller_sent_the_car_answers_something(
    registered: Calls, floor: int, heading: Direction
) -> None:
    """Otherwise the car would open at its own floor for ever."""
    if next_stop(registered, floor, heading, full=False) == floor:
        left, _ = answer(registered, floor, heading)
        assert left != registered


@given(calls, floors, headings)
def test_answering_takes_calls_of_this_floor_only(registered: Calls, floor: int, heading: Direction) -> None:
    left, _ = answer(registered, floor, heading)
    keep = ~(1 << floor)
    for before, after in ((registered.car, left.car), (registered.up, left.up), (registered.down, left.down)):
        assert after & keep == before & keep
        assert after & ~before == 0


def test_the_hall_call_of_the_other_direction_waits_while_something_is_ahead() -> None:
    assert answer(Calls(car=1 << 4 | 1 << 7, down=1 << 4), 4, UP) == (Calls(car=1 << 7, down=1 << 4), UP)


def test_at_the_end_of_its_way_the_car_takes_the_other_direction() -> None:
    assert answer(Calls(down=1 << 4), 4, UP) == (Calls(), DOWN)


def test_with_nothing_left_the_car_has_no_heading() -> None:
    assert answer(Calls(car=1 << 4), 4, UP) == (Calls(), NONE)


def test_the_heading_to_a_floor() -> None:
    assert [heading_to(4, floor) for floor in (3, 4, 5)] == [DOWN, NONE, UP]
    assert OPPOSITE[UP] is DOWN
