"""Line settings and the times they make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import ProtocolError
from protocols.modbus.line import LineSettings, Parity


@pytest.mark.parametrize(
    ("text", "settings", "bits"),
    [
        ("9600 8N1", LineSettings(9600, 8, Parity.NONE, 1), 10),
        ("19200 8E1", LineSettings(19200, 8, Parity.EVEN, 1), 11),
        ("19200 8O1", LineSettings(19200, 8, Parity.ODD, 1), 11),
        ("115200 8N2", LineSettings(115200, 8, Parity.NONE, 2), 11),
    ],
)
def test_settings_are_read_and_written_as_people_write_them(text: str, settings: LineSettings, bits: int) -> None:
    assert LineSettings.parse(text) == settings
    assert str(settings) == text
    assert settings.bits_per_char == bits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write baud, data bits, parity, stop bits"),
        ("9600", "write baud, data bits, parity, stop bits"),
        ("9600 8X1", "write baud, data bits, parity, stop bits"),
        ("９６００ 8N1", "write baud, data bits, parity, stop bits"),
        ("9600 8N3", "1 or 2 stop bits"),
        ("9600 7E1", "needs 8 data bits"),
        ("96 8N1", "out of range"),
        ("9600000 8N1", "out of range"),
    ],
)
def test_what_no_rtu_line_can_be_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(ProtocolError, match=says):
        LineSettings.parse(text)


@pytest.mark.parametrize(
    ("text", "char_ms", "t15_ms", "t35_ms"),
    [
        ("9600 8E1", 1.146, 1.72, 4.01),
        ("19200 8E1", 0.573, 0.859, 2.005),
        ("38400 8E1", 0.286, 0.750, 1.750),
        ("115200 8N1", 0.087, 0.750, 1.750),
    ],
)
def test_times_are_those_of_modbus_over_serial_line(text: str, char_ms: float, t15_ms: float, t35_ms: float) -> None:
    """Modbus over Serial Line V1.02, 2.5.1.1; characters of 11 bits."""
    line = LineSettings.parse(text)
    assert line.wire_ns(1) / 1e6 == pytest.approx(char_ms, abs=6e-4)
    assert line.t15_ns / 1e6 == pytest.approx(t15_ms, abs=5e-3)
    assert line.t35_ns / 1e6 == pytest.approx(t35_ms, abs=6e-3)


def test_reading_39_registers_at_9600_8n1_takes_95_ms_of_wire() -> None:
    """8 and 83 bytes of 10 bits (controller maps, chapter 7)."""
    assert LineSettings.parse("9600 8N1").wire_ns(8 + 83) == 94_791_667


@given(
    st.sampled_from([300, 9600, 19200, 57600, 115200]),
    st.sampled_from(["8N1", "8E1", "8N2", "8E2"]),
    st.integers(0, 256),
)
def test_wire_time_is_rounded_once_however_many_bytes_there_are(baud: int, rest: str, n_bytes: int) -> None:
    line = LineSettings.parse(f"{baud} {rest}")
    error = abs(line.wire_ns(n_bytes) * baud - n_bytes * line.bits_per_char * 1_000_000_000)
    assert 2 * error <= baud


@given(st.integers(300, 19_200), st.sampled_from(["8N1", "8E1"]))
def test_silences_last_at_least_the_characters_they_are_named_after(baud: int, rest: str) -> None:
    line = LineSettings.parse(f"{baud} {rest}")
    for silence_ns, half_chars in ((line.t15_ns, 3), (line.t35_ns, 7)):
        excess = 2 * silence_ns * baud - half_chars * line.bits_per_char * 1_000_000_000
        assert 0 <= excess < 2 * baud
