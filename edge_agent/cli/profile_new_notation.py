"""What a technician writes, read as what a profile says: addresses as a manual prints them, bits, meanings, lists.

Every function takes one answer and returns its value, or raises BadAnswer with one line that says why not.
"""

import enum
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from protocols import ProtocolError
from protocols.lift.vocabulary import ITEMS, ItemKind
from protocols.modbus.line import LineSettings
from protocols.nearest import hint
from protocols.profiles.check import WORDS_OF
from protocols.profiles.schema import Denied, FaultSpec, LineSpec, Pair, WordOrder
from protocols.upstream.messages import Text

T = TypeVar("T")
Meanings = dict[int, bool | str]


class BadAnswer(ValueError):
    """An answer that cannot be taken; the text is one line: why, and what would do."""


class Base(enum.Enum):
    """How a manual counts registers: its number for the register that is 0 on the wire."""

    ZERO = "0"
    ONE = "1"
    M40000 = "40000"
    M40001 = "40001"


class Where(msgspec.Struct, frozen=True):
    """A register as the manual prints it; `address` is the one on the wire, `function` is None if it does not tell."""

    address: int
    function: int | None
    printed: str


class Bits(msgspec.Struct, frozen=True):
    """The part of a register, or the registers, that a row takes."""

    bits: tuple[int, int] | None = None
    words: int = 1


