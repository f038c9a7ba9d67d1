"""The bench of a capture: what the agent makes of what devices once said, and what such a capture is good for.

Frames are laid out by the Modbus Application Protocol V1.1b3, 6.3 and 7.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.diagnose.conversation import Conversation, Heard
from edge_agent.diagnose.pcapng import CaptureFile, Packet, read_packets
from hil import BenchError
from hil.benches.bench import Settings
from hil.benches.recorded import CaptureBench
from hil.benches.registry import bench_named
from hil.benches.virtual import VirtualBench
from hil.recording import Recording
from hil.report.folder import write_folder
from hil.scenario.loader import load_scenario
from hil.scenario.model import AgentSetup, Scenario
from hil.scenario.record import RECORD_FILE
from hil.scenario.run import Run, run
from hil.scenario.verdicts import Outcome
from hil.trace import Lane
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import OtherRequest, ReadFunction, ReadRequest

NOON_UNIX_NS = 1_767_268_800_000_000_000
MS, S = 1_000_000, 1_000_000_000
LINE = LineSettings.parse("9600 8N1")
ENTRAPMENT = "entrapment-between-floors"


@pytest.fixture(scope="module")
def entrapment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture of a run in whose folder are its record and trace."""
    return captured(load_scenario(ENTRAPMENT), tmp_path_factory.mktemp("runs"))[1]


def captured(scenario: Scenario, folder: Path) -> tuple[Run, Path]:
    done = run(scenario, VirtualBench(), Settings(1))
    return done, write_folder(done, folder) / "wire.pcapng"


def played(scenario: Scenario, path: Path) -> Run:
    return run(scenario, bench_named(str(path)), Settings(1))


def seen(done: Run, *lanes: Lane) -> list[object]:
    return [(one.t_ns, one.name, one.fields) for one in done.trace if one.lane in lanes]


@pytest.mark.parametrize(
    "name", ["killed-while-people-are-trapped", "port-misbehaves", "power-loss-rescued", "two-lifts-of-one-feeder"]
)
def test_a_captured_run_is_the_same_again(tmp_path: Path, name: str) -> None:
    """Same questions at the same times: the same answers, messages, truth and verdicts."""
    before, path = captured(load_scenario(name), tmp_path)
    now = played(load_scenario(name), path)
    assert (now.record.outcome, now.record.uncertainty_ns) == (Outcome.PASS, 0)
    assert now.record.verdicts == before.record.verdicts
    for lane in (Lane.WIRE, Lane.MQTT, Lane.TRUTH, Lane.AGENT):
        assert seen(now, lane) == seen(before, lane)


def test_who_asks_at_other_times_hears_older_things_and_the_verdicts_know_it(entrapment: Path) -> None:
    """The agent of then asked every 500 ms, and for slow items every second."""
    slower = msgspec.structs.replace(load_scenario(ENTRAPMENT), agent=AgentSetup(poll="700 ms"))
    done = played(slower, entrapment)
    assert 0 < done.record.uncertainty_ns <= S
    assert {one.uncertainty_ns for one in done.record.verdicts} == {done.record.uncertainty_ns}
    assert done.record.outcome in {Outcome.PASS, Outcome.INCONCLUSIVE}


def without_steps(duration: str, **more: Any) -> Scenario:
    plain = {
        "name": "from-the-field",
        "title": {"en": "x", "zh": "x"},
        "duration": duration,
        "expect": [{"requirement": "A01", "exactly": {"count": 1, "event": {"alarm": "A01", "phase": "raised"}}}],
        **more,
    }
    return msgspec.convert(plain, Scenario)


def test_what_a_technician_captured_needs_no_record(entrapment: Path, tmp_path: Path) -> None:
    """Its clock is the wall's, and it begins with the first thing heard."""
    path = tmp_path / "bus.pcapng"
    with CaptureFile(path, "/dev/ttyUSB0", str(LINE), LINE.baud) as file:
        for packet in read_packets(entrapment):
            file.write(msgspec.structs.replace(packet, unix_ns=packet.unix_ns + NOON_UNIX_NS))
    done = played(without_steps("2 min"), path)
    assert done.record.outcome is Outcome.PASS, done.record.reasons
    skipped = played(load_scenario(ENTRAPMENT), path).record
    assert skipped.outcome is Outcome.SKIPPED
    assert [reason.partition(" lacks ")[2].partition(":")[0] for reason in skipped.reasons] == ["plant", "truth"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("damaged-frames", "lacks wire_faults"),
        ("host-power-cut-while-people-ride", "whether 'moving' holds is not in a capture"),
    ],
)
def test_what_a_capture_cannot_do_is_skipped_with_its_reason(entrapment: Path, name: str, reason: str) -> None:
    record = played(load_scenario(name), entrapment).record
    assert record.outcome is Outcome.SKIPPED
    assert any(reason in one for one in record.reasons)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (
            load_scenario("entrapment-at-landing"),
            "where other things were done to the lift than in entrapment-at-landing",
        ),
        (load_scenario("two-lifts-of-one-feeder"), "whose world is not that of two-lifts-of-one-feeder"),
        (without_steps("1 h"), "holds 300 s, and from-the-field lasts 1 h; shorten it"),
        (without_steps("1 min", world={"bench": "residential-9-mont70"}), "whose world is not that of from-the-field"),
    ],
)
def test_another_lift_is_refused_in_one_line(entrapment: Path, scenario: Scenario, said: str) -> None:
    record = played(scenario, entrapment).record
    assert record.outcome is Outcome.ERROR
    (reason,) = record.reasons
    assert said in reason


