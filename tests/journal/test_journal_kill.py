"""SIGKILL in the middle of writes: what was confirmed is there, and every number exactly once."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from journal_bench import opened

from hil.loop import run_virtual
from protocols.upstream.messages import Stream

WRITER = Path(__file__).with_name("journal_writer.py")
ROUNDS = 5
Confirmed = set[tuple[str, int, str]]


def killed_after(directory: Path, began: int, lines: int) -> Confirmed:
    """Let a process write until it confirmed so many numbers, kill it, and return all that it confirmed."""
    command = [sys.executable, str(WRITER), str(directory), str(began)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        try:
            heard = [writer.stdout.readline() for _ in range(lines)]
        finally:
            writer.kill()
        heard += writer.stdout.readlines()
    assert writer.returncode == -9
    whole = [line.split() for line in heard if line.endswith("\n")]
    return {(what, int(seq), event_id) for what, seq, event_id in whole}


async def _check(directory: Path, confirmed: Confirmed) -> None:
    async with opened(directory) as journal:
        assert journal.notes == ()
        waiting = {(row.stream, row.seq) for row in await journal.undelivered(1_000_000)}
        stored = [(one.stream.value, one.seq, one.event_id) for one in await journal.recent(1_000_000)]
    assert waiting.isdisjoint((Stream.EVENT, seq) for what, seq, _ in confirmed if what == "delivered")
    assert {one for one in confirmed if one[0] != "delivered"} <= set(stored)
    for stream in ("alarm", "event"):
        seqs = [seq for name, seq, _ in stored if name == stream]
        assert seqs == list(range(1, len(seqs) + 1))


@pytest.mark.process
def test_what_was_confirmed_survives_a_kill_and_every_number_is_given_once(tmp_path: Path) -> None:
    chance = random.Random(20260101)
    confirmed: Confirmed = set()
    for number in range(ROUNDS):
        confirmed |= killed_after(tmp_path, 1_000_000 * number, chance.randrange(1, 150))
        run_virtual(_check(tmp_path, confirmed))
