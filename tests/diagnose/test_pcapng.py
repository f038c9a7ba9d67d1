"""The capture file, byte for byte by the pcapng draft, and as tshark shows it with nothing set.

Layouts: draft-ietf-opsawg-pcapng, 4.1 (section header), 4.2 (interface description), 4.3 (enhanced packet), 3.5
(options); upper-PDU tags by epan/exported_pdu.h of Wireshark. Frames: Modbus over Serial Line V1.02 with the CRCs of
serial tools (01 04 00 00 00 01 31 CA and its answer are the capture of the beagleboard list, 2016-12-12).
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.diagnose.pcapng import CaptureError, CaptureFile, Packet, header, packet_block
from protocols.modbus.crc import append_crc
from tests.support.mosquitto import tool

NOON_UNIX_NS = 1_767_268_800_123_456_789
REQUEST = bytes.fromhex("01 04 00 00 00 01 31 CA")
ANSWER = bytes.fromhex("01 04 02 01 3E 39 70")

SECTION = bytes.fromhex(
    "0A 0D 0D 0A"  # block type
    "3C 00 00 00"  # total length: 60
    "4D 3C 2B 1A"  # byte-order magic 1A2B3C4Dh, little-endian
    "01 00 00 00"  # version 1.0
    "FF FF FF FF FF FF FF FF"  # section length not known
    "04 00 15 00"  # shb_userappl, 21 bytes
    "6C 69 66 74 77 61 72 64 65 6E 20 64 69 61 67 20 73 6E 69 66 66 00 00 00"  # liftwarden diag sniff
    "00 00 00 00"  # opt_endofopt
    "3C 00 00 00"
)
INTERFACE = bytes.fromhex(
    "01 00 00 00"  # block type
    "50 00 00 00"  # total length: 80
    "FC 00 00 00"  # link type 252, reserved
    "00 00 00 00"  # no snap length
    "02 00 07 00 74 74 79 55 53 42 30 00"  # if_name: ttyUSB0
    "03 00 14 00 4D 6F 64 62 75 73 20 52 54 55 2C 20 39 36 30 30 20 38 4E 31"  # if_description: Modbus RTU, 9600 8N1
    "08 00 08 00 80 25 00 00 00 00 00 00"  # if_speed: 9600 bit/s
    "09 00 01 00 09 00 00 00"  # if_tsresol: ten to the minus nine
    "00 00 00 00"  # opt_endofopt
    "50 00 00 00"
)
UPPER_REQUEST = bytes.fromhex(
    "00 0C 00 08 6D 62 72 74 75 00 00 00"  # dissector name: mbrtu
    "00 00 00 00"  # end of tags
    "01 04 00 00 00 01 31 CA"
)


def test_a_file_begins_with_section_and_interface_as_the_draft_has_them() -> None:
    assert header("ttyUSB0", "9600 8N1", 9600) == SECTION + INTERFACE


def test_a_packet_is_an_enhanced_packet_block_with_time_in_ns() -> None:
    """1767268800123456789 is 1886999C3DFD4D15h: the high word stands first."""
    assert packet_block(Packet(NOON_UNIX_NS, REQUEST)) == b"".join(
        (
            bytes.fromhex("06 00 00 00 38 00 00 00 00 00 00 00"),  # type, total length 56, interface 0
            bytes.fromhex("9C 99 86 18 15 4D FD 3D"),
            bytes.fromhex("18 00 00 00 18 00 00 00"),  # captured and original length: 24
            UPPER_REQUEST,
            bytes.fromhex("38 00 00 00"),
        )
    )


def test_comments_are_options_and_data_is_padded_to_four_bytes() -> None:
    block = packet_block(Packet(0, ANSWER, comments=("late", "no")))
    assert block == bytes.fromhex(
        "06 00 00 00 4C 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 17 00 00 00 17 00 00 00"
        "00 0C 00 08 6D 62 72 74 75 00 00 00 00 00 00 00 01 04 02 01 3E 39 70 00"
        "01 00 04 00 6C 61 74 65"  # opt_comment
        "01 00 02 00 6E 6F 00 00"
        "00 00 00 00 4C 00 00 00"
    )


def test_what_is_no_frame_is_data_and_says_so_in_the_protocol_column() -> None:
    block = packet_block(Packet(0, b"\xff", label="junk"))
    assert block[28:49] == bytes.fromhex("00 0C 00 04 64 61 74 61 00 21 00 04 6A 75 6E 6B 00 00 00 00 FF")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bus.pcapng"


def capture(path: Path) -> CaptureFile:
    return CaptureFile(path, "ttyUSB0", "9600 8N1", 9600)


def test_every_packet_is_in_the_file_as_soon_as_it_is_written(path: Path) -> None:
    with capture(path) as file:
        for count in (1, 2):
            file.write(Packet(NOON_UNIX_NS, REQUEST))
            assert path.read_bytes() == SECTION + INTERFACE + count * packet_block(Packet(NOON_UNIX_NS, REQUEST))


def test_a_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"nowhere/x.pcapng: cannot write: No such file or directory; name a file"):
        capture(tmp_path / "nowhere" / "x.pcapng")


def test_a_file_that_is_there_is_not_overwritten(path: Path) -> None:
    path.write_bytes(b"last week's")
    with pytest.raises(
        CaptureError, match=r"is there already and is not overwritten; remove it, or name another file$"
    ):
        capture(path)
    assert path.read_bytes() == b"last week's"


@pytest.mark.parametrize("kind", ["a pipe", "a port", "a directory", "a link to nothing"])
def test_what_is_no_regular_file_is_refused_and_never_written_to(path: Path, kind: str) -> None:
    """A port would send the capture's bytes to the bus; a pipe that nobody reads would wait for ever."""
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a port":
        path = Path("/dev/null")
    elif kind == "a directory":
        path.mkdir()
    else:
        path.symlink_to(path.with_name("nothing"))
    with pytest.raises(CaptureError, match=r"is no regular file; a capture goes to a new file"):
        capture(path)


