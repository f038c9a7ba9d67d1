"""Brokers for real processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.processes import Desk, desk


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts brokers with the configuration lines a test gives; all are gone at its end."""
    with ExitStack() as stack:

        def start(*lines: str, anonymous: bool = True) -> Mosquitto:
            directory = Path(tmp_path, f"broker-{len(list(tmp_path.iterdir()))}")
            directory.mkdir()
            broker = Mosquitto(directory, *lines, anonymous=anonymous)
            stack.callback(broker.kill)
            return broker.start()

        yield start


@pytest.fixture
def broker(start_mosquitto: Callable[..., Mosquitto]) -> Mosquitto:
    """A broker that lets everybody in."""
    return start_mosquitto()


@pytest.fixture
def subscriber(broker: Mosquitto, tmp_path: Path) -> Iterator[Desk]:
    """`mosquitto_sub` at that broker."""
    with desk(broker, tmp_path / "received") as one:
        yield one
