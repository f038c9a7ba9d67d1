"""The wire as a capture: every transmission of the trace is a packet with its time, and Wireshark reads it.

Blocks are walked by draft-ietf-opsawg-pcapng, 3.1 and 4.3.
"""

import struct
import subprocess
from pathlib import Path

import pytest
from reported import reported

from hil.report.capture import write_capture
from hil.trace import Lane, Trace
from tests.support.mosquitto import tool

ENHANCED_PACKET = 6


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    done, folder = reported(), tmp_path_factory.mktemp("out")
    write_capture(done.record, done.trace, folder)
    return folder / "wire.pcapng"


def packets(path: Path) -> list[tuple[int, bytes]]:
    """Time (ns) and data, tags and all, of each packet."""
    whole, at, found = path.read_bytes(), 0, []
    while at < len(whole):
        kind, length = struct.unpack_from("<II", whole, at)
        if kind == ENHANCED_PACKET:
            high, low, captured = struct.unpack_from("<III", whole, at + 12)
            found.append((high << 32 | low, whole[at + 28 : at + 28 + captured]))
        at += length
    return found


def test_every_transmission_is_a_packet_that_begins_with_its_first_bit(path: Path) -> None:
    wire = [(one.fields["start_ns"], bytes.fromhex(one.fields["hex"])) for one in reported().trace.of(Lane.WIRE)]
    found = sorted(packets(path))
    assert len(found) == len(wire)
    for (t_ns, data), (start_ns, sent) in zip(found, sorted(wire), strict=True):
        assert data.endswith(sent)
        assert abs(t_ns - start_ns) <= 1, "a bit's time is no whole number of ns"


def test_each_damaged_answer_is_called_so(path: Path) -> None:
    fired = list(reported().trace.of(Lane.FAULT, "fired"))
    assert sum(b"Modbus RTU bad CRC" in data for _, data in packets(path)) == len(fired)


def test_a_wire_on_which_nothing_was_leaves_no_file(path: Path, tmp_path: Path) -> None:
    (tmp_path / "wire.pcapng").write_bytes(path.read_bytes())
    write_capture(reported().record, Trace(), tmp_path)
    assert not (tmp_path / "wire.pcapng").exists()


@pytest.mark.tshark
def test_tshark_sees_the_same_frames_as_modbus(path: Path) -> None:
    fields = ["-T", "fields", "-e", "_ws.col.Protocol", "-e", "frame.time_epoch"]
    command = [tool("tshark", "apt-get install tshark"), "-n", "-r", str(path), *fields]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    shown = [line.split("\t") for line in lines]
    bad = len(list(reported().trace.of(Lane.FAULT, "fired")))
    assert [protocol for protocol, _ in shown].count("Modbus RTU") == len(shown) - bad
    assert float(shown[0][1]) == pytest.approx(next(reported().trace.of(Lane.WIRE)).fields["start_ns"] / 1e9, abs=1e-6)
