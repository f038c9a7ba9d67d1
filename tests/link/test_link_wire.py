"""When a master may speak, and whom it leaves alone for having held the wire."""

import pytest

from edge_agent.link.wire import Holder, Wire
from protocols.modbus.frames import LONGEST
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
MS = 1_000_000
FRAME_NS = LINE.wire_ns(LONGEST)
GAP_NS = LINE.t35_ns
BABBLER = 7


def speak(wire: Wire, slave: int, t_ns: int) -> Holder | None:
    return wire.asked(slave, t_ns, t_ns + LINE.wire_ns(8), GAP_NS)


def held(wire: Wire, slave: int, t_ns: int, for_ns: int) -> Holder | None:
    """Slave 1 answers well, then somebody is asked and noise follows for so long; the next request in the silence."""
    wire.answered(1)
    speak(wire, slave, t_ns)
    noise_ns = t_ns + LINE.wire_ns(8) + 10 * MS
    wire.heard(noise_ns, noise_ns + for_ns)
    return speak(wire, 1, noise_ns + for_ns + GAP_NS)


def test_a_request_follows_a_silence() -> None:
    wire = Wire(LINE)
    wire.heard(0, 5 * MS)
    assert wire.free_at(0, GAP_NS) == 5 * MS + GAP_NS


@pytest.mark.parametrize("tries", range(6))
def test_noise_is_spoken_on_after_a_frames_time_and_then_ever_later(tries: int) -> None:
    wire = Wire(LINE)
    wire.heard(0, 60_000 * MS)
    for _ in range(tries):
        speak(wire, 1, 0)
    assert wire.free_at(0, GAP_NS) == min(2**tries * FRAME_NS, 4000 * MS) + GAP_NS


def test_an_answer_ends_the_patience() -> None:
    wire = Wire(LINE)
    wire.heard(0, 60_000 * MS)
    speak(wire, 1, 0)
    wire.answered(1)
    assert wire.free_at(0, GAP_NS) == FRAME_NS + GAP_NS


def test_noise_from_a_slaves_turn_is_waited_for_four_times_as_long() -> None:
    wire = Wire(LINE)
    speak(wire, BABBLER, GAP_NS)
    wire.heard(20 * MS, 60_000 * MS)
    assert wire.free_at(0, GAP_NS) == 4 * FRAME_NS + GAP_NS


def test_who_holds_the_wire_again_and_again_is_left_alone_for_ever_longer() -> None:
    """As long as a silent slave first, then four times as long each time, up to two minutes."""
    wire = Wire(LINE)
    alone_s: list[float | None] = []
    for turn in range(5):
        t_ns = (turn + 1) * 200_000 * MS
        holder = held(wire, BABBLER, t_ns, 10_000 * MS)
        ended_ns = t_ns + LINE.wire_ns(8) + 10 * MS + 10_000 * MS
        alone_s.append(None if holder is None else (holder.until_ns - ended_ns) / (1000 * MS))
        wire.answered(1)
    assert alone_s == [None, 10, 40, 120, 120]


def test_a_short_babble_costs_a_fortieth_of_the_wire() -> None:
    wire = Wire(LINE)
    held(wire, BABBLER, GAP_NS, 600 * MS)
    wire.answered(1)
    for turn in range(1, 4):
        t_ns = turn * 100_000 * MS
        holder = held(wire, BABBLER, t_ns, 600 * MS)
        wire.answered(1)
    ended_ns = t_ns + LINE.wire_ns(8) + 10 * MS + 600 * MS
    assert holder == Holder(BABBLER, ended_ns + 24_000 * MS)


def test_a_good_answer_between_makes_it_the_first_again() -> None:
    wire = Wire(LINE)
    held(wire, BABBLER, GAP_NS, 1000 * MS)
    wire.answered(BABBLER)
    assert held(wire, BABBLER, 5000 * MS, 1000 * MS) is None


def test_noise_in_everybodys_turn_is_the_wires_fault() -> None:
    wire = Wire(LINE)
    for turn in range(5):
        t_ns = (turn + 1) * 5000 * MS
        speak(wire, BABBLER, t_ns)
        wire.heard(t_ns + 20 * MS, t_ns + 2000 * MS)
        assert speak(wire, 1, t_ns + 2100 * MS) is None
        wire.heard(t_ns + 2120 * MS, t_ns + 4000 * MS)


def test_what_may_be_frames_is_no_holding() -> None:
    wire = Wire(LINE)
    assert [held(wire, BABBLER, (turn + 1) * 5000 * MS, 2 * FRAME_NS) for turn in range(5)] == [None] * 5


def test_noise_that_begins_on_an_idle_line_is_nobodys() -> None:
    wire = Wire(LINE)
    for turn in range(5):
        t_ns = (turn + 1) * 10_000 * MS
        speak(wire, BABBLER, t_ns)
        wire.heard(t_ns + 20 * MS, t_ns + 40 * MS)
        wire.answered(BABBLER)
        wire.heard(t_ns + 500 * MS, t_ns + 3500 * MS)
        assert speak(wire, 1, t_ns + 4000 * MS) is None


def test_noise_that_an_answer_ended_is_nobodys() -> None:
    """An idle line that nobody biases: a dead slave does not end the noise, the next one does by driving the line."""
    wire = Wire(LINE)
    for turn in range(5):
        t_ns = (turn + 1) * 10_000 * MS
        speak(wire, BABBLER, t_ns)
        wire.heard(t_ns + 20 * MS, t_ns + 2000 * MS)
        speak(wire, 1, t_ns + 2000 * MS)
        wire.heard(t_ns + 2010 * MS, t_ns + 2030 * MS)
        wire.answered(1)
        assert speak(wire, 2, t_ns + 2100 * MS) is None


def test_chunks_that_an_adapter_hands_over_late_are_one_stretch() -> None:
    wire = Wire(LINE)
    wire.opened(0, grain_ns=20 * MS)
    holders = []
    for turn in range(2):
        wire.answered(1)
        t_ns = (turn + 1) * 5000 * MS
        speak(wire, BABBLER, t_ns)
        for chunk in range(1, 63):
            wire.heard(t_ns + chunk * 16 * MS, t_ns + chunk * 16 * MS + 8 * MS)
        holders.append(speak(wire, 1, t_ns + 1500 * MS))
    assert holders[0] is None
    assert holders[1] is not None
    assert holders[1].slave == BABBLER


@pytest.mark.parametrize("text", ["1200 8E1", "2400 8N1", "9600 8N1"])
def test_nobody_waits_longer_than_four_seconds_however_slow_the_line(text: str) -> None:
    line = LineSettings.parse(text)
    wire = Wire(line)
    speak(wire, BABBLER, 0)
    wire.heard(20 * MS, 600_000 * MS)
    for _ in range(8):
        speak(wire, 1, 0)
    assert wire.free_at(0, line.t35_ns) == 4000 * MS + line.t35_ns
