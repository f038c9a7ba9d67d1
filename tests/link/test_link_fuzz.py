"""No value is good that the slave did not send for this request: 10 000 random sequences of faults.

A million of them: `make fuzz`.
"""

import random

import pytest
from fault_fuzz import LATEST_NS, SEQUENCES, Drawn, another_function, flipped, one_more, other, play, promised, sent
from hypothesis import event, given, settings
from link_bench import Habit, LinkBench, good, late_by, silent

from edge_agent.link.outcome import Reply
from hil.bus.segment import Delivery
from hil.loop import run_virtual

EXAMPLES = 10_000


@pytest.mark.timeout(900)  # a busy machine; 76 s of one core
@settings(max_examples=EXAMPLES)
@given(SEQUENCES)
def test_no_accepted_value_was_sent_for_another_request(sequence: Drawn) -> None:
    played = play(sequence)
    if played.residual:
        event("CRC-16 residual")
    assert played.stale == ()


@pytest.mark.parametrize(
    ("habit", "more", "is_promised"),
    [
        (other(one_more, 0, 0), -1, False),
        (other(one_more, 0, 0), 1, True),
        (other(one_more, 0, None), -1, True),
        (other(another_function, 0, 0), -1, True),
        (good, -1, True),
    ],
)
def test_left_out_is_a_right_answer_and_its_copy_that_the_wire_made_of_a_wrong_one_and_no_more(
    habit: Habit, more: int, is_promised: bool
) -> None:
    faults = [{"fault": "pdu.wrong_count", "more": more}]
    assert promised(([(1, 2, habit)], [], None, False, Delivery.FRAME, faults, 0)) is is_promised


def test_after_any_faults_a_healthy_slave_is_read_again() -> None:
    """One seeded hour of faults on the wire, and then none."""
    rng = random.Random("any faults")

    async def main() -> None:
        bench = LinkBench({1: good})
        asker = await bench.master()
        for _ in range(200):
            bench.habits[1] = rng.choice(
                [good, silent, late_by(rng.randrange(LATEST_NS)), sent(0, flipped([rng.randrange(60)]))]
            )
            await asker.ask()
        bench.habits[1] = good
        assert isinstance(await asker.ask(), Reply)
        assert isinstance(await asker.ask(), Reply)

    run_virtual(main())
