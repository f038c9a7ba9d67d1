"""A Mosquitto for each test that asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.mosquitto import Mosquitto


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Mosquitto]]:
    """Starts brokers with the configuration lines a test gives; all are gone at its end."""
    started: list[Mosquitto] = []

    def start(*lines: str, anonymous: bool = True) -> Mosquitto:
        directory = tmp_path / f"broker-{len(started)}"
        directory.mkdir()
        started.append(Mosquitto(directory, *lines, anonymous=anonymous).start())
        return started[-1]

    yield start
    for broker in started:
        broker.kill()
