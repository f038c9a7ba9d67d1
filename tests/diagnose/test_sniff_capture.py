"""What was heard as packets: in order, the damaged ones labelled, what Wireshark cannot see as comments."""

import subprocess
from pathlib import Path

import pytest

from edge_agent.diagnose.conversation import Conversation, Heard
from edge_agent.diagnose.pcapng import CaptureFile, header
from edge_agent.diagnose.sniff_capture import Capture, packet
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from tests.support.mosquitto import tool

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
NOON_UNIX_NS = 1_767_268_800_000_000_000
REQUEST = bytes.fromhex("01 04 00 00 00 01 31 CA")
ANSWER = bytes.fromhex("01 04 02 01 3E 39 70")
WRITE = append_crc(b"\x01\x06\x00\x10\x00\x02")
BROADCAST = append_crc(b"\x00\x06\x00\x10\x00\x02")


def heard(*said: bytes) -> list[Heard]:
    """What a listener makes of frames 20 ms apart, and of two seconds of silence at the end."""
    conversation, t_ns, told = Conversation(LINE), 0, []
    for data in said:
        t_ns += 20 * MS + LINE.wire_ns(len(data))
        told += conversation.hear(data, t_ns)
    while (at_ns := conversation.next_deadline()) is not None:
        told += conversation.tick(at_ns)
    return told


def captured(path: Path, told: list[Heard]) -> Path:
    with CaptureFile(path, "ttyUSB0", str(LINE), LINE.baud) as file:
        capture = Capture(file, NOON_UNIX_NS)
        for one in told:
            capture.add(one)
        capture.finish()
    return path


def shown(path: Path, *options: str) -> list[str]:
    command = [tool("tshark", "apt-get install tshark"), "-n", "-r", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()


def test_a_frame_is_stamped_with_its_first_bit_in_wall_time() -> None:
    assert [packet(one, NOON_UNIX_NS).unix_ns - NOON_UNIX_NS for one in heard(REQUEST, ANSWER)] == [
        20 * MS,
        40 * MS + LINE.wire_ns(8),
    ]


@pytest.mark.parametrize(
    ("said", "label", "comments"),
    [
        ((REQUEST, ANSWER), "", ()),
        ((REQUEST, append_crc(b"\x01\x84\x02")), "", ("exception 02h: illegal data address",)),
        (
            (REQUEST, ANSWER[:-1] + b"\x71"),
            "Modbus RTU bad CRC",
            ("bad CRC 7139h, right 7039h: 01 04 02 01 3E 39 71",),
        ),
        ((REQUEST, b"\xff\x00"), "Modbus RTU junk", ("junk: FF 00",)),
        ((WRITE, WRITE), "", ("answer",)),
        ((REQUEST, ANSWER, BROADCAST), "Modbus RTU request", ("request",)),
        ((append_crc(b"\x01\x02\x03\x10\x00\x09"),), "", ("request", "no answer from 1")),
    ],
    ids=["answer", "exception", "bad crc", "junk", "write", "broadcast", "bits at 03xxh"],
)
def test_what_wireshark_would_not_show_stands_in_label_or_comment(
    said: tuple[bytes, ...], label: str, comments: tuple[str, ...]
) -> None:
    last = packet([one for one in heard(*said) if one.data == said[-1]][-1], 0)
    assert (last.label, last.comments) == (label, comments)


def test_a_request_without_an_answer_is_one_packet_and_says_so(tmp_path: Path) -> None:
    whole = captured(tmp_path / "a", heard(REQUEST)).read_bytes()
    assert whole.count(REQUEST) == 1
    assert b"no answer from 1" in whole


def test_a_request_is_written_once_something_else_was_heard_or_the_listening_ends(tmp_path: Path) -> None:
    path = tmp_path / "a"
    head = len(header("ttyUSB0", str(LINE), LINE.baud))
    with CaptureFile(path, "ttyUSB0", str(LINE), LINE.baud) as file:
        capture = Capture(file, NOON_UNIX_NS)
        request, answer = heard(REQUEST, ANSWER)
        capture.add(request)
        assert path.stat().st_size == head
        capture.add(answer)
        assert ANSWER in path.read_bytes()
        capture.add(request)
        capture.finish()
        assert path.read_bytes().count(REQUEST) == 2


@pytest.mark.tshark
def test_tshark_shows_a_whole_conversation_with_no_setting(tmp_path: Path) -> None:
    path = captured(
        tmp_path / "bus.pcapng",
        heard(REQUEST, ANSWER, REQUEST, b"\x00" + ANSWER, REQUEST, ANSWER[:-1] + b"\x71", REQUEST),
    )
    lines = [" ".join(line.partition("→")[2].split()) for line in shown(path)]
    query, response = (
        "Query: Unit: 1, Func: 4: Read Input Registers",
        "Response: Unit: 1, Func: 4: Read Input Registers",
    )
    assert lines == [
        f"Modbus RTU 24 {query}",
        f"Modbus RTU 23 {response}",
        f"Modbus RTU 24 {query}",
        "Modbus RTU junk 33",
        f"Modbus RTU 23 {response}",
        f"Modbus RTU 24 {query}",
        "Modbus RTU bad CRC 43",
        f"Modbus RTU 24 {query}",
    ]
    assert [line for line in shown(path, "-T", "fields", "-e", "frame.comment") if line] == [
        "junk: 00",
        "bad CRC 7139h, right 7039h: 01 04 02 01 3E 39 71",
        "no answer from 1",
    ]
