"""`liftwarden diag sniff`: 40 columns in both languages, one line for every mistake, and the whole on a pty."""

import json
import os
import signal
import subprocess
import sys
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from edge_agent.cli.app import app
from edge_agent.cli.sniff_lines import head, lines, summary_lines
from edge_agent.diagnose.conversation import Conversation, Heard, Oddity, Role
from edge_agent.diagnose.pcapng import Packet, packet_block
from edge_agent.diagnose.sniff_tally import Tally
from edge_agent.ports import UartErrors
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from tests.support.processes import CLI, until

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
REQUEST = bytes.fromhex("01 04 00 00 00 01 31 CA")
ANSWER = bytes.fromhex("01 04 02 01 3E 39 70")
LONG_REQUEST = append_crc(b"\xf7\x03\xff\x00\x00\x7d")
LONG_ANSWER = append_crc(b"\xf7\x03\xfa" + bytes(250))


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["diag", "sniff", *map(str, arguments)])


def heard() -> list[Heard]:
    """Something of everything, the last of it after twelve hours."""
    said = [
        *(LONG_REQUEST, LONG_ANSWER, LONG_ANSWER, LONG_REQUEST, LONG_ANSWER[:-1] + b"\x00"),
        *(REQUEST, REQUEST, append_crc(b"\x01\x84\x63"), b"\xff\xff", ANSWER, bytes(300), b"\x01\x03\x20\x00\x00"),
    ]
    conversation, t_ns, told = Conversation(LINE), 0, []
    for data in said:
        t_ns += LINE.wire_ns(len(data)) + MS
        told += conversation.hear(data, t_ns)
    told += conversation.hear(REQUEST, t_ns + 12 * 3600 * 1000 * MS)
    while (at_ns := conversation.next_deadline()) is not None:
        told += conversation.tick(at_ns)
    return told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everything_fits_40_columns(lang: str) -> None:
    told, tally, unreadable = heard(), Tally(LINE, 0), Tally(LINE, 0)
    for one in told:
        tally.add(one)
    unreadable.add(Heard(Role.JUNK, bytes(100_000), 0, 1, None, (Oddity.JUNK,)))
    shown = [
        *head("/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0", "115200 8E1", 20 * MS, lang),
        *(line for one in told for line in lines(one, 0, lang)),
        *summary_lines(tally.summary(12 * 3600 * 1000 * MS), UartErrors(99_999, 99_999, 99_999, 0), lang),
        *summary_lines(unreadable.summary(MS), None, lang),
    ]
    assert [line.plain for line in shown if cell_len(line.plain) > 40] == []


def test_a_turn_is_two_lines_with_the_silence_before_each() -> None:
    conversation = Conversation(LINE)
    told = conversation.hear(REQUEST, 100 * MS) + conversation.hear(ANSWER, 120 * MS)
    assert [line.plain.rstrip() for one in told for line in lines(one, 0, "en")] == [
        "    0.092 >   1 04 0000h x1",
        "    0.113 <   1 04 7 B           +12.7ms",
    ]


def test_bytes_without_a_frame_are_a_hint_at_the_wrong_line_and_uart_errors_are_told() -> None:
    tally = Tally(LINE, 0)
    tally.add(Heard(Role.JUNK, bytes(30), 0, 1, None, (Oddity.JUNK,)))
    said = " ".join(line.plain for line in summary_lines(tally.summary(MS), UartErrors(7, 2, 0, 0), "en"))
    assert "UART errors: 7 stop bits, 2 parity, 0 overrun" in said
    assert "30 bytes and not one frame: try another --line" in said
    tally.add(Heard(Role.REQUEST, REQUEST, 0, 1, None))
    quiet = " ".join(line.plain for line in summary_lines(tally.summary(MS), UartErrors(0, 0, 0, 0), "en"))
    assert "not one frame" not in quiet
    assert "UART" not in quiet


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--line", "fast"], "'fast' is not a line setting; write baud, data bits, parity, stop bits: 9600 8N1"),
        (["--line", "9600 7E1"], "9600 7E1: Modbus RTU needs 8 data bits, not 7; write 8E1"),
        ([], "no such port"),
    ],
)
def test_what_cannot_be_listened_to_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = invoke("--port", tmp_path / "ttyNONE", *arguments)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


def test_without_a_port_the_usage_is_told() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "--port PATH" in result.stderr


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon"])
def test_a_time_that_is_none_is_wrong_usage(seconds: str) -> None:
    assert invoke("--port", "ttyNONE", "--seconds", seconds).exit_code == 2


# on a pty


