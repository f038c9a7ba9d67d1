"""A file that is broken is set aside, one that is somebody else's is refused, each in one clear line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from journal_bench import NAME, PAGE, alarm, batch, event, opened, power_cut, queue, sql

from edge_agent.journal.entries import Batch
from edge_agent.journal.journal import JournalError
from hil.loop import run_virtual
from protocols.upstream.messages import Stream

STAMP = "20260101T120000Z"
"""When virtual wall clocks start, as a part of a file's name."""
ASIDE = f"{NAME}.corrupt-{STAMP}"
EVENTS = 80


async def filled(directory: Path) -> Path:
    """A closed journal with alarms and events."""
    async with opened(directory) as journal:
        for number in range(1, EVENTS + 1):
            await journal.append(batch(event(number), alarm(f"a{number}")))
        await journal.append(Batch(states={"lift-1": b"state"}))
    return directory / NAME


def overwritten(page: int, content: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[: page * PAGE] + content + data[page * PAGE + len(content) :]


HARM: dict[str, Callable[[bytes], bytes]] = {
    "cut in half": lambda data: data[: len(data) // 2],
    "cut inside a page": lambda data: data[: 20 * PAGE + 500],
    "cut inside the header": lambda data: data[:50],
    "header of zeros": overwritten(0, bytes(100)),
    "first page of zeros": overwritten(0, bytes(PAGE)),
    "old messages overwritten": overwritten(20, bytes(10 * PAGE)),
    "counters overwritten": overwritten(2, b"\xff" * PAGE),
    "not a database": lambda _data: b"journal.path: /var/lib/liftwarden/journal.db\n" * 40,
    "all ones": lambda data: b"\xff" * len(data),
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
def test_a_damaged_file_is_set_aside_unchanged_and_a_new_journal_begun(
    tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        path.write_bytes(harm(path.read_bytes()))
        damaged = path.read_bytes()
        async with opened(tmp_path) as journal:
            (note,) = journal.notes
            assert note.startswith(f"journal {path}: damaged (")
            assert f"kept as {ASIDE}, a new journal was begun" in note
            assert "\n" not in note
            assert (tmp_path / ASIDE).read_bytes() == damaged
            assert await queue(journal) == []
            assert await journal.append(batch(event(1), alarm("a1"))) == [1, 1]
        async with opened(tmp_path) as journal:
            assert journal.notes == ()
            assert len(await queue(journal)) == 2

    run_virtual(main())


@pytest.mark.parametrize("page", range(0, 80, 9))
def test_an_overwritten_page_is_set_aside_or_passed_over_but_never_stops_the_agent(tmp_path: Path, page: int) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        path.write_bytes(overwritten(page, bytes(range(256)) * 4)(path.read_bytes()))
        async with opened(tmp_path) as journal:
            begun_anew = bool(journal.notes)
            left = await queue(journal)
            assert begun_anew or len(left) + len(journal.notes) >= 2 * EVENTS
            assert await journal.append(batch(event(EVENTS + 1))) == [1 if begun_anew else EVENTS + 1]

    run_virtual(main())


def test_files_set_aside_at_the_same_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    async def main() -> None:
        for number in range(3):
            (tmp_path / NAME).write_text(f"not a database {number} " * 100)
            async with opened(tmp_path):
                pass
        aside = [tmp_path / f"{ASIDE}{ending}" for ending in ("", "-2", "-3")]
        assert [int(path.read_text().split()[3]) for path in aside] == [0, 1, 2]

    run_virtual(main())


def test_what_the_log_held_is_kept_with_the_damaged_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1)))
            cut = power_cut(tmp_path)
        path = cut / NAME
        path.write_bytes(b"\xff" * path.stat().st_size)
        async with opened(cut) as journal:
            assert (len(journal.notes), await queue(journal)) == (1, [])
        kept = b"".join(one.read_bytes() for one in cut.glob(f"{ASIDE}*"))
        assert b"outside the door zone" in kept

    run_virtual(main())


def test_a_log_without_its_file_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1)))
            cut = power_cut(tmp_path)
        (cut / NAME).unlink()
        log = (cut / f"{NAME}-wal").read_bytes()
        async with opened(cut) as journal:
            assert await queue(journal) == []
            assert await journal.append(batch(event(2))) == [1]
        assert (cut / f"{NAME}.corrupt-orphan-wal").read_bytes() == log

    run_virtual(main())


def test_a_file_emptied_beside_its_log_is_damage_and_the_log_is_kept(tmp_path: Path) -> None:
    """SQLite deletes a log that lies beside an empty file; in it may be alarms that nobody got."""

    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(alarm("a1")))
            cut = power_cut(tmp_path)
        os.truncate(cut / NAME, 0)
        log = (cut / f"{NAME}-wal").read_bytes()
        async with opened(cut) as journal:
            assert len(journal.notes) == 1
            assert await journal.append(batch(alarm("a2"))) == [1]
        assert (cut / f"{ASIDE}-wal").read_bytes() == log

    run_virtual(main())


def test_a_creation_that_a_power_cut_interrupted_is_begun_again(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / NAME).touch()
        async with opened(tmp_path) as journal:
            assert journal.notes == ()
            assert await journal.append(batch(alarm("a1"))) == [1]

    run_virtual(main())


