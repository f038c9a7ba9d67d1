"""Whatever fails around it, and in whatever order: what the agent told is told once, and nothing of it is lost."""

from pathlib import Path

import pytest
from storm import storm

from hil.loop import run_virtual


@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_nothing_is_lost_doubled_or_left_waiting(tmp_path: Path, seed: int) -> None:
    outcome = run_virtual(storm(seed, tmp_path))
    assert outcome.firings
    assert outcome.wrong == []