def test_a_device_that_was_not_asked_what_the_agent_asks_is_named(tmp_path: Path, entrapment: Path) -> None:
    """Of the first second the first poll is left."""
    path = tmp_path / "bus.pcapng"
    with CaptureFile(path, "port", str(LINE), LINE.baud) as file:
        for packet in read_packets(entrapment)[:2]:
            file.write(packet)
        file.write(Packet(100 * S, with_crc("F7 03 00 10 00 01")))
    (reason,) = played(without_steps("1 min"), path).record.reasons
    assert "slave F7h, function 03h" in reason
    assert "of stm32-lift-sensor were not read; capture while the agent polls" in reason


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot read"), (b"", "is no capture"), (b"\x0a\x0d\x0d\x0a" * 9, "is no capture")]
)
def test_what_is_no_capture_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "bus.pcapng"
    if content is not None:
        path.write_bytes(content)
    (reason,) = played(without_steps("1 min"), path).record.reasons
    assert reason.startswith(f"{path}: {said}")


def test_an_empty_capture_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bus.pcapng"
    CaptureFile(path, "port", str(LINE), LINE.baud).__exit__(None, None, None)
    assert played(without_steps("1 min"), path).record.reasons == [f"{path}: nothing was captured"]


def test_a_broken_record_beside_a_capture_is_one_line(tmp_path: Path) -> None:
    (tmp_path / RECORD_FILE).write_bytes(b"{}")
    with pytest.raises(BenchError, match="is no record of this version"):
        CaptureBench(str(tmp_path / "wire.pcapng"))


# what a recording says


def with_crc(text: str) -> bytes:
    return append_crc(bytes.fromhex(text))


def heard(*pieces: tuple[int, str]) -> Iterator[Heard]:
    """Frames without CRC, from their first bit; the silence after the last is long."""
    conversation = Conversation(LINE)
    for start_ns, text in pieces:
        data = with_crc(text)
        yield from conversation.tick(start_ns)
        yield from conversation.hear(data, start_ns + LINE.wire_ns(len(data)))
    yield from conversation.tick(pieces[-1][0] + 10 * S)
    yield from conversation.end()


TWO = ReadRequest(1, ReadFunction.HOLDING, 0x10, 2)
ONE = ReadRequest(1, ReadFunction.HOLDING, 0x11, 1)
PAIRS = (
    (0, "01 03 00 10 00 02"),
    (20 * MS, "01 03 04 00 0A 00 0B"),
    (1000 * MS, "01 03 00 11 00 01"),
    (1020 * MS, "01 03 02 00 0C"),
)


def test_a_register_holds_what_its_latest_answer_said() -> None:
    recording = Recording(heard(*PAIRS))
    assert recording.answer(TWO, 1000 * MS) == with_crc("01 03 04 00 0A 00 0B")
    assert recording.answer(TWO, 1020 * MS) == with_crc("01 03 04 00 0A 00 0C")
    assert recording.answer(ONE, 1020 * MS) == with_crc("01 03 02 00 0C")


def test_what_was_first_said_later_holds_from_the_beginning_and_counts_as_far_off() -> None:
    recording = Recording(heard(*PAIRS))
    assert recording.answer(ONE, 20 * MS) == with_crc("01 03 02 00 0B")
    assert recording.oldest_ns == 0
    assert recording.answer(TWO, 0) == with_crc("01 03 04 00 0A 00 0B")
    assert recording.oldest_ns == 20 * MS
    recording.answer(TWO, 2000 * MS)
    assert recording.oldest_ns == 1980 * MS


def test_a_device_is_silent_from_the_first_request_that_it_left_unanswered() -> None:
    recording = Recording(
        heard(*PAIRS, (5 * S, "01 03 00 11 00 01"), (9 * S, PAIRS[2][1]), (9 * S + 20 * MS, PAIRS[3][1]))
    )
    assert recording.answer(ONE, 5 * S - 1) is not None
    assert recording.answer(ONE, 5 * S) is None
    assert recording.answer(ONE, 9 * S) is None
    assert recording.answer(ONE, 9 * S + 20 * MS) is not None
    assert recording.answer(ReadRequest(2, ReadFunction.HOLDING, 0, 1), 5 * S) is None


def test_a_refusal_is_said_again_until_there_was_an_answer() -> None:
    again = (
        (3 * S, "01 03 00 11 00 01"),
        (3 * S + 20 * MS, "01 83 06"),
        (6 * S, PAIRS[2][1]),
        (6 * S + 20 * MS, PAIRS[3][1]),
    )
    recording = Recording(heard(*PAIRS, *again))
    assert recording.answer(ONE, 2 * S) == with_crc("01 03 02 00 0C")
    assert recording.answer(ONE, 4 * S) == with_crc("01 83 06")
    assert recording.answer(TWO, 4 * S) == with_crc("01 03 04 00 0A 00 0C")
    assert recording.answer(ONE, 7 * S) == with_crc("01 03 02 00 0C")


def test_what_was_never_read_is_refused_as_an_address_that_is_not_there() -> None:
    recording = Recording(heard(*PAIRS))
    unread = ReadRequest(1, ReadFunction.HOLDING, 0x11, 2)
    assert not recording.knows(unread)
    assert recording.answer(unread, 2 * S) == with_crc("01 83 02")
    assert recording.answer(OtherRequest(1, 6), 2 * S) == with_crc("01 86 02")
