"""The matrix: every fault that the link must survive, the name it is counted under, and how soon it is over.

The groups follow the bullets of "Correctness" in the issue that asked for the link. The same table drives the
production poller and the naive one; `naive` is what the latter breaks.
"""

from itertools import product
from typing import Any, Final

from fault_bench import Broken, Recovery, Row, once
from link_bench import MARGIN_NS, MS

from protocols.modbus.pdu import exception_name

WRONG_VALUE: Final = frozenset((Broken.WRONG_VALUE,))
LOST: Final = frozenset((Broken.LOST,))
NOT_BACK: Final = frozenset((Broken.NOT_BACK,))
OF_SLAVE_1: Final[dict[str, Any]] = {"match": {"dir": "reply", "slave": 1}}
DAMAGE: Final = ("crc", "timeout", "leading_junk", "trailing_junk", "noise", "doubtful")
STRANGERS: Final = (*DAMAGE, "late", "unsolicited", "foreign", "other_master", "short", "long", "echo")
"""What others say, and what is left of it where it meets ours: a piece of it may look like our own request."""
_DEADLINE_MS: Final = MARGIN_NS / MS
"""How much later than stated an answer may begin."""


def one(name: str, fault: str, counted: dict[str, int | None], **keys: Any) -> Row:
    """A fault of one answer of slave 1. Keys that a row does not have are the fault's parameters."""
    own = {key: keys.pop(key) for key in tuple(keys) if key in Row.__struct_fields__}
    raw = {"fault": fault, "when": once(), **keys}
    return Row(name=name, faults=(raw,), counted={1: counted} if counted else {}, **own)


def lasting(name: str, fault: str, counted: dict[int, dict[str, int | None]], **keys: Any) -> Row:
    """A fault that goes on for `lasts_s`."""
    own = {key: keys.pop(key) for key in tuple(keys) if key in Row.__struct_fields__}
    return Row(name=name, faults=({"fault": fault, **keys},), counted=counted, **own)