def test_a_full_disk_is_one_line(path: Path) -> None:
    """By the limit on a file's length, which the header exceeds; Python ignores its signal."""
    _, hard = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(CaptureError) as caught:
            capture(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert str(caught.value) == (
        f"{path}: cannot write: File too large; the capture ends here, what came before is whole"
    )


def test_what_was_written_before_the_disk_was_full_stays_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with capture(path) as file:
        file.write(Packet(NOON_UNIX_NS, REQUEST))
        whole = path.read_bytes()
        write = file._file.write

        class Full:
            """Takes ten bytes, then none."""

            def write(self, data: memoryview) -> int:
                if len(data) < len(packet_block(Packet(NOON_UNIX_NS, ANSWER))):
                    raise OSError(28, os.strerror(28))
                return write(data[:10])

            def fileno(self) -> int:
                return real.fileno()

        real = file._file
        monkeypatch.setattr(file, "_file", Full())
        with pytest.raises(CaptureError, match="No space left on device"):
            file.write(Packet(NOON_UNIX_NS, ANSWER))
        monkeypatch.undo()
    assert path.read_bytes() == whole


# tshark


def shown(path: Path, *options: str) -> list[str]:
    command = [tool("tshark", "apt-get install tshark"), "-n", "-r", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=_no_settings(path))
    return done.stdout.splitlines()


def _no_settings(path: Path) -> dict[str, str]:
    """A home without any Wireshark preferences."""
    return {**os.environ, "HOME": str(path.parent), "XDG_CONFIG_HOME": str(path.parent), "TZ": "UTC"}


@pytest.fixture
def conversation(path: Path) -> Iterator[Path]:
    """What a master and a slave say to each other, the last answer damaged."""
    said = [
        Packet(NOON_UNIX_NS, REQUEST),
        Packet(NOON_UNIX_NS + 18_333_333, ANSWER),
        Packet(NOON_UNIX_NS + 500_000_000, REQUEST),
        Packet(NOON_UNIX_NS + 518_333_333, append_crc(b"\x01\x84\x02"), comments=("exception 02h",)),
        Packet(NOON_UNIX_NS + 1_000_000_000, REQUEST),
        Packet(NOON_UNIX_NS + 1_018_333_333, ANSWER[:-1] + b"\x71", "Modbus RTU bad CRC", ("bad CRC: 7139h",)),
    ]
    with capture(path) as file:
        for packet in said:
            file.write(packet)
    yield path


@pytest.mark.tshark
def test_tshark_shows_queries_responses_and_the_bad_crc_with_no_setting(conversation: Path) -> None:
    lines = [" ".join(line.split()) for line in shown(conversation)]
    query = "Query: Unit: 1, Func: 4: Read Input Registers"
    response = "Response: Unit: 1, Func: 4: Read Input Registers"
    assert [line.partition("→ ")[2].partition(" ")[2] for line in lines[:5]] == [
        f"RTU 24 {query}",
        f"RTU 23 {response}",
        f"RTU 24 {query}",
        f"RTU 21 {response}. Exception returned",
        f"RTU 24 {query}",
    ]
    assert "Modbus RTU bad CRC" in lines[5]


@pytest.mark.tshark
def test_tshark_shows_times_in_ns_the_port_and_the_comments(conversation: Path) -> None:
    fields = ("frame.time_epoch", "frame.interface_name", "frame.comment")
    lines = shown(conversation, "-T", "fields", *(part for field in fields for part in ("-e", field)))
    assert lines == [
        "1767268800.123456789\tttyUSB0\t",
        "1767268800.141790122\tttyUSB0\t",
        "1767268800.623456789\tttyUSB0\t",
        "1767268800.641790122\tttyUSB0\texception 02h",
        "1767268801.123456789\tttyUSB0\t",
        "1767268801.141790122\tttyUSB0\tbad CRC: 7139h",
    ]


@pytest.mark.tshark
def test_tshark_reads_the_register_and_ties_the_answer_to_its_query(conversation: Path) -> None:
    fields = ("modbus.regnum16", "modbus.regval_uint16", "modbus.response_time")
    (line,) = shown(
        conversation, "-Y", "frame.number == 2", "-T", "fields", *(part for field in fields for part in ("-e", field))
    )
    assert line == "0\t318\t0.018333333"


@pytest.mark.tshark
def test_tshark_reads_a_file_whose_writer_was_killed(path: Path) -> None:
    """The file is never closed properly: there is nothing to close."""
    with capture(path) as file:
        file.write(Packet(NOON_UNIX_NS, REQUEST))
        assert len(shown(path)) == 1
