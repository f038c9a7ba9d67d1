"""Frames that manuals print: evidence where they are right, refused where they are not (controller_maps.md 1 to 3)."""

import pytest
from installations import NAMES, PROFILES

from protocols.modbus.crc import crc16, crc_ok
from protocols.modbus.frames import LAST_READ
from protocols.modbus.hpmont_cic import AnswerEar
from protocols.modbus.pdu import ReadFunction, ReadRequest, decode_reply, encode_request
from protocols.profiles.layout import Block, compile_layout
from protocols.profiles.loader import load_profile, parse_profile
from protocols.profiles.schema import Framing, Profile
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

EV, _ = config_text("profiles", "emerson-ev3200")
PRINTED = {
    "delta-eb3000": {"01 03 21 02 00 02 6F F7"},
    "emerson-ev3200": {"01 03 00 02 00 01 25 CA", "01 03 33 05 00 01 9B 4F", "05 06 00 02 00 03 69 8F"},
    "invt-chv180": {"02 06 00 04 13 88 C5 6E"},
}
"""The requests that the manuals print right; those marked C in a profile are ours."""


def read_in(frame: bytes, framing: Framing) -> ReadRequest:
    """The read that a request's bytes ask for, taken apart by hand."""
    counted = frame[4:6] if framing is Framing.RTU else frame[4:5]
    address = int.from_bytes(frame[2:4], "big")
    return ReadRequest(frame[0], ReadFunction(frame[1]), address, int.from_bytes(counted, "big"))


def with_vector(request: str, reply: str, **says: int) -> str:
    """EV3200's profile with one frame more."""
    told = ", ".join(f"{row}: {raw}" for row, raw in says.items())
    return f'{EV.rstrip()}\n  - {{request: "{request}", reply: "{reply}", says: {{{told}}}, status: "V:S-EV"}}\n'


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_profile(text, "p.yaml")
    return str(caught.value)


@pytest.mark.parametrize("name", PRINTED)
def test_what_a_manual_prints_right_is_in_its_profile(name: str) -> None:
    printed = [vector.request for vector in load_profile(name).vectors if vector.status.startswith("V:")]
    assert set(printed) == PRINTED[name]


@pytest.mark.parametrize("profile", PROFILES, ids=NAMES)
def test_a_request_is_what_our_encoder_makes(profile: Profile) -> None:
    for vector in profile.vectors:
        frame = bytes.fromhex(vector.request)
        assert crc_ok(frame)
        if frame[1] <= LAST_READ:
            ours = encode_request(read_in(frame, profile.framing))
            assert (ours if profile.framing is Framing.RTU else AnswerEar().asks(ours)) == frame


def test_a_write_is_evidence_for_the_crc_and_nothing_that_could_be_sent() -> None:
    writes = [vector for profile in PROFILES for vector in profile.vectors if bytes.fromhex(vector.request)[1] == 6]
    assert {vector.request for vector in writes} == {"02 06 00 04 13 88 C5 6E", "05 06 00 02 00 03 69 8F"}
    assert all(not vector.says and "never sent" in vector.note for vector in writes)


@pytest.mark.parametrize(
    ("name", "request_bytes", "reply", "said"),
    [
        (
            "delta-eb3000",
            "01 03 21 02 00 02 6F F7",
            "01 03 04 17 70 00 00 FE 5C",
            {"frequency_command": (60.0, "Hz"), "output_frequency": (0.0, "Hz")},
        ),
        ("emerson-ev3200", "01 03 33 05 00 01 9B 4F", "01 03 02 01 47 F9 E6", {"dc_bus": (327, "V")}),
    ],
)
def test_a_printed_answer_says_what_its_manual_says(
    name: str, request_bytes: str, reply: str, said: dict[str, tuple[float, str]]
) -> None:
    profile = load_profile(name)
    request = read_in(bytes.fromhex(request_bytes), profile.framing)
    options = {option: next(iter(one.values)) for option, one in profile.options.items()}
    block = Block("printed", request.function, request.address, request.count)
    rows = compile_layout(profile, options).regrouped([block]).raw(block, decode_reply(request, bytes.fromhex(reply)))
    assert {row.name: (row.value, row.unit) for row in rows} == said


