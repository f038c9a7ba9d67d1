"""A full disk, and keeping within the bounds: nothing half-written, no alarm lost, every number accounted for."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from journal_bench import NAME, alarm, batch, event, file_size_limit, log_size, opened, power_cut, queue

from edge_agent.journal.entries import Batch
from edge_agent.journal.errors import DiskRefused
from edge_agent.journal.journal import Journal, JournalError
from hil.loop import VirtualClock, run_virtual
from protocols.upstream.messages import Stream, TombstoneMessage

HOUR_S = 3600.0
DAY_NS = 24 * 3600 * 1_000_000_000
FULL = 512
"""Bytes of any file, beyond which the kernel refuses: less than a page."""


async def event_seqs(journal: Journal) -> list[int]:
    return [seq for stream, seq, _ in await queue(journal) if stream is Stream.EVENT]


def test_a_full_disk_refuses_in_one_line_keeps_nothing_half_written_and_later_works_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1), alarm("a1")))
            with file_size_limit(FULL):
                for _ in range(3):
                    with pytest.raises(JournalError) as refused:
                        await journal.append(batch(event(2), event(3), alarm("a2")))
                with pytest.raises(JournalError):
                    await journal.set_meta("k", "v")
                stats = journal.stats()
                readable = await queue(journal)
            assert str(refused.value).startswith(f"journal {tmp_path / NAME}: ")
            assert "the disk refuses: see the kernel log, check space" in str(refused.value)
            assert "\n" not in str(refused.value)
            assert (stats["undelivered"], stats["unacknowledged_alarms"], len(readable)) == (2, 1, 2)
            cut = power_cut(tmp_path)
            assert await journal.append(batch(event(4), alarm("a3"))) == [2, 2]
        async with opened(cut) as journal:
            assert await queue(journal) == [(Stream.ALARM, 1, "a1"), (Stream.EVENT, 1, "e1")]
        async with opened(tmp_path) as journal:
            assert [row[2] for row in await queue(journal)] == ["a1", "a3", "e1", "e4"]
            assert await journal.meta("k") is None

    run_virtual(main())


def test_sqlites_own_word_for_a_full_disk_is_explained(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1)))
            run = journal._store._connection.execute
            run("PRAGMA max_page_count=1")
            with pytest.raises(JournalError, match=r"disk is full; the disk is full: free space on it$"):
                await journal.append(Batch(states={"lift-1": bytes(100_000)}, sync=True))
            run("PRAGMA max_page_count=1000000")
            assert await journal.append(batch(event(2))) == [2]

    run_virtual(main())


def test_the_callers_of_a_refused_commit_are_all_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            with file_size_limit(FULL):
                asked = [journal.append(batch(event(number))) for number in range(5)]
                results = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(one) for one in results] == 5 * [DiskRefused]

    run_virtual(main())


def test_a_log_that_fills_the_disk_is_emptied_and_written_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            for number in range(20):
                await journal.append(Batch(states={"lift-1": bytes([number]) * 4_000}))
            with file_size_limit(log_size(tmp_path) + 2_000):
                with pytest.raises(JournalError):
                    await journal.append(batch(event(1)))
                assert await journal.append(batch(event(1))) == [1]

    run_virtual(main())


def test_a_log_that_fills_the_disk_is_emptied_even_while_too_many_events_wait(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, max_undelivered_events=100) as journal:
            for number in range(1, 101):
                await journal.append(batch(event(number)))
            with file_size_limit(log_size(tmp_path) + 10_000):
                await journal.append(batch(event(101)))
                assert journal.stats()["evicted_events"] == 0, "there was no room for it"
                for number in range(102, 105):
                    with suppress(JournalError):
                        await journal.append(batch(event(number)))
                await journal.append(batch(alarm("a1")))
                assert len(await event_seqs(journal)) <= 100

    run_virtual(main())


def test_of_too_many_events_the_oldest_give_way_to_a_tombstone_each_lift(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, max_undelivered_events=100) as journal:
            for number in range(1, 101):
                await journal.append(batch(event(number, f"lift-{1 + number % 2}")))
            assert await event_seqs(journal) == list(range(1, 101))
            await journal.append(batch(event(101)))
            rows = await journal.undelivered(1000)
            assert [row.seq for row in rows] == list(range(12, 104))
            told = [row.message for row in rows if isinstance(row.message, TombstoneMessage)]
            assert [(one.lift_id, one.seq, one.first_seq, one.last_seq) for one in told] == [
                ("lift-2", 102, 1, 11),
                ("lift-1", 103, 2, 10),
            ]
            assert {(one.terminal_id, one.journal_id, one.stream) for one in told} == {
                ("box-1", journal.journal_id, Stream.EVENT)
            }
            assert journal.stats()["evicted_events"] == 11

    run_virtual(main())


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_after_any_eviction_each_number_is_there_or_told_of(tmp_path: Path, at_once: int) -> None:
    async def main() -> None:
        lifts: dict[int, str] = {}
        async with opened(tmp_path, max_undelivered_events=100) as journal:
            for start in range(0, 1000, at_once):
                batch_of = [event(number, f"lift-{number % 3}") for number in range(start, min(start + at_once, 1000))]
                seqs = await journal.append(batch(*batch_of))
                lifts.update((seq, one.ids.lift_id) for seq, one in zip(seqs, batch_of, strict=True))
            rows = await journal.undelivered(10_000)
            stats = journal.stats()
        told = [row.message for row in rows if isinstance(row.message, TombstoneMessage)]
        there = {row.seq for row in rows}
        covered = {(one.lift_id, seq) for one in told for seq in range(one.first_seq, one.last_seq + 1)}
        assert len(rows) <= 100
        assert [seq for seq, lift_id in lifts.items() if seq not in there and (lift_id, seq) not in covered] == []
        assert stats["evicted_events"] == 1000 - (len(rows) - len(told))
        assert stats["rows"] == stats["undelivered"] == len(rows)
        kept = [row.seq for row in rows]
        assert kept == list(range(kept[0], kept[-1] + 1)), "the newest are kept"

    run_virtual(main())


def test_alarms_are_never_evicted(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, max_undelivered_events=100) as journal:
            for number in range(1, 301):
                await journal.append(batch(alarm(f"a{number}"), event(number)))
            rows = await queue(journal)
            assert [seq for stream, seq, _ in rows if stream is Stream.ALARM] == list(range(1, 301))
            assert len(await journal.unacknowledged_alarms()) == 300
            assert journal.stats()["evicted_events"] != 0

    run_virtual(main())


def test_what_was_delivered_is_dropped_after_keep_days_and_nothing_else(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        async with opened(tmp_path, clock=clock, keep_days=2) as journal:
            await journal.append(batch(alarm("open"), alarm("taken"), event(1), event(2)))
            for stream, seq in ((Stream.ALARM, 1), (Stream.ALARM, 2), (Stream.EVENT, 1)):
                await journal.mark_delivered(stream, seq)
            await journal.mark_acknowledged("taken")
            await asyncio.sleep(47 * HOUR_S)
            await journal.append(batch(event(3)))
            assert len(await journal.recent(10)) == 5
            await asyncio.sleep(2 * HOUR_S)
            await journal.append(batch(event(4)))
            assert [one.event_id for one in await journal.recent(10)] == ["open", "e2", "e3", "e4"]
            assert (await queue(journal), journal.stats()["rows"]) == (
                [(Stream.EVENT, n, f"e{n}") for n in (2, 3, 4)],
                4,
            )

    run_virtual(main())


def test_no_message_is_dropped_for_its_age_while_nobody_vouches_for_the_clock(tmp_path: Path) -> None:
    async def main() -> None:
        clock = VirtualClock()
        async with opened(tmp_path, clock=clock, keep_days=1) as journal:
            await journal.append(batch(event(1)))
            await journal.mark_delivered(Stream.EVENT, 1)
            clock.synchronised = False
            clock.step_wall(1000 * DAY_NS)
            await asyncio.sleep(2 * HOUR_S)
            await journal.append(batch(event(2)))
            assert len(await journal.recent(10)) == 2

    run_virtual(main())


def test_no_more_delivered_messages_are_kept_than_undelivered_ones_may_wait(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path, max_undelivered_events=100) as journal:
            for number in range(1, 501):
                await journal.append(batch(event(number)))
                await journal.mark_delivered(Stream.EVENT, number)
            await asyncio.sleep(HOUR_S)
            await journal.append(batch(event(501)))
            assert [one.seq for one in await journal.recent(1000)] == list(range(401, 502))

    run_virtual(main())