_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]{1,6})|([0-9A-Fa-f]{1,6})[hH]")
_LEADS: Final = {"0": 1, "1": 2, "3": 4, "4": 3}
"""The first digit of 40017 and its like, and the function that reads such a register."""
_SPAN: Final = re.compile(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?")
_REGISTERS: Final = re.compile(r"x?\s*([2-4])\s*(registers?|x)?|x\s*([2-4])")
_NAMED: Final = {"all": Bits(), "hi": Bits((8, 15)), "high": Bits((8, 15)), "lo": Bits((0, 7)), "low": Bits((0, 7))}
_TRUTH: Final = {"true": True, "yes": True, "false": False, "no": False}
YES_NO: Final = {"y": True, "yes": True, "n": False, "no": False}
INVERTED: Final = {"1": False, "0": True}
"""Which raw value means yes, and so whether the row is inverted."""
PAIRS: Final = {"65536": Pair.BINARY, "10000": Pair.DECIMAL}
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_FAULT_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def number(text: str) -> int:
    """A whole number from 0: 16, 0x10 or 10h."""
    found = _HEX.fullmatch(text)
    if found is not None:
        return int(found[1] or found[2], 16)
    if not re.fullmatch(r"[0-9]+", text):
        if re.fullmatch(r"[0-9A-Fa-f]+", text):
            raise BadAnswer(f"{text} is hexadecimal: write {text}h or 0x{text}")
        raise BadAnswer(f"{text or 'nothing'} is no number; write 16, 10h or 0x10")
    if len(text) > 1 and text.startswith("0"):
        raise BadAnswer(f"{text} may be hexadecimal: write {text}h if it is, {int(text)} if it is decimal")
    return int(text)


def within(text: str, least: int, most: int) -> int:
    """A number in these bounds."""
    value = number(text)
    if not least <= value <= most:
        raise BadAnswer(f"{text} is out of range: it is {least} to {most}")
    return value


def positive(text: str) -> float:
    """A number more than 0, as a scale is."""
    try:
        value = float(text)
    except ValueError:
        raise BadAnswer(f"{text or 'nothing'} is no number; write one as in 0.1") from None
    if not (math.isfinite(value) and value > 0):
        raise BadAnswer(f"{text} cannot be; write a number above 0, as in 0.1")
    return value


def scale(text: str) -> float | None:
    """What to multiply by; None for a number that stays raw."""
    return None if text == "raw" else positive(text)


def one_of(text: str, table: Mapping[str, T]) -> T:
    """What stands for this word."""
    if text.lower() not in table:
        raise BadAnswer(f"{text or 'nothing'} is none of: {', '.join(table)}")
    return table[text.lower()]


def milliseconds(text: str) -> float:
    """0 to 10 s."""
    value = 0.0 if text == "0" else positive(text)
    if value > 10_000:
        raise BadAnswer(f"{text} ms is too long: it is 0 to 10000")
    return value


def where(text: str, base: Base, functions: Sequence[int]) -> Where:
    """A register's number in the manual, by its way of counting."""
    if base in (Base.ZERO, Base.ONE):
        address = number(text) - int(base.value)
        function = functions[0] if len(functions) == 1 else None
        if not 0 <= address <= 0xFFFF:
            raise BadAnswer(f"{text} is out of range: it is {base.value} to {0xFFFF + int(base.value)}")
        return Where(address, function, text)
    return _where_by_bank(text, base, functions)


def _where_by_bank(text: str, base: Base, functions: Sequence[int]) -> Where:
    """40017 and 400017: the first digit says which kind of register it is."""
    digits = re.fullmatch(r"([0134])([0-9]{4,5})", text)
    if digits is None:
        raise BadAnswer(f"{text or 'nothing'} is none of this manual's numbers; they are as in 40017 or 400017")
    function, address = _LEADS[digits[1]], int(digits[2]) - (1 if base is Base.M40001 else 0)
    if function not in functions:
        known = ", ".join(map(str, functions))
        raise BadAnswer(f"{text} is read by function {function}, and the device has only {known}; see the first digit")
    if not 0 <= address <= 0xFFFF:
        raise BadAnswer(f"{text} is out of range; numbers begin at {digits[1]}{'1'.zfill(len(digits[2]))}")
    return Where(address, function, text)


def bits(text: str) -> Bits:
    """all, 5, 8-15, hi, lo, or x2 for two registers."""
    wanted = text.lower()
    if wanted in _NAMED:
        return _NAMED[wanted]
    registers = _REGISTERS.fullmatch(wanted)
    if registers is not None and not wanted.isdecimal():
        return Bits(None, int(registers[1] or registers[3]))
    span = _SPAN.fullmatch(wanted)
    if span is None:
        raise BadAnswer(f"{text} says no bits; write all, 5, 8-15, hi, lo, or x2 for two registers")
    low, high = int(span[1]), int(span[2] or span[1])
    if not low <= high <= 15:
        raise BadAnswer(f"{text}: a register has bits 0 to 15, the lower one first")
    return Bits((low, high))


def order(text: str) -> WordOrder | None:
    """Which of several registers comes first; None if nobody knows."""
    named = {"high": WordOrder.HIGH_FIRST, "low": WordOrder.LOW_FIRST, "?": None}
    wanted = text.lower().removesuffix("_first")
    if wanted not in named:
        raise BadAnswer(f"{text} is none of: high, low, ? (the manual does not say)")
    return named[wanted]


def meanings(text: str, item: str, width: int) -> Meanings:
    """ "0=true 1=false": raw numbers and what they mean of an item; a number left out means nothing."""
    words = WORDS_OF[kind_of(item)]
    found: Meanings = {}
    for pair in re.split(r"[\s,]+", text.strip()):
        raw_text, sign, word = pair.replace(":", "=").partition("=")
        if not sign or not word:
            example = f"0={next(iter(words))}".lower()
            raise BadAnswer(f"{pair or 'nothing'} says no meaning; write pairs as in {example}")
        raw = within(raw_text, 0, (1 << width) - 1)
        if raw in found:
            raise BadAnswer(f"{raw} is there twice; keep one")
        meant = _TRUTH.get(word.lower()) if kind_of(item) is ItemKind.BOOL else word.lower()
        if meant is None or meant not in words:
            known = ("true", "false") if kind_of(item) is ItemKind.BOOL else map(str, words)
            raise BadAnswer(f"{item} has no word {word}; {hint(word, known)}")
        found[raw] = meant
    return found


def kind_of(item: str) -> ItemKind:
    """The kind of an item's value; `doors.this.open` is of whichever door the device moves."""
    return ITEMS[item.replace("doors.this.", "doors.front.")].kind


def key(text: str) -> str:
    """A row's name."""
    if not _KEY.fullmatch(text):
        raise BadAnswer(f"{text or 'nothing'} is no name for a row: small letters, digits and _, as in door_state")
    return text


def profile_name(text: str) -> str:
    """A profile's name."""
    if not _NAME.fullmatch(text):
        raise BadAnswer(f"{text or 'nothing'} is no name for a profile: small letters, digits and -, as in acme-d7")
    return text


def some_text(text: str) -> str:
    """Anything that can be printed."""
    if not text:
        raise BadAnswer("something has to stand here")
    return text


def lines(text: str) -> LineSpec:
    """ "19200 8N1, 19200 8N2": what the device comes with, then what else it accepts."""
    try:
        named = [str(LineSettings.parse(part.strip())) for part in text.split(",")]
    except ProtocolError as error:
        raise BadAnswer(str(error)) from error
    return LineSpec(default=named[0], allowed=tuple(dict.fromkeys(named)))


def functions(text: str) -> tuple[int, ...]:
    """The functions that the device is read by."""
    found = tuple(dict.fromkeys(within(part, 1, 4) for part in re.split(r"[\s,]+", text.strip())))
    return tuple(sorted(found))


def denied(text: str, base: Base) -> Denied:
    """ "1004h 2 remote control": first register, how many, and why they are never touched."""
    first, _, rest = text.strip().partition(" ")
    count, _, why = rest.strip().partition(" ")
    if not re.fullmatch(r"[0-9]+", count):
        count, why = "1", rest
    if not why.strip():
        raise BadAnswer(f"{text}: wants ADDRESS, how many, and why, as in: 1004h 1 remote control")
    place = where(first, base, (1, 2, 3, 4))
    return Denied(address=place.address, count=within(count, 1, 0x10000), function=place.function, why=why.strip())


def fault(text: str) -> tuple[int, FaultSpec]:
    """ "30 door.open_timeout opening takes too long": number, name, and what people read."""
    parts = text.strip().split(None, 2)
    if len(parts) < 3:
        raise BadAnswer(f"{text}: wants NUMBER NAME TITLE, as in: 30 door.open_timeout opening takes too long")
    code, name, title = parts
    if not _FAULT_NAME.fullmatch(name):
        raise BadAnswer(f"{name} is no name for a fault: small words with a dot between, as in door.blocked")
    en, _, zh = title.partition("|")
    text_of = Text((zh or en).strip(), en.strip())
    return number(code), FaultSpec(name=name, title=text_of, status="")


def choice(text: str, among: Mapping[str, str]) -> str:
    """One of `among` by its number in that order, from 1, or by its name."""
    names = list(among)
    if text in among:
        return text
    if text.isdecimal() and 1 <= int(text) <= len(names):
        return names[int(text) - 1]
    raise BadAnswer(f"{text or 'nothing'} is none of them; write 1 to {len(names)}, or: {', '.join(names)}")


def frame(text: str) -> str:
    """A frame's bytes as a manual prints them, in pairs of hexadecimal digits."""
    digits = "".join(text.split())
    if not re.fullmatch(r"([0-9A-Fa-f]{2})+", digits):
        raise BadAnswer(f"{text.strip() or 'nothing'} is no frame: bytes in hexadecimal, as in 01 03 00 00 00 02 C4 0B")
    return bytes.fromhex(digits).hex(" ").upper()
