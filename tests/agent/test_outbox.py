"""The outbox before a disk that refuses, is slow, or comes back. Virtual time, a disk that does as told."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edge_agent.journal.entries import Batch, Entry
from edge_agent.journal.errors import JournalError
from edge_agent.lift_runtime import Outcome
from edge_agent.outbox import MAX_WAITING, Outbox
from hil.loop import run_virtual, running_loop
from protocols.upstream.messages import EventMessage, Phase, Stream
from tests.support.uplink import message

REFUSAL = "journal /x: the disk is full: free space on it"


class Disk:
    """Takes batches `latency_s` after they are handed over, or refuses them."""

    def __init__(self) -> None:
        self.refuses = False
        self.latency_s = 0.0
        self.taken: list[Batch] = []
        self.asked_s: list[float] = []

    async def append(self, batch: Batch) -> list[int]:
        self.asked_s.append(running_loop().time())
        refuses = self.refuses
        await asyncio.sleep(self.latency_s)
        if refuses:
            raise JournalError(REFUSAL)
        self.taken.append(batch)
        return list(range(len(batch.entries)))

    def events(self) -> list[str]:
        return [entry.message.event_id for batch in self.taken for entry in batch.entries]


class Bench:
    """An outbox that runs, its disk, and what it called back."""

    def __init__(self) -> None:
        self.disk = Disk()
        self.stored: list[int] = []
        self.undurable: list[tuple[str, Phase]] = []
        self.outbox = Outbox(self.disk, lambda: self.stored.append(len(self.disk.taken)), self._kept_back)
        self.running = asyncio.create_task(self.outbox.run(), name="outbox")

    def _kept_back(self, alarm: EventMessage) -> None:
        self.undurable.append((alarm.event_id, alarm.phase))

    def take(self, *outcomes: Outcome) -> None:
        for outcome in outcomes:
            self.outbox.take(outcome)


@asynccontextmanager
async def bench(*, refuses: bool = False, latency_s: float = 0.0) -> AsyncIterator[Bench]:
    made = Bench()
    made.disk.refuses, made.disk.latency_s = refuses, latency_s
    try:
        yield made
    finally:
        made.running.cancel()
        await asyncio.wait([made.running])


def outcome(*messages: EventMessage, state: bytes = b"state", sync: bool = False, lift_id: str = "lift-1") -> Outcome:
    return Outcome(lift_id, tuple(Entry(one.stream, one) for one in messages), state, sync, suspects=False)


def event(number: int) -> Outcome:
    return outcome(message(f"e{number}", Phase.BEGIN, Stream.EVENT))


def alarm(event_id: str, phase: Phase = Phase.RAISED) -> Outcome:
    return outcome(message(event_id, phase))


def test_what_waits_is_written_as_one_batch_in_order_with_each_lifts_last_state() -> None:
    async def main() -> None:
        async with bench(latency_s=1) as box:
            box.take(outcome(state=b"0"))
            await asyncio.sleep(0.5)
            box.take(event(1), alarm("a1"), outcome(state=b"2", lift_id="lift-2", sync=True), outcome(state=b"9"))
            await asyncio.sleep(2)
            first, second = box.disk.taken
            assert (first.entries, first.states, first.sync) == ((), {"lift-1": b"0"}, False)
            assert [entry.message.event_id for entry in second.entries] == ["e1", "a1"]
            assert (second.states, second.sync) == ({"lift-1": b"9", "lift-2": b"2"}, True)

    run_virtual(main())


def test_the_uplink_is_told_after_a_commit_that_held_entries_only() -> None:
    async def main() -> None:
        async with bench() as box:
            box.take(outcome())
            await asyncio.sleep(1)
            assert (len(box.disk.taken), box.stored) == (1, [])
            box.take(event(1))
            await asyncio.sleep(1)
            assert box.stored == [2]

    run_virtual(main())


def test_a_refusing_disk_is_tried_again_ever_more_slowly_and_for_ever() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(140)
            assert box.disk.asked_s == [0, 1, 3, 8, 18, 48, 78, 108, 138]
            assert box.outbox.problem == REFUSAL
            box.disk.refuses = False
            await asyncio.sleep(30)
            assert (box.disk.events(), box.outbox.problem, box.outbox.dropped) == (["e1"], "", 0)

    run_virtual(main())


def test_after_a_success_the_next_refusal_is_tried_again_soon() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(20)
            box.disk.refuses = False
            await asyncio.sleep(30)
            box.disk.refuses = True
            box.take(event(2))
            await asyncio.sleep(2)
            assert box.disk.asked_s[-2:] == [50, 51]

    run_virtual(main())


def test_order_is_kept_over_refusals() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            for number in range(1, 30):
                box.take(event(number))
                await asyncio.sleep(0.7)
            box.disk.refuses = False
            await asyncio.sleep(30)
            assert box.disk.events() == [f"e{number}" for number in range(1, 30)]

    run_virtual(main())


def test_each_alarm_step_goes_out_undurable_once_however_often_the_disk_refuses() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(alarm("a1"), event(1))
            await asyncio.sleep(60)
            box.take(alarm("a1", Phase.CLEARED), alarm("a2"))
            await asyncio.sleep(60)
            assert box.undurable == [("a1", Phase.RAISED), ("a1", Phase.CLEARED), ("a2", Phase.RAISED)]
            box.disk.refuses = False
            await asyncio.sleep(60)
            assert box.disk.events() == ["a1", "e1", "a1", "a2"]
            assert len(box.undurable) == 3

    run_virtual(main())


def test_the_first_alarm_goes_out_at_the_first_refusal() -> None:
    async def main() -> None:
        async with bench(refuses=True, latency_s=0.2) as box:
            box.take(alarm("a1"))
            await asyncio.sleep(0.19)
            assert box.undurable == []
            await asyncio.sleep(0.02)
            assert box.undurable == [("a1", Phase.RAISED)]

    run_virtual(main())


def test_an_alarm_during_a_refusal_goes_out_at_once() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(200)
            box.take(alarm("a1"))
            assert box.undurable == [("a1", Phase.RAISED)]
            await asyncio.sleep(200)
            assert box.undurable == [("a1", Phase.RAISED)]

    run_virtual(main())


def test_a_refusal_is_logged_once_until_the_disk_works_again(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(100)
            box.disk.refuses = False
            await asyncio.sleep(100)
            box.disk.refuses = True
            box.take(event(2))
            await asyncio.sleep(100)

    with caplog.at_level(logging.INFO):
        run_virtual(main())
    lines = [one.getMessage() for one in caplog.records]
    assert lines == 2 * [f"journal.refused problem={REFUSAL}; alarms go out marked durable=false"]


@pytest.mark.parametrize("tried_again", [False, True], ids=["between attempts", "over many attempts"])
def test_beyond_the_bound_the_oldest_without_an_alarm_are_dropped_and_counted(tried_again: bool) -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(alarm("a1"))
            await asyncio.sleep(50)
            for number in range(MAX_WAITING + 99):
                box.take(alarm("a2") if number == 50 else event(number))
                if tried_again and number % 2_500 == 0:
                    await asyncio.sleep(30)
            assert box.outbox.dropped == 100
            box.disk.refuses = False
            await asyncio.sleep(30)
            kept = [f"e{number}" for number in range(101, MAX_WAITING + 99)]
            assert box.disk.events() == ["a1", "a2", *kept]
            assert len(kept) + 2 == MAX_WAITING

    run_virtual(main())


def test_the_newest_state_is_what_a_long_refusal_leaves() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(*(event(number) for number in range(MAX_WAITING)))
            await asyncio.sleep(60)
            box.take(outcome(state=b"newest"))
            box.disk.refuses = False
            await asyncio.sleep(60)
            assert box.disk.taken[0].states == {"lift-1": b"newest"}

    run_virtual(main())


def test_alarms_are_never_dropped() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(*(alarm(f"a{number}") for number in range(MAX_WAITING + 5)))
            box.take(event(1))
            assert box.outbox.dropped == 1
            box.disk.refuses = False
            await asyncio.sleep(1)
            assert len(box.disk.events()) == MAX_WAITING + 5

    run_virtual(main())


def test_what_is_being_written_is_not_dropped() -> None:
    async def main() -> None:
        async with bench(latency_s=5) as box:
            box.take(event(0))
            await asyncio.sleep(1)
            box.take(*(event(number) for number in range(1, MAX_WAITING + 1)))
            await asyncio.sleep(20)
            assert box.outbox.dropped == 1
            assert box.disk.events() == ["e0", *(f"e{number}" for number in range(2, MAX_WAITING + 1))]

    run_virtual(main())


def test_closing_an_idle_outbox_ends_it_at_once() -> None:
    async def main() -> None:
        async with bench() as box:
            await asyncio.sleep(1)
            box.outbox.close()
            await box.running
            assert (running_loop().time(), box.disk.asked_s) == (1, [])

    run_virtual(main())


def test_closing_writes_what_was_taken_just_before() -> None:
    async def main() -> None:
        async with bench() as box:
            box.take(event(1))
            box.outbox.close()
            await box.running
            assert box.disk.events() == ["e1"]

    run_virtual(main())


def test_closing_during_a_commit_writes_what_waits_behind_it() -> None:
    async def main() -> None:
        async with bench(latency_s=1) as box:
            box.take(event(1))
            await asyncio.sleep(0.5)
            box.take(alarm("a1"))
            box.outbox.close()
            await box.running
            assert box.disk.events() == ["e1", "a1"]

    run_virtual(main())


def test_closing_between_attempts_tries_once_more_without_waiting() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(60)
            box.outbox.close()
            await box.running
            assert box.disk.asked_s == [0, 1, 3, 8, 18, 48, 60]

    run_virtual(main())


def test_closing_when_the_disk_works_again_loses_nothing() -> None:
    async def main() -> None:
        async with bench(refuses=True) as box:
            box.take(event(1))
            await asyncio.sleep(60)
            box.disk.refuses = False
            box.outbox.close()
            await box.running
            assert box.disk.events() == ["e1"]

    run_virtual(main())


def test_a_refusal_while_closing_ends_it_and_still_sends_the_alarm_out() -> None:
    async def main() -> None:
        async with bench(refuses=True, latency_s=1) as box:
            box.take(event(1))
            await asyncio.sleep(0.5)
            box.take(alarm("a1"))
            box.outbox.close()
            await box.running
            assert box.disk.taken == []
            assert box.undurable == [("a1", Phase.RAISED)]

    run_virtual(main())


def test_an_error_that_is_not_the_disks_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with bench() as box:
            monkeypatch.setattr(Disk, "append", lambda *_: 1 / 0)
            box.take(event(1))
            with pytest.raises(ZeroDivisionError):
                await box.running

    run_virtual(main())
