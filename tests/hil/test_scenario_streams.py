"""One identity has one content, one step one number, and no number is missing."""

from typing import Any

import msgspec
import pytest

from hil.scenario.streams import Numbered, breaches, gaps, numbered_of
from hil.trace import Lane, Trace
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage
from tests.support.uplink import AT, message


def told(seq: int, event_id: str = "", phase: Phase = Phase.RAISED, **changes: Any) -> EventMessage:
    one = message(event_id or f"a{seq}", phase)
    return msgspec.structs.replace(one, **({"seq": seq, "journal_id": "j", "attempt": 1, "sent": AT} | changes))


TOMBSTONE = TombstoneMessage(
    terminal_id="box-1", journal_id="j", stream=Stream.EVENT, seq=5, lift_id="lift-1", first_seq=2, last_seq=4, at=AT
)
GOOD = [told(1), told(2, "a1", Phase.CLEARED), told(1, attempt=2), told(3), told(1, "b1", journal_id="other")]


def test_repetitions_and_another_journal_are_in_order() -> None:
    assert breaches(GOOD) == gaps(GOOD) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (told(1, "a9"), "alarm 1 of j came with two contents"),
        (told(1, severity=2), "alarm 1 of j came with two contents"),
        (told(4, "a1"), "alarm 4 of j: a1 raised came before as 1"),
    ],
)
def test_two_contents_and_two_numbers_are_found(more: EventMessage, said: str) -> None:
    assert breaches([*GOOD, more]) == [said]
    assert breaches([*GOOD, more, more]) == [said]


def test_missing_numbers_are_found_and_a_tombstone_stands_for_its_range() -> None:
    assert gaps([told(1), told(4)]) == ["alarm of j: never came: 2, 3"]
    first = told(1, phase=Phase.BEGIN, stream=Stream.EVENT)
    assert gaps([first, TOMBSTONE]) == []


def test_a_trace_gives_its_numbered_messages_and_passes_over_the_rest() -> None:
    trace = Trace()
    payloads: list[Any] = [GOOD[0], TOMBSTONE, told(0, durable=False), {"hello": 1}, None, {"hex": "00"}]
    for one in payloads:
        trace.add(1, Lane.MQTT, "alarm", {"topic": "t", "payload": one})
    trace.add(1, Lane.MQTT, "state", {"payload": GOOD[0]})
    found: list[Numbered] = list(numbered_of(trace))
    assert found == [GOOD[0], TOMBSTONE]
