import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # a deadline is a wall-clock assertion
settings.load_profile("no-deadline")


@pytest.fixture
def near_root() -> Iterator[Path]:
    """A directory in which a socket's path is short enough, wherever pytest keeps its own."""
    with tempfile.TemporaryDirectory(prefix="lw-") as name:
        yield Path(name)
