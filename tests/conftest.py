import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # a deadline is a wall-clock assertion
settings.load_profile("no-deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for real processes are spread among those that compute, so that no core waits with another."""
    files = [list(one) for _, one in groupby(items, key=lambda item: item.path)]
    waiting = [file for file in files if any(item.get_closest_marker("process") for item in file)]
    working = [file for file in files if file not in waiting]
    spread = [(index / len(kind), file) for kind in (waiting, working) for index, file in enumerate(kind)]
    items[:] = [item for _, file in sorted(spread, key=lambda one: one[0]) for item in file]


@pytest.fixture
def near_root() -> Iterator[Path]:
    """A directory in which a socket's path is short enough, wherever pytest keeps its own."""
    with tempfile.TemporaryDirectory(prefix="lw-") as name:
        yield Path(name)
