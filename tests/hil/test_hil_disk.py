"""The disk of a virtual bench: what a write costs, what a power cut leaves of it, and what a full one refuses."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.disk import SECTOR, Disk, Pace, torn
from hil.loop import VirtualLoop

NAME = "journal"
PACE = Pace(sync_s=0.01, bytes_per_s=1e6)
CONTENTS = st.binary(max_size=6 * SECTOR)


class Bench:
    """A file that is written by hand, and a disk that is told. Time passes by `at_s`."""

    def __init__(self, directory: Path) -> None:
        self.loop = VirtualLoop()
        self.path = directory / NAME
        self.path.write_bytes(b"")
        self.midst: list[int] = []
        self.disk = Disk(self.path, self.loop, lambda: self.midst.append(self.path.stat().st_size), PACE)

    def at_s(self, t_s: float) -> None:
        self.loop.call_at(t_s, self.loop.stop)
        self.loop.run_forever()

    def write(self, content: bytes, *, synced: bool) -> float:
        self.path.write_bytes(content)
        return self.disk.wrote(len(content), synced)

    def left(self, seed: int) -> bytes:
        return self.disk.left_by_power_cut(Random(seed)).get("", b"")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_write_costs_its_bytes_and_its_sync(bench: Bench) -> None:
    assert bench.write(bytes(2000), synced=False) == pytest.approx(0.002)
    assert bench.write(bytes(2000), synced=True) == pytest.approx(0.012)
    bench.loop.close()


def test_a_write_is_on_disk_once_it_is_through_and_not_before(bench: Bench) -> None:
    content = b"\1" * 40 * SECTOR
    takes_s = bench.write(content, synced=True)
    bench.at_s(takes_s * 0.99)
    assert any(bench.left(seed) != content for seed in range(10))
    bench.at_s(takes_s)
    assert all(bench.left(seed) == content for seed in range(10))
    bench.loop.close()


def test_what_was_never_synced_may_be_lost_for_ever_and_a_later_sync_takes_it_along(bench: Bench) -> None:
    bench.write(b"\1" * 40 * SECTOR, synced=False)
    bench.at_s(100)
    assert any(bench.left(seed) != bench.path.read_bytes() for seed in range(10))
    bench.write(b"\1" * 41 * SECTOR, synced=True)
    bench.at_s(200)
    assert bench.left(1) == bench.path.read_bytes()
    bench.loop.close()


def test_who_watches_sees_a_write_before_it_is_synced(bench: Bench) -> None:
    bench.write(bytes(7), synced=True)
    assert bench.midst == [7]
    bench.loop.close()


def test_what_the_dead_write_is_neither_charged_nor_synced(bench: Bench) -> None:
    before = bench.disk.files()
    bench.disk.is_detached = True
    assert bench.write(bytes(7), synced=True) == 0
    assert bench.midst == []
    bench.disk.put(before)
    assert bench.path.read_bytes() == b""
    assert bench.write(bytes(7), synced=True) > 0
    bench.loop.close()


def test_files_that_were_not_there_are_gone_when_others_are_put_back(bench: Bench) -> None:
    log = Path(f"{bench.path}-wal")
    log.write_bytes(b"log")
    bench.disk.put({"": b"database"})
    assert (bench.path.read_bytes(), log.exists()) == (b"database", False)
    bench.loop.close()


@pytest.mark.parametrize("room", [0, 100])
def test_a_full_disk_refuses_what_it_has_no_room_for_and_lets_the_rest_be(bench: Bench, room: int) -> None:
    log = Path(f"{bench.path}-wal")
    log.write_bytes(bytes(500))
    bench.disk.fill(room)

    def append(size: int) -> None:
        with log.open("ab", buffering=0) as file:
            assert file.write(bytes(size)) == size

    with bench.disk.at_work():
        append(room)
        with pytest.raises(OSError, match="too large"):
            append(1)
    append(1)
    bench.disk.free()
    with bench.disk.at_work():
        append(1)
    bench.loop.close()


# what a power cut leaves


@given(CONTENTS, CONTENTS, st.integers(0, 9))
def test_every_sector_is_the_old_one_or_the_new_one(old: bytes, new: bytes, seed: int) -> None:
    left = torn({"": old}, {"": new}, Random(seed))[""]
    assert min(len(old), len(new)) <= len(left) <= max(len(old), len(new))
    for start in range(0, len(left), SECTOR):
        piece = left[start : start + SECTOR]
        allowed = [whole[start : start + SECTOR].ljust(SECTOR, b"\0")[: len(piece)] for whole in (old, new)]
        assert piece in allowed


@given(CONTENTS, CONTENTS, st.integers(0, 9))
def test_what_was_synced_stays_when_more_was_only_appended(old: bytes, more: bytes, seed: int) -> None:
    left = torn({"": old}, {"": old + more}, Random(seed))[""]
    assert left.startswith(old)


def test_a_file_that_was_made_or_deleted_and_not_synced_may_be_there_or_not() -> None:
    made = {"-wal" in torn({}, {"-wal": b"log"}, Random(seed)) for seed in range(20)}
    deleted = {"-wal" in torn({"-wal": b"log"}, {}, Random(seed)) for seed in range(20)}
    assert made == deleted == {False, True}
    assert torn({"": b"x"}, {"": b"x"}, Random(1)) == {"": b"x"}


def test_a_database_that_the_log_is_being_copied_into_finds_the_whole_log_beside_it() -> None:
    old, new = {"": bytes(SECTOR), "-wal": b"a" * SECTOR}, {"": b"\1" * SECTOR, "-wal": b"a" * 9 * SECTOR}
    assert {torn(old, new, Random(seed))["-wal"] for seed in range(20)} == {new["-wal"]}


def test_a_log_that_begins_anew_has_its_new_header_or_nothing_new_at_all() -> None:
    old, new = b"old" * 800, b"new" * 800
    left = [torn({"-wal": old}, {"-wal": new}, Random(seed))["-wal"] for seed in range(40)]
    assert {one[:32] for one in left} == {old[:32], new[:32]}
    assert all(one == old for one in left if one[:32] == old[:32])
