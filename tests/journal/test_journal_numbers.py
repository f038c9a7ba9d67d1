"""Numbers, order, marks and what is kept: over restarts, on a real file."""

from pathlib import Path

import pytest
from journal_bench import alarm, batch, event, opened, power_cut, queue

from edge_agent.journal.entries import Batch
from edge_agent.journal.journal import Journal, JournalError
from hil.loop import run_virtual
from protocols.upstream.messages import EventMessage, Phase, Stream


async def alarms(journal: Journal) -> list[str]:
    return [row.event_id for row in await journal.unacknowledged_alarms()]


def test_each_stream_is_numbered_from_one_without_gaps(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            assert await journal.append(batch(event(1), alarm("a1"), event(2))) == [1, 1, 2]
            assert await journal.append(batch(alarm("a2"), event(3))) == [2, 3]

    run_virtual(main())


def test_numbering_goes_on_after_a_restart_even_when_all_was_delivered(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            first_id = journal.journal_id
            await journal.append(batch(event(1), event(2), alarm("a1")))
            for stream, seq in ((Stream.EVENT, 1), (Stream.EVENT, 2), (Stream.ALARM, 1)):
                await journal.mark_delivered(stream, seq)
        async with opened(tmp_path) as journal:
            assert journal.journal_id == first_id
            assert await journal.append(batch(event(3), alarm("a2"))) == [3, 2]

    run_virtual(main())


def test_each_new_journal_has_an_id_of_its_own(tmp_path: Path) -> None:
    async def main() -> None:
        ids = set()
        for name in ("one", "two", "three"):
            (tmp_path / name).mkdir()
            async with opened(tmp_path / name) as journal:
                ids.add(journal.journal_id)
        assert len(ids) == 3
        assert all(len(one) == 16 for one in ids)

    run_virtual(main())


def test_a_batch_that_fails_half_way_takes_no_number_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1)))
            with monkeypatch.context() as broken:
                broken.setattr("edge_agent.journal.tables.Tables.keep_states", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    await journal.append(batch(event(2), alarm("a1")))
            before = journal.stats()
            assert (before["undelivered"], before["unacknowledged_alarms"], before["rows"]) == (1, 0, 1)
            assert await journal.append(batch(event(3), alarm("a2"))) == [2, 1]
        async with opened(tmp_path) as journal:
            assert await queue(journal) == [(Stream.ALARM, 1, "a2"), (Stream.EVENT, 1, "e1"), (Stream.EVENT, 2, "e3")]

    run_virtual(main())


def test_what_is_stored_carries_its_whole_identity(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(alarm("a1")))
            (row,) = await journal.undelivered(10)
            assert isinstance(row.message, EventMessage)
            message = row.message
            assert (message.journal_id, message.stream, message.seq) == (journal.journal_id, Stream.ALARM, 1)
            assert message.durable
            assert (row.lift_id, row.event_id, row.code, row.phase) == ("lift-1", "a1", "A01", Phase.RAISED)

    run_virtual(main())


def test_undelivered_are_alarms_first_and_each_stream_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            for number in range(1, 13):
                await journal.append(batch(event(number)))
            await journal.append(batch(alarm("a1"), alarm("a1", Phase.CLEARED)))
            streams = [(stream, seq) for stream, seq, _ in await queue(journal)]
            assert streams == [(Stream.ALARM, 1), (Stream.ALARM, 2)] + [(Stream.EVENT, n) for n in range(1, 13)]
            assert [row.seq for row in await journal.undelivered(4)] == [1, 2, 1, 2]

    run_virtual(main())


def test_a_delivered_message_leaves_the_queue_once_and_for_all(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1), event(2), alarm("a1")))
            for _ in range(2):
                await journal.mark_delivered(Stream.EVENT, 1)
            await journal.mark_delivered(Stream.EVENT, 99)
            left = [(Stream.ALARM, 1, "a1"), (Stream.EVENT, 2, "e2")]
            assert (await queue(journal), journal.stats()["undelivered"]) == (left, 2)
            cut = power_cut(tmp_path)
        for directory in (tmp_path, cut):
            async with opened(directory) as journal:
                assert (await queue(journal), journal.stats()["undelivered"]) == (left, 2)

    run_virtual(main())


def test_an_alarm_is_repeated_until_the_platform_takes_it_on_delivered_or_not(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(alarm("a1"), alarm("a2"), alarm("a3"), event(1)))
            await journal.mark_delivered(Stream.ALARM, 2)
            rows = await journal.unacknowledged_alarms()
            assert [(row.event_id, row.attempts) for row in rows] == [("a1", 0), ("a2", 1), ("a3", 0)]
            await journal.mark_acknowledged("a1")
            await journal.mark_acknowledged("unknown")
            assert (await alarms(journal), journal.stats()["unacknowledged_alarms"]) == (["a2", "a3"], 2)
            cut = power_cut(tmp_path)
        for directory in (tmp_path, cut):
            async with opened(directory) as journal:
                assert (await alarms(journal), journal.stats()["unacknowledged_alarms"]) == (["a2", "a3"], 2)

    run_virtual(main())


@pytest.mark.parametrize(
    ("phase", "left"),
    [(Phase.ACKNOWLEDGED, []), (Phase.ENDED, []), (Phase.CLEARED, ["a1"])],
    ids=["acknowledged", "ended", "cleared"],
)
def test_a_later_step_of_an_alarm_acknowledges_it_if_it_follows_from_that(
    tmp_path: Path, phase: Phase, left: list[str]
) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(alarm("a1")))
            await journal.append(batch(alarm("a1", phase)))
            assert (await alarms(journal), journal.stats()["unacknowledged_alarms"]) == (left, len(left))
            assert len(await queue(journal)) == 2

    run_virtual(main())


def test_recent_are_the_last_of_both_streams_oldest_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            for number in range(1, 5):
                await journal.append(batch(event(number)))
                await journal.mark_delivered(Stream.EVENT, number)
            await journal.append(batch(alarm("a1"), event(5)))
            assert [one.event_id for one in await journal.recent(3)] == ["e4", "a1", "e5"]
            assert [one.event_id for one in await journal.recent(50)] == ["e1", "e2", "e3", "e4", "a1", "e5"]

    run_virtual(main())


def test_the_latest_state_of_each_lift_and_the_kept_values_survive(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(Batch(states={"lift-1": b"old", "lift-2": b"two"}))
            await journal.append(Batch(states={"lift-1": b"new"}))
            await journal.set_meta("counter", "1")
            await journal.set_meta("counter", "2")
            cut = power_cut(tmp_path)
        for directory in (tmp_path, cut):
            async with opened(directory) as journal:
                assert await journal.states() == {"lift-1": b"new", "lift-2": b"two"}
                assert (await journal.meta("counter"), await journal.meta("other")) == ("2", None)

    run_virtual(main())


def test_a_closed_journal_refuses_in_one_line_and_closes_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.close()
            for ask in (journal.append(batch(event(1))), journal.undelivered(1), journal.set_meta("k", "v")):
                with pytest.raises(JournalError, match=r"^journal .*: closed; nothing is written any more$"):
                    await ask

    run_virtual(main())
