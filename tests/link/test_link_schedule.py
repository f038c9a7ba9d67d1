"""The schedule: a grid per read, the earliest deadline first, nothing caught up with."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.plan import Job
from edge_agent.link.schedule import Schedule
from protocols.profiles.layout import Block

PERIOD_NS = 500


def job(name: str, period_ns: int = PERIOD_NS) -> Job:
    return Job(Block(name, 3, 0, 1), period_ns, ())


def test_a_stall_is_not_made_up_for_in_a_burst() -> None:
    schedule = Schedule([[job("a")]])
    schedule.restart(0)
    slot = schedule.next(0)
    schedule.tried(slot, 3_210)
    assert schedule.next(3_210).due_ns == 3_500


def test_a_turn_that_ends_on_the_grid_is_followed_by_the_next_place() -> None:
    schedule = Schedule([[job("a")]])
    schedule.restart(0)
    schedule.tried(schedule.next(0), 500)
    assert schedule.next(500).due_ns == 1_000


def test_a_postponed_device_returns_at_its_time_and_others_are_not_touched() -> None:
    schedule = Schedule([[job("a"), job("b")], [job("c")]])
    schedule.restart(100)
    schedule.postpone(0, 1_700)
    assert schedule.next(100).job.block.name == "c"
    schedule.tried(schedule.next(100), 2_000)
    assert (schedule.next(2_000).job.block.name, schedule.next(2_000).due_ns) == ("a", 1_700)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.lists(st.integers(0, 1_500), min_size=30, max_size=60))
def test_whatever_turns_take_nobody_is_passed_over_twice(blocks: list[int], turns_ns: list[int]) -> None:
    """Between two turns of a block every other one has at most two, however long they take."""
    schedule = Schedule([[job(f"{device}.{n}") for n in range(own)] for device, own in enumerate(blocks)])
    schedule.restart(0)
    now_ns, order = 0, []
    for turn_ns in turns_ns:
        slot = schedule.next(now_ns)
        now_ns = max(now_ns, slot.due_ns) + turn_ns
        schedule.tried(slot, now_ns)
        order.append(slot.job.block.name)
    for name in set(order):
        for other in set(order) - {name}:
            between = "".join("x" if one == name else "o" for one in order if one in (name, other))
            assert "ooo" not in between.strip("o")


def test_of_what_is_due_the_earliest_deadline_goes_first() -> None:
    schedule = Schedule([[job("slow", 2_000)], [job("fast", 300)]])
    schedule.restart(0)
    order = []
    now_ns = 0
    for _ in range(8):
        slot = schedule.next(now_ns)
        now_ns = max(now_ns, slot.due_ns) + 100
        schedule.tried(slot, now_ns)
        order.append(slot.job.block.name)
    assert order == ["fast", "slow", "fast", "fast", "fast", "fast", "fast", "fast"]


def test_what_is_not_due_does_not_go_however_near_its_deadline() -> None:
    schedule = Schedule([[job("slow", 2_000)], [job("fast", 300)]])
    schedule.restart(0)
    schedule.tried(schedule.next(0), 10)
    assert schedule.next(10).job.block.name == "slow"