class Line:
    """Both ends of a pty: the test is everybody on the bus, the command listens at `port`."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        os.set_blocking(self._master, False)
        self.port = os.ttyname(self._slave)

    def say(self, *frames: bytes) -> None:
        for frame in frames:
            os.write(self._master, frame)

    def heard(self) -> bytes:
        """What the command sent."""
        try:
            return os.read(self._master, 4096)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def line() -> Iterator[Line]:
    one = Line()
    yield one
    one.close()


@contextmanager
def sniffing(output: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "COLUMNS": "40"}
    with output.open("wb") as file:
        command = [sys.executable, "-c", CLI, "diag", "sniff", *map(str, arguments)]
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.process
def test_ctrl_c_ends_it_in_order_with_a_summary_and_nothing_was_sent(line: Line, tmp_path: Path) -> None:
    output = tmp_path / "said"
    with sniffing(output, "--port", line.port) as process:
        until(lambda: b"Ctrl-C ends it" in output.read_bytes(), "it listens")
        line.say(REQUEST)
        until(lambda: b">   1 04 0000h x1" in output.read_bytes(), "the request")
        line.say(ANSWER)
        until(lambda: b"<   1 04 7 B" in output.read_bytes(), "the answer")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    said = output.read_text()
    assert "frames    2: 1 asked, 1 answered\n" in said
    assert "bad CRC: 0\n" in said
    assert "slave 1   1 asked, 1 answered\n" in said
    assert "Traceback" not in said
    assert line.heard() == b""


@pytest.mark.process
def test_a_killed_one_leaves_every_frame_in_the_file(line: Line, tmp_path: Path) -> None:
    output, file = tmp_path / "said", tmp_path / "bus.pcapng"
    with sniffing(output, "--port", line.port, "--write", file, "--json") as process:
        until(file.exists, "the file")
        line.say(REQUEST)
        until(lambda: output.read_bytes().count(b"\n") == 1, "the request")
        line.say(ANSWER)
        until(lambda: output.read_bytes().count(b"\n") == 2, "the answer")
        until(lambda: file.read_bytes().count(ANSWER) == 1, "the answer in the file")
        process.kill()
        process.wait()
    request, answer = map(json.loads, output.read_text().splitlines())
    assert (request["role"], request["slave"], request["data"]) == ("request", 1, REQUEST.hex())
    assert (answer["role"], answer["request"], answer["oddities"]) == ("answer", REQUEST.hex(), [])
    whole = file.read_bytes()
    last = packet_block(Packet(0, ANSWER))
    assert whole.count(REQUEST) == 1
    assert whole[-len(last) :][20:] == last[20:]


@pytest.mark.process
def test_it_ends_by_itself_when_its_time_is_up(line: Line, tmp_path: Path) -> None:
    output = tmp_path / "said"
    with sniffing(output, "--port", line.port, "--seconds", "0.2", "--json") as process:
        assert process.wait(60) == 0
    (summary,) = map(json.loads, output.read_text().splitlines())
    assert (summary["frames"], summary["summary"]["slaves"]) == (0, {})


@pytest.mark.process
def test_a_full_disk_ends_it_with_one_line_below_the_summary(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "bus.pcapng"
    command = [sys.executable, "-c", CLI, "diag", "sniff", "--port", line.port, "--write", str(file)]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command], capture_output=True, text=True, timeout=60, check=False
    )
    (said,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert said.startswith(f"{file}: cannot write: File too large; ")


@pytest.mark.parametrize("kind", ["the port itself", "a pipe", "a file that is there"])
def test_only_a_new_file_is_written_to(line: Line, tmp_path: Path, kind: str) -> None:
    file = Path(line.port) if kind == "the port itself" else tmp_path / "there"
    if kind == "a pipe":
        os.mkfifo(file)
    elif kind == "a file that is there":
        file.write_bytes(b"last week's")
    result = invoke("--port", line.port, "--seconds", "0.1", "--write", file)
    (said,) = result.stderr.splitlines()
    assert result.exit_code == 1
    assert said.startswith(f"{file}: is ")
    assert line.heard() == b""


@pytest.mark.process
def test_a_port_that_is_held_names_its_holder(line: Line, tmp_path: Path) -> None:
    output, second = tmp_path / "said", tmp_path / "second"
    with sniffing(output, "--port", line.port):
        until(lambda: b"Ctrl-C ends it" in output.read_bytes(), "it listens")
        with sniffing(second, "--port", line.port) as process:
            assert process.wait(60) == 1
    (said,) = second.read_text().splitlines()
    assert said.startswith(f"{line.port}: held by python")
