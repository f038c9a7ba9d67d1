"""The schedule: a grid per block, what is due longest first, nothing caught up with."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.schedule import Schedule
from protocols.profiles.layout import Block

PERIOD_NS = 500


def block(name: str) -> Block:
    return Block(name, 3, 0, 1)


def test_a_stall_is_not_made_up_for_in_a_burst() -> None:
    schedule = Schedule([[block("a")]], PERIOD_NS)
    schedule.restart(0)
    slot = schedule.next()
    schedule.tried(slot, 3_210)
    assert schedule.next().due_ns == 3_500


def test_a_turn_that_ends_on_the_grid_is_followed_by_the_next_place() -> None:
    schedule = Schedule([[block("a")]], PERIOD_NS)
    schedule.restart(0)
    schedule.tried(schedule.next(), 500)
    assert schedule.next().due_ns == 1_000


def test_a_postponed_device_returns_on_its_grid_and_others_are_not_touched() -> None:
    schedule = Schedule([[block("a"), block("b")], [block("c")]], PERIOD_NS)
    schedule.restart(100)
    schedule.postpone(0, 1_700)
    assert schedule.next().block.name == "c"
    schedule.tried(schedule.next(), 2_000)
    assert (schedule.next().block.name, schedule.next().due_ns) == ("a", 2_100)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.lists(st.integers(0, 1_500), min_size=30, max_size=60))
def test_whatever_turns_take_nobody_is_passed_over_twice(blocks: list[int], turns_ns: list[int]) -> None:
    """Between two turns of a block every other one has at most two, however long they take."""
    schedule = Schedule([[block(f"{device}.{n}") for n in range(own)] for device, own in enumerate(blocks)], PERIOD_NS)
    schedule.restart(0)
    now_ns, order = 0, []
    for turn_ns in turns_ns:
        slot = schedule.next()
        now_ns = max(now_ns, slot.due_ns) + turn_ns
        schedule.tried(slot, now_ns)
        order.append(slot.block.name)
    for name in set(order):
        for other in set(order) - {name}:
            between = "".join("x" if one == name else "o" for one in order if one in (name, other))
            assert "ooo" not in between.strip("o")
