"""When `append` returns, who is committed with whom, and what it costs the card. Virtual time, a real file."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from journal_bench import alarm, batch, event, opened, power_cut, queue

from edge_agent.journal.budget import WalMeter
from edge_agent.journal.entries import Batch
from edge_agent.journal.journal import Journal
from hil.loop import run_virtual, running_loop
from protocols.upstream.messages import Phase, Stream

MS = 1_000_000
STATE = Batch(states={"lift-1": b"s" * 200})


async def timed(journal: Journal, what: Batch, at_ms: int = 0) -> int:
    """When it is on disk, in ms, if it is handed over at `at_ms`."""
    await asyncio.sleep(at_ms / 1000)
    await journal.append(what)
    return running_loop().now_ns // MS


def number(journal: Journal, key: str) -> int:
    value = journal.stats()[key]
    assert isinstance(value, int)
    return value


def synchronous(journal: Journal) -> int:
    """2 (FULL): each commit is synced; 1 (NORMAL): it is not (sqlite.org/pragma.html#pragma_synchronous)."""
    (value,) = journal._store._connection.execute("PRAGMA synchronous").fetchone()
    return int(value)


@pytest.mark.parametrize("what", [batch(alarm("a1")), batch(event(1))], ids=["alarm", "event"])
def test_append_returns_when_the_batch_is_on_disk_and_not_before(tmp_path: Path, what: Batch) -> None:
    async def main() -> None:
        async with opened(tmp_path, commit_latency_s=0.02) as journal:
            assert await timed(journal, what) == 20
            cut = power_cut(tmp_path)
        async with opened(cut) as journal:
            assert [row.seq for row in await journal.undelivered(10)] == [1]

    run_virtual(main())


def test_a_batch_that_still_waits_is_not_on_disk(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            waiting = asyncio.create_task(journal.append(STATE))
            await asyncio.sleep(0.049)
            cut = power_cut(tmp_path)
            assert not waiting.done()
            await waiting
        async with opened(cut) as journal:
            assert await journal.states() == {}

    run_virtual(main())


def test_batches_that_wait_for_a_commit_are_committed_together(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, commit_latency_s=0.03) as journal:
            asked = [timed(journal, batch(alarm("a0")))]
            asked += [timed(journal, batch(event(one)), at_ms=one) for one in range(1, 21)]
            assert await asyncio.gather(*asked) == [30] + 20 * [60]
            assert number(journal, "commits") == 2
            assert [seq for stream, seq, _ in await queue(journal) if stream is Stream.EVENT] == list(range(1, 21))

    run_virtual(main())


def test_a_state_waits_50_ms_for_company_and_takes_all_along(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            asked = (timed(journal, STATE), timed(journal, STATE, 20), timed(journal, STATE, 49))
            assert list(await asyncio.gather(*asked)) == [50, 50, 50]
            assert number(journal, "commits") == 1

    run_virtual(main())


@pytest.mark.parametrize(
    "urgent", [batch(alarm("a1")), batch(event(1)), Batch(states={"lift-2": b"x"}, sync=True)], ids=str
)
def test_an_urgent_batch_does_not_wait_and_takes_the_waiting_along(tmp_path: Path, urgent: Batch) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            assert list(await asyncio.gather(timed(journal, STATE), timed(journal, urgent, 10))) == [10, 10]
            assert number(journal, "commits") == 1

    run_virtual(main())


def test_a_cancelled_caller_does_not_take_the_batch_back(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, commit_latency_s=0.03) as journal:
            first = asyncio.create_task(journal.append(batch(event(1))))
            second = asyncio.create_task(journal.append(batch(event(2))))
            await asyncio.sleep(0.01)
            first.cancel()
            assert await second == [2]
            assert [seq for _, seq, _ in await queue(journal)] == [1, 2]

    run_virtual(main())


def test_closing_writes_what_waits(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, commit_latency_s=0.03) as journal:
            asked = [asyncio.create_task(journal.append(one)) for one in (batch(event(1)), STATE)]
            await asyncio.sleep(0.01)
            asked.append(asyncio.create_task(journal.append(batch(event(2)))))
            await asyncio.sleep(0)
            await journal.close()
            assert await asyncio.gather(*asked) == [[1], [], [2]]
        async with opened(tmp_path) as journal:
            assert [seq for _, seq, _ in await queue(journal)] == [1, 2]
            assert await journal.states() == STATE.states

    run_virtual(main())


def test_what_gives_a_number_is_synced_and_what_may_be_lost_is_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(0)))
            await journal.append(batch(event(1)))
            assert synchronous(journal) == 2
            await journal.append(STATE)
            assert synchronous(journal) == 1
            await journal.append(Batch(states=STATE.states, sync=True))
            assert synchronous(journal) == 2
            await journal.mark_delivered(Stream.EVENT, 1)
            assert synchronous(journal) == 1
            await journal.set_meta("k", "v")
            assert synchronous(journal) == 2

    run_virtual(main())


def test_an_alarm_costs_one_fsync_and_a_few_pages_and_its_marks_none(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(alarm("a0")))
            fsyncs, size = number(journal, "fsyncs"), number(journal, "bytes_written")
            await journal.append(batch(alarm("a1")))
            assert number(journal, "fsyncs") - fsyncs == 1
            assert number(journal, "bytes_written") - size < 16 * 1024
            await journal.mark_delivered(Stream.ALARM, 2)
            await journal.mark_acknowledged("a1")
            await journal.append(STATE)
            assert number(journal, "fsyncs") - fsyncs == 1

    run_virtual(main())


def test_the_bytes_told_are_the_bytes_the_log_grew_by(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            log = tmp_path / "journal.db-wal"
            for one in range(1, 6):
                await journal.append(batch(event(one)))
                assert number(journal, "bytes_written") == log.stat().st_size

    run_virtual(main())


def test_a_day_stays_within_the_cards_budget_and_yesterday_is_forgotten(tmp_path: Path) -> None:
    """design.md, rule 8: at most 20 MB and 2 000 fsyncs a day; here an event each 5 minutes, a state each minute."""

    async def main() -> None:
        async with opened(tmp_path) as journal:
            for minute in range(24 * 60):
                await journal.append(STATE)
                if minute % 5 == 0:
                    (seq,) = await journal.append(batch(event(minute)))
                    await journal.mark_delivered(Stream.EVENT, seq)
                await asyncio.sleep(60)
            assert 270 <= number(journal, "fsyncs_24h") <= 2_000
            assert 1_000_000 <= number(journal, "bytes_written_24h") <= 20_000_000
            total = number(journal, "bytes_written")
            await asyncio.sleep(25 * 3600)
            assert (number(journal, "fsyncs_24h"), number(journal, "bytes_written_24h")) == (0, 0)
            assert number(journal, "bytes_written") == total

    run_virtual(main())


def test_the_log_is_copied_into_the_file_before_it_grows_past_some_megabytes(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            log = tmp_path / "journal.db-wal"
            for one in range(600):
                await journal.append(Batch(states={"lift-1": bytes([one % 256]) * 5_000}))
            assert log.stat().st_size < 2 * 1024 * 1024
            assert number(journal, "bytes_written") > 3 * 1024 * 1024

    run_virtual(main())


def test_every_step_of_an_alarm_gets_a_number_of_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            phases = (Phase.RAISED, Phase.ACKNOWLEDGED, Phase.CLEARED, Phase.ENDED)
            assert await journal.append(batch(*(alarm("a1", phase) for phase in phases))) == [1, 2, 3, 4]

    run_virtual(main())


def test_a_log_that_cannot_be_looked_at_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many open files: the commit stands, and only its cost is not known."""

    def refused(_self: WalMeter) -> tuple[int, bool]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def main() -> None:
        async with opened(tmp_path) as journal:
            monkeypatch.setattr(WalMeter, "grown", refused)
            assert await journal.append(batch(alarm("a1"))) == [1]
            assert await journal.append(batch(alarm("a2"))) == [2]

    run_virtual(main())
