"""The disk refuses when the agent starts: people who are trapped cannot wait for it."""

import errno
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.journal import errors
from edge_agent.journal.errors import DiskRefused, JournalError, explained, explained_os
from edge_agent.journal.journal import Journal
from hil.faults.deeds import FillDisk
from hil.loop import run_virtual
from protocols.upstream.messages import EventMessage, Phase
from sim.stimuli import Stimulus
from tests.support.streams import complaints
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

READ_ONLY = FillDisk(room=None, done="read-only")


@asynccontextmanager
async def started_on_a_refusing_disk(directory: Path) -> AsyncIterator[VirtualAgent]:
    """People are trapped from 17 s on."""
    async with virtual_agent(directory, building_set=NO_TRAFFIC) as bench:
        bench.host.begin(READ_ONLY)
        bench.world.at(5, Stimulus.PERSON_ENTERS)
        bench.world.at(6, Stimulus.ENTRAP_BETWEEN_FLOORS)
        yield bench


def raised(bench: VirtualAgent) -> list[EventMessage]:
    return [one for _, one in bench.received() if one.phase is Phase.RAISED]


def test_the_alarm_goes_out_in_time_not_durable_and_health_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with started_on_a_refusing_disk(tmp_path) as bench:
            await bench.until_s(60)
            received_s, alarm = bench.first("A01", Phase.RAISED)
            assert received_s < 48
            assert (alarm.durable, alarm.seq) == (False, 0)
            assert any("the disk refuses" in note for note in bench.health().notes)

    run_virtual(main())


def test_when_the_disk_works_the_alarm_gets_its_number_and_the_journal_is_as_any(tmp_path: Path) -> None:
    async def main() -> None:
        async with started_on_a_refusing_disk(tmp_path) as bench:
            await bench.until_s(100)
            bench.host.end(READ_ONLY)
            await bench.until_s(150)
            undurable, *numbered = {(one.durable, one.seq, one.event_id): one for one in raised(bench)}
            assert numbered == [(True, 1, undurable[2])]
            assert not any("disk" in note for note in bench.health().notes)
            assert complaints(bench.world.broker.published) == []
            bench.acknowledge(undurable[2])
            await bench.until_s(190)
            assert bench.health().unacknowledged_alarms == 0

    run_virtual(main())


def test_a_damaged_journal_on_a_refusing_disk_is_no_reason_to_be_silent(tmp_path: Path) -> None:
    """The damaged file of a failing card is set aside, and a new one cannot be begun until the disk takes it."""

    async def main() -> None:
        path = tmp_path / "journal.sqlite"
        path.write_bytes(b"\xff" * 4096)
        async with started_on_a_refusing_disk(tmp_path) as bench:
            await bench.until_s(60)
            assert [one.durable for one in raised(bench)][:1] == [False]
            bench.host.end(READ_ONLY)
            await bench.until_s(130)
            assert {one.seq for one in raised(bench)} == {0, 1}
            assert path.with_name(f"{path.name}.corrupt-20260101T120000Z").exists()

    run_virtual(main())


def test_stopping_without_a_journal_is_in_order(tmp_path: Path) -> None:
    async def main() -> None:
        async with started_on_a_refusing_disk(tmp_path) as bench:
            await bench.until_s(10)
            await bench.stop()
            assert bench.host.ended == [None]

    run_virtual(main())


# which errors a wait may mend


@pytest.mark.parametrize(
    ("number", "waits"),
    [(errno.ENOSPC, True), (errno.EROFS, True), (errno.EIO, True), (errno.EACCES, False), (errno.ENOENT, False)],
)
def test_a_full_failing_or_read_only_disk_is_waited_for_and_a_wrong_path_is_not(number: int, waits: bool) -> None:
    assert isinstance(explained_os(OSError(number, os.strerror(number)), "journal x"), DiskRefused) is waits


def test_sqlite_says_full_and_nothing_else_of_it(tmp_path: Path) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count=2")
    with pytest.raises(sqlite3.OperationalError) as full:
        connection.execute("CREATE TABLE a AS SELECT randomblob(100000)")
    with pytest.raises(sqlite3.OperationalError) as wrong:
        connection.execute("SELECT * FROM nowhere")
    connection.close()
    assert isinstance(explained(tmp_path / "x", full.value), DiskRefused)
    assert not isinstance(explained(tmp_path / "x", wrong.value), DiskRefused)


def test_a_file_system_that_is_mounted_read_only_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class ReadOnly:
        f_flag = os.ST_RDONLY

    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
    assert not isinstance(explained(tmp_path / "x", error), DiskRefused)
    monkeypatch.setattr(errors.os, "statvfs", lambda _path: ReadOnly)
    assert isinstance(explained(tmp_path / "x", error), DiskRefused)


def test_a_journal_that_no_wait_mends_still_ends_the_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_arguments: object, **_options: object) -> Journal:
        raise JournalError("journal x: it is another program's database")

    monkeypatch.setattr(Journal, "open", refuse)

    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            with pytest.raises(JournalError):
                await bench.until_s(10)

    run_virtual(main())
