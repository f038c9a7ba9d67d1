"""One bus, one line: shared by all its devices, or refused with the reason."""

import pytest
from msgspec.structs import replace

from protocols import ProtocolError
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import LineSpec, Profile

STM, CHV = load_profile("stm32-lift-sensor"), load_profile("invt-chv180")


def allowing(default: str, *others: str) -> Profile:
    return replace(CHV, name="flexible", line=LineSpec(default=default, allowed=(default, *others)))


def test_without_a_wish_the_common_default_is_used() -> None:
    assert str(common_line([STM, STM], None)) == "9600 8N1"
    assert str(common_line([allowing("19200 8E1", "9600 8N1"), CHV], None)) == "19200 8E1"


def test_without_a_wish_the_only_line_they_share_is_used() -> None:
    assert str(common_line([allowing("19200 8E1", "9600 8N1"), STM], None)) == "9600 8N1"


def test_a_wish_that_all_allow_is_granted() -> None:
    assert str(common_line([allowing("19200 8E1", "9600 8N1"), STM], "9600 8N1")) == "9600 8N1"


def test_devices_that_share_no_line_are_refused_with_what_each_allows() -> None:
    with pytest.raises(ProtocolError) as caught:
        common_line([STM, CHV], None)
    assert "stm32-lift-sensor allows only 9600 8N1; invt-chv180 allows only 19200 8E1" in str(caught.value)


def test_a_wish_that_a_device_does_not_allow_is_refused_with_its_name() -> None:
    with pytest.raises(ProtocolError, match=r"line 19200 8E1 .* stm32-lift-sensor allows only 9600 8N1"):
        common_line([CHV, STM], "19200 8E1")


def test_among_several_shared_lines_a_person_chooses() -> None:
    one, other = allowing("9600 8N1", "19200 8N1"), allowing("19200 8N1", "9600 8N1")
    with pytest.raises(ProtocolError, match="any of 9600 8N1, 19200 8N1; say which"):
        common_line([one, other], None)


def test_a_wish_that_is_no_line_is_refused() -> None:
    with pytest.raises(ProtocolError, match="fast"):
        common_line([STM], "fast")
