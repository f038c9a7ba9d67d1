"""What stands in the log: events of one form, whoever speaks."""

import logging
import re
from collections.abc import Iterator

import pytest

from edge_agent import logs

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (\w+) ([a-z]+\.[a-z_]+ .+)")
RESET = "[Errno 104] Connection reset by peer"


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def said(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    lines = [LINE.fullmatch(line) for line in capsys.readouterr().err.splitlines()]
    assert None not in lines
    return [(line[1], line[2]) for line in lines if line is not None]


def test_an_event_of_ours_is_a_line_of_its_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    ours = logging.getLogger("edge_agent.uplink.uplink")
    ours.debug("uplink.lost problem=%s", "again")
    ours.error("uplink.lost problem=%s", "refused")
    assert said(capsys) == [("ERROR", "uplink.lost problem=refused")]


def test_a_broker_that_restarts_is_no_error_of_a_library(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    logging.getLogger("mqtt").error("failed to receive on socket: %s", RESET)
    assert said(capsys) == []


def test_what_a_library_says_is_an_event_too_when_all_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("debug")
    logging.getLogger("mqtt").error("failed to receive on socket: %s", RESET)
    assert said(capsys) == [("DEBUG", f"library.says name=mqtt text=failed to receive on socket: {RESET}")]


def test_a_crash_inside_a_library_keeps_its_level_and_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning")
    try:
        raise KeyError(7)
    except KeyError:
        logging.getLogger("mqtt").exception('Unexpected message ID "%d" in on_subscribe callback', 7)
    first, *traceback = capsys.readouterr().err.splitlines()
    line = LINE.fullmatch(first)
    assert line is not None
    assert line[1] == "ERROR"
    assert line[2] == 'library.says name=mqtt text=Unexpected message ID "7" in on_subscribe callback'
    assert traceback[-1] == "KeyError: 7"