@pytest.mark.parametrize(
    ("whole", "broken"),
    [
        (b"{", b""),
        (b"outside", b"outs\xffde"),
        (b'"stream":"alarm"', b'"stream":"al\xe5rm"'),
        (b"severity", b"severit\xbf"),
    ],
    ids=["no JSON", "text not UTF-8", "stream not UTF-8", "name not UTF-8"],
)
def test_a_row_that_cannot_be_read_is_passed_over_and_told(tmp_path: Path, whole: bytes, broken: bytes) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        ((body,),) = sql(path, "SELECT body FROM message WHERE stream='alarm' AND seq=2")
        assert whole in body
        sql(path, "UPDATE message SET body=? WHERE stream='alarm' AND seq=2", body.replace(whole, broken))
        async with opened(tmp_path) as journal:
            left = [seq for stream, seq, _ in await queue(journal) if stream is Stream.ALARM]
            assert left == [1, *range(3, EVENTS + 1)]
            assert len(await journal.unacknowledged_alarms()) == EVENTS - 1
            assert len(await journal.recent(1000)) == 2 * EVENTS - 1
            (note,) = journal.notes
            assert note.startswith(f"journal {path}: alarm 2 is unreadable and is passed over: ")

    run_virtual(main())


def test_one_overwritten_byte_in_an_old_row_does_not_hide_the_others(tmp_path: Path) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        async with opened(tmp_path) as journal:
            for number in range(EVENTS + 1, EVENTS + 151):
                await journal.append(batch(event(number)))
        sql(path, "UPDATE message SET stream=CAST(x'e576656e74' AS TEXT) WHERE id=3")
        async with opened(tmp_path) as journal:
            assert journal.notes == ()
            assert len(await queue(journal)) == 2 * EVENTS + 150
            assert len(await journal.recent(1000)) == 2 * EVENTS + 150

    run_virtual(main())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message SET stream=CAST(x'e576656e74' AS TEXT) WHERE id=160",
        "UPDATE unacknowledged SET event_id=CAST(x'61ff' AS TEXT) WHERE event_id='a2'",
        "UPDATE meta SET value=CAST(x'ff' AS TEXT)",
        "DELETE FROM counter WHERE stream='alarm'",
        "DELETE FROM meta",
        "DROP TABLE queue",
        "UPDATE lift_state SET lift_id=CAST(x'ff' AS TEXT)",
    ],
)
def test_content_that_the_agent_cannot_go_on_with_is_damage(tmp_path: Path, statement: str) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        sql(path, statement)
        async with opened(tmp_path) as journal:
            assert [ASIDE in note for note in journal.notes] == [True]
            assert await journal.append(batch(event(1))) == [1]

    run_virtual(main())


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("PRAGMA application_id=1", "it is another program's database: set journal.path to a file of its own"),
        (
            "PRAGMA user_version=2",
            "it has version 2, this agent knows 1: install the newer agent,"
            " or move the file away to begin a new journal",
        ),
    ],
    ids=["another program's", "newer"],
)
def test_a_file_that_is_not_ours_to_touch_is_refused_and_stays_as_it_is(
    tmp_path: Path, statement: str, line: str
) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        sql(path, statement)
        before = path.read_bytes()
        with pytest.raises(JournalError) as refused:
            async with opened(tmp_path):
                pass
        assert str(refused.value) == f"journal {path}: {line}"
        assert [one.name for one in tmp_path.iterdir()] == [NAME]
        assert path.read_bytes() == before

    run_virtual(main())


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        sql(tmp_path / NAME, "CREATE TABLE bookmark (url TEXT)")
        with pytest.raises(JournalError, match="another program's database"):
            async with opened(tmp_path):
                pass

    run_virtual(main())


def test_a_second_agent_on_the_same_journal_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.journal.database._BUSY_S", 0.0)

    async def main() -> None:
        async with opened(tmp_path) as journal:
            await journal.append(batch(event(1)))
            with pytest.raises(JournalError) as refused:
                async with opened(tmp_path):
                    pass
            assert str(refused.value) == (
                f"journal {tmp_path / NAME}: database is locked;"
                " another process holds it: stop the other agent, or set journal.path"
            )
            assert await journal.append(batch(event(2))) == [2]
        async with opened(tmp_path) as journal:
            assert len(await queue(journal)) == 2

    run_virtual(main())


def test_a_path_that_cannot_be_a_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(JournalError) as refused:
            async with opened(tmp_path / "absent"):
                pass
        absent = tmp_path / "absent"
        assert (
            str(refused.value)
            == f"journal {absent / NAME}: there is no directory {absent}: create it, or set journal.path"
        )
        (tmp_path / NAME).mkdir()
        with pytest.raises(JournalError, match=r"it is a directory: set journal.path to a file in it$"):
            async with opened(tmp_path):
                pass

    run_virtual(main())


def test_damage_found_in_service_is_told_and_set_aside_at_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        path = await filled(tmp_path)
        async with opened(tmp_path) as journal:
            size = path.stat().st_size
            path.write_bytes(b"\xff" * size)
            journal._store._connection.execute("PRAGMA shrink_memory")
            with pytest.raises(JournalError, match="the file is damaged: restart the agent"):
                await journal.append(batch(event(1)))
            assert len(journal.notes) == 1
        assert (tmp_path / f"{NAME}.corrupt-found-in-service").exists()
        async with opened(tmp_path) as journal:
            assert (journal.notes, await journal.append(batch(event(1)))) == ((), [1])

    run_virtual(main())