LATE_ROWS: Final = [
    Row(
        name=f"late reply, {what}",
        faults=({"fault": "resp.late", "ms": ms, "when": once()},),
        counted={1: {"timeout": 1, "late": 1}, **({2: {"foreign": 1}} if in_turn else {})},
        recovery=Recovery.LATE,
        naive=naive,
    )
    for what, ms, in_turn, naive in (
        ("before any retry", _DEADLINE_MS + 5, False, frozenset()),
        ("during a retry", 320.0, False, frozenset()),
        ("during the next request", 490.0, True, WRONG_VALUE),
        ("several requests later", 900.0, False, frozenset()),
    )
]
OTHERS_ROWS: Final = [
    one("duplicate reply, at once", "resp.duplicate", {"duplicate": 1}, after_ms=0.5, serves=True, naive=LOST),
    Row(
        name="duplicate reply, in the idle line",
        faults=({"fault": "resp.duplicate", "after_ms": 150, "when": once(addr=100)},),
        counted={1: {"duplicate": 1}},
        serves=True,
    ),
    one(
        "reply in another slave's name",
        "pdu.wrong_slave",
        {"foreign": 1, "timeout": 1},
        slave=99,
        strays=1,
        recovery=Recovery.UNKNOWN,
    ),
    Row(
        name="reply in a neighbour's name",
        faults=({"fault": "pdu.wrong_slave", "slave": 2, "when": once()},),
        counted={1: {"foreign": 1, "timeout": 1}, 2: {"unsolicited": 1}},
        recovery=Recovery.UNKNOWN,
    ),
    one("unsolicited frame", "resp.unsolicited", {"unsolicited": 1}, after_ms=150, serves=True),
    one(
        "unsolicited frames in a row",
        "resp.unsolicited",
        {"unsolicited": 3},
        after_ms=150,
        flood=2,
        serves=True,
        naive=LOST,
    ),
    one(
        "another master asks the same slave in our turn",
        "resp.for_other_master",
        {"other_master": 1, "foreign": 1, "timeout": 1},
        recovery=Recovery.UNKNOWN,
    ),
    lasting(
        "another master polls our slave",
        "bus.second_master",
        {1: {"other_master": None}},
        slave=1,
        every_ms=337,
        lasts_s=20,
        may=STRANGERS,
        recovery=Recovery.PROBE,
    ),
    lasting(
        "another master polls a slave that is not ours",
        "bus.second_master",
        {},
        slave=99,
        every_ms=337,
        lasts_s=20,
        may=STRANGERS,
        strays=None,
        recovery=Recovery.PROBE,
    ),
]
WRONG_ROWS: Final = [
    *(
        one(
            f"function {function:02X}h instead of 03h",
            "pdu.wrong_fc",
            {"wrong_function": 1},
            function=function,
            recovery=Recovery.UNKNOWN,
            naive=WRONG_VALUE,
        )
        for function in (1, 2, 4)
    ),
    one("a function that no standard knows", "pdu.unknown_fc", {"wrong_function": 1}, recovery=Recovery.UNKNOWN),
    *(
        one(
            f"{abs(more)} registers {'fewer' if more < 0 else 'more'}",
            "pdu.wrong_count",
            {"short" if more < 0 else "long": 1},
            more=more,
            recovery=Recovery.UNKNOWN,
            naive=WRONG_VALUE,
        )
        for more in (-1, 1, 10)
    ),
    one(
        "the byte count says more than there is",
        "pdu.wrong_count",
        {"long": 1},
        more=0,
        lies=True,
        recovery=Recovery.UNKNOWN,
    ),
    one(
        "a register missing behind the right byte count",
        "pdu.wrong_count",
        {"short": 1},
        more=-1,
        lies=True,
        recovery=Recovery.UNKNOWN,
    ),
    *(one(f"CRC {how}", "crc.wrong", {"crc": 1}, how=how) for how in ("xor", "zero", "swapped")),
    # One wrong byte of data can look like one wrong byte of the header: then whose answer it was nobody knows.
    one("CRC other_data", "crc.wrong", {"crc": 1}, how="other_data", recovery=Recovery.UNKNOWN),
]
STANDARD: Final = (1, 2, 3, 4, 5, 6, 7, 8, 0x0A, 0x0B)
"""Modbus application protocol V1.1b3, chapter 7."""
VENDORS: Final = (0x10, 0x16, 0x17, 0x18, 0x20, 0x21, 0x22)
"""By the devices' manuals (S-CHV, S-HD5, S-EV)."""
UNKNOWN: Final = (0x00, 0x0C, 0x64, 0xFF)
EXCEPTION_ROWS: Final = [
    one(
        f"exception {code:02X}h",
        "pdu.exception",
        {"exception": 1, f"exception {code:02X}h {exception_name(code)}": 1},
        code=code,
    )
    for code in (*STANDARD, *VENDORS, *UNKNOWN)
]
NOISE_ROWS: Final = [
    *(
        one(
            f"{n} bytes {alphabet} before the reply",
            "turn.lead_noise",
            {"leading_junk": 1},
            n=n,
            alphabet=alphabet,
            serves=True,
            naive=LOST,
        )
        for n, alphabet in product((1, 2, 3, 4), ("00", "FF", "random"))
    ),
    *(
        one(
            f"{n} bytes {alphabet} behind the reply",
            "turn.trail_noise",
            {"trailing_junk": 1},
            n=n,
            alphabet=alphabet,
            serves=True,
            naive=frozenset() if alphabet == "FF" or (n, alphabet) == (1, "random") else LOST,
        )
        for n, alphabet in product((1, 2, 3, 4), ("00", "FF", "random"))
    ),
    one(
        "a byte 00 well before the reply", "turn.lead_noise", {"leading_junk": 1}, before_ms=10, serves=True, naive=LOST
    ),
    one("first byte lost", "turn.first_byte_lost", {"crc": 1}),
    one("last byte lost", "turn.last_byte_lost", {"crc": 1}),
]
GAP_ROWS: Final = [
    *(
        one(f"a silence of {chars} characters inside", "gap.t15", {"gap": 1}, chars=chars, serves=True)
        for chars in (1.6, 2.5, 3.4)
    ),
    *(
        one(f"a silence of {chars} characters inside", "gap.t35", {"gap": 1}, chars=chars, serves=True)
        for chars in (3.6, 10, 50)
    ),
    one("a stranger's frame glued behind", "frame.merge", {}, strays=1, serves=True, naive=LOST),
    one("a stranger's frame glued before", "frame.merge", {"foreign": 1}, before=True, strays=1, serves=True),
    one("a stranger's frame one character later", "gap.none", {}, chars=1.0, strays=1, serves=True, naive=LOST),
    *(
        one(
            f"{n} bytes instead of the reply",
            "frame.oversize",
            {"timeout": 1, "noise": None},
            n=n,
            may=DAMAGE,
            recovery=Recovery.UNKNOWN,
        )
        for n in (257, 300, 1000)
    ),
]
DAMAGE_ROWS: Final = [
    *(
        lasting(
            f"bit flips at {ber:g}, {'in replies' if when else 'both ways'}",
            "line.bitflip",
            {1: {"crc": None}},
            ber=ber,
            when=when,
            lasts_s=lasts_s,
            may=STRANGERS,
            recovery=recovery,
            by_frame=ber < 1e-4,
        )
        for (ber, lasts_s), (when, recovery) in product(
            ((1e-5, 900.0), (1e-4, 200.0), (1e-3, 60.0)),
            (({"match": {"dir": "reply"}}, Recovery.CYCLE), ({}, Recovery.PROBE)),
        )
    ),
    *(one(f"a burst of {bits} bits in the data", "line.burst", {"crc": 1}, bits=bits, at=3) for bits in (2, 8, 16, 32)),
    one("a burst that hides whose reply it is", "line.burst", {"crc": 1}, bits=24, at=0, recovery=Recovery.UNKNOWN),
    lasting(
        "bursts, as Gilbert and Elliott have them",
        "line.bitflip",
        {1: {"crc": None}},
        ber=0,
        p_gb=0.002,
        p_bg=0.1,
        when={"match": {"dir": "reply"}},
        lasts_s=60,
        may=(*STRANGERS, "echo"),
        recovery=Recovery.PROBE,
    ),
]
