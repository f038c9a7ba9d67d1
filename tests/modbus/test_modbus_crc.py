"""CRC-16 of Modbus RTU."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from modbus_vectors import FRAMES
from pymodbus.framer.rtu import FramerRTU

from protocols.modbus.crc import append_crc, crc16, crc_ok


def test_check_value_of_the_crc_catalogue() -> None:
    """CRC-16/MODBUS in the catalogue of parametrised CRC algorithms: "123456789" gives 4B37h."""
    assert crc16(b"123456789") == 0x4B37


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.hex(" "))
def test_frames_that_others_printed_or_captured_have_a_good_crc(frame: bytes) -> None:
    assert crc_ok(frame)
    assert append_crc(frame[:-2]) == frame


@given(st.binary(max_size=256))
def test_pymodbus_computes_the_same(data: bytes) -> None:
    # pymodbus gives the number with its bytes in wire order
    assert crc16(data).to_bytes(2, "little") == FramerRTU.compute_CRC(data).to_bytes(2, "big")


@given(st.binary(min_size=1, max_size=254), st.data())
def test_up_to_16_neighbouring_wrong_bits_are_seen(body: bytes, data: st.DataObject) -> None:
    frame = append_crc(body)
    burst = data.draw(st.integers(1, 0xFFFF), label="burst")
    shift = data.draw(st.integers(0, 8 * len(frame) - 16), label="shift")
    # bits go out lowest first, so a burst on the line is one of a little-endian number
    hurt = int.from_bytes(frame, "little") ^ burst << shift
    assert not crc_ok(hurt.to_bytes(len(frame), "little"))


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff\xff"])
def test_a_crc_of_nothing_is_not_good(data: bytes) -> None:
    assert not crc_ok(data)