# EV3200 prints two frames with wrong bytes


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("01 06 00 02 00 03 69 8F", id="as printed, with the CRC of slave 05"),
        pytest.param("01 06 00 02 00 03 68 0B", id="with a CRC that is right"),
    ],
)
def test_an_answer_from_slave_01_where_05_was_asked_is_refused(reply: str) -> None:
    said = refusal(with_vector("05 06 00 02 00 03 69 8F", reply))
    assert "a misprint is no evidence" in said
    parse_profile(with_vector("05 06 00 02 00 03 69 8F", "05 06 00 02 00 03 69 8F"), "p.yaml")


def test_a_frame_with_crc_68_86_where_6b_86_is_right_is_refused() -> None:
    """The map keeps these two CRCs and not the frame's data: it is one here whose right CRC is 6B 86."""
    frame = "01 03 02 C7 46"
    assert crc16(bytes.fromhex(frame)).to_bytes(2, "little") == bytes.fromhex("6B 86")
    said = refusal(with_vector("01 03 00 02 00 01 25 CA", f"{frame} 68 86"))
    assert "its CRC is wrong, 6B 86 would be right" in said
    parse_profile(with_vector("01 03 00 02 00 01 25 CA", f"{frame} 6B 86"), "p.yaml")


def test_the_answer_to_two_registers_has_the_highest_first() -> None:
    """Its CRC 0A 33 is right for the data 00 03 00 00: F0.02 = 3 comes before F0.01."""
    assert crc_ok(bytes.fromhex("01 03 04 00 03 00 00 0A 33"))
    row = "  - {name: f0_01, address: 0x0001, status: C}\n  - {name: f0_02, address: 0x0002, status: C}\n"
    text = with_vector("01 03 00 01 00 02 95 CB", "01 03 04 00 03 00 00 0A 33", f0_01=0, f0_02=3)
    text = text.replace("rows:\n", f"rows:\n{row}").replace(
        "blocks:\n", "blocks:\n  - {name: f0, address: 1, count: 2}\n"
    )
    parse_profile(text, "p.yaml")
    assert "the frame has 3 there, not 0" in refusal(text.replace("reply_order: descending\n", ""))


def test_the_answer_to_a_multiple_write_has_a_good_crc() -> None:
    """S-EV: printed alone, so it is no vector: the frame that it answers is not known."""
    assert crc_ok(bytes.fromhex("05 10 01 01 00 02 10 70"))


# what else is no evidence


@pytest.mark.parametrize(
    ("request_bytes", "reply", "says", "said"),
    [
        ("01 03 33 05 00 01 9B 4F", "01 03 02 01 47 F9 E6", {"dc_bus": 328}, "the frame has 327 there, not 328"),
        ("01 03 33 05 00 01 9B 4F", "01 03 02 01 47 F9 E6", {"dc_buss": 327}, "did you mean dc_bus?"),
        ("01 03 33 05 00 01 9B 4F", "01 03 02 01 47 F9 E6", {"product": 327}, "the frame has nothing there, not 327"),
        ("01 03 33 05 00 01 9B 4F", "01 03 04 17 70 00 00 FE 5C", {"dc_bus": 327}, "does not answer"),
        ("01 03 33 05 00 01 9B 4F", "01 06 00 02 00 03 68 0B", {}, "answers function 06h, and 03h was asked"),
        ("05 06 00 02 00 03 69 8F", "05 06 00 02 00 03 69 8F", {"dc_bus": 3}, "answers no read"),
        ("01 03 33", "01 03 02 01 47 F9 E6", {}, "is no whole frame"),
    ],
)
def test_a_frame_that_does_not_say_what_is_claimed_is_refused(
    request_bytes: str, reply: str, says: dict[str, int], said: str
) -> None:
    assert said in refusal(with_vector(request_bytes, reply, **says))


def test_a_request_alone_says_nothing_of_rows() -> None:
    text = EV.rstrip("\n") + '\n  - {request: "01 03 33 05 00 01 9B 4F", says: {dc_bus: 327}, status: C}\n'
    assert "only the answer to a read in RTU frames says something" in refusal(text)
