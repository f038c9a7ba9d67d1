"""One YAML scalar as the type it is wanted for: the type decides, not YAML's guess; and what to say if it does not fit.

`5`, `3.1.1` and `no` are text where text is wanted. Numbers are decimal or 0x hexadecimal; true and false are the only
truth values: YAML 1.1's octal `010`, base-60 `1:30`, and `yes` for true would be read as something nobody meant.
"""

import re
from collections.abc import Iterable
from typing import Final

import yaml
from msgspec import inspect

from protocols.nearest import hint, nearest

Plain = str | int | float | bool | list["Plain"] | dict[str, "Plain"] | None
"""What YAML can say, before it becomes a struct."""

UNITS: Final = {
    "s": "seconds",
    "ms": "milliseconds",
    "ns": "nanoseconds",
    "m": "metres",
    "mps": "m/s",
    "mps2": "m/s2",
    "mps3": "m/s3",
    "days": "days",
    "min": "minutes",
}
"""Units that a key's last part names."""

DURATION: Final = r"^\d+(\.\d+)? ?(ms|s|min|h|d)$"
"""The pattern of text that is a time with its unit, as in 30 s, 200 ms or 1 h."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH: Final = {"true": True, "True": True, "false": False, "False": False}
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_HEX: Final = re.compile(r"0x[0-9A-Fa-f]+")
_FLOAT: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_QUANTITY: Final = re.compile(r"(?P<number>[0-9.]+)\s*(?P<unit>ms|s|min|h)")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_WORDS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((inspect.StructType, inspect.DictType), "a section of keys and values"),
    ((inspect.CollectionType, inspect.TupleType), "a list"),
    ((inspect.StrType, inspect.EnumType), "text"),
    ((inspect.BoolType,), "true or false"),
    ((inspect.IntType,), "a whole number"),
    ((inspect.FloatType,), "a number"),
)


class NotWantedError(ValueError):
    """A scalar does not fit; the message says what is wanted and what was found."""


def unit_of(key: str) -> str:
    """The unit that a key's name states, in words, or ""."""
    stem, _, suffix = key.rpartition("_")
    return UNITS.get(suffix, "") if stem else ""


def key_hint(name: str, known: Iterable[str]) -> str:
    """What to say of an unknown key: the nearest known one with its unit, or what there is."""
    names = list(known)
    near = next((one for one in names if one.startswith(f"{name}_")), None) or nearest(name, names)
    if near is None:
        return hint(name, names)
    unit = unit_of(near)
    return f"did you mean {near}{f' ({unit})' if unit else ''}?"


def is_null(node: yaml.Node) -> bool:
    """Nothing was written."""
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


def read_scalar(node: yaml.ScalarNode, wanted: inspect.Type, key: str) -> Plain:
    """The scalar as `wanted`; `key` is the name it stands under. Raises NotWantedError."""
    match wanted:
        case inspect.StrType():
            return _text(node, wanted)
        case inspect.EnumType():
            return _choice(node, [member.value for member in wanted.cls])
        case inspect.LiteralType():
            return _choice(node, [value for value in wanted.values if isinstance(value, str | int)])
        case inspect.BoolType():
            return _truth(node)
        case inspect.IntType() | inspect.FloatType():
            return _number(node, wanted, key)
        case inspect.AnyType():
            return _free(node)
        case _:
            raise NotWantedError(f"wants {article(wanted)}, not {_shown(node)}")


def article(wanted: inspect.Type) -> str:
    """What a type wants, in words."""
    return next((words for kinds, words in _WORDS if isinstance(wanted, kinds)), "something else")


def _shown(node: yaml.ScalarNode) -> str:
    if is_null(node):
        return "nothing"
    return f"the text {node.value!r}" if node.style else f"{node.value}"


def _text(node: yaml.ScalarNode, wanted: inspect.StrType) -> str:
    if is_null(node):
        raise NotWantedError("wants text, not nothing")
    text: str = node.value
    if wanted.min_length is not None and len(text) < wanted.min_length:
        raise NotWantedError(f"wants at least {wanted.min_length} characters of text")
    if wanted.max_length is not None and len(text) > wanted.max_length:
        raise NotWantedError(f"wants at most {wanted.max_length} characters; {text!r} has {len(text)}")
    if wanted.pattern is not None and not re.search(wanted.pattern, text):
        if wanted.pattern == DURATION:
            raise NotWantedError(f"wants a time with its unit, as in 30 s, 200 ms or 1 h, not {_shown(node)}")
        choices = re.fullmatch(r"\^\(([a-z0-9|_]+)\)\$", wanted.pattern)
        if choices:
            raise NotWantedError(f"{text!r} is not a choice; {hint(text, filter(None, choices[1].split('|')))}")
        raise NotWantedError(f"{text!r} does not have the form {wanted.pattern}")
    return text


def _choice(node: yaml.ScalarNode, values: list[str | int]) -> str | int:
    text: str = node.value
    for value in values:
        if str(value) == text or (isinstance(value, int) and _HEX.fullmatch(text) and int(text, 16) == value):
            return value
    raise NotWantedError(f"{_shown(node)} is not a choice; {hint(text, map(str, values))}")


def _truth(node: yaml.ScalarNode) -> bool:
    if node.style or node.value not in _TRUTH:
        raise NotWantedError(f"wants true or false, not {_shown(node)}")
    return _TRUTH[node.value]


def _number(node: yaml.ScalarNode, wanted: inspect.IntType | inspect.FloatType, key: str) -> int | float:
    number = None if node.style else _parse_number(node.value)
    whole = isinstance(wanted, inspect.IntType)
    if number is None or (whole and not isinstance(number, int)):
        raise NotWantedError(_no_number(node, whole, key))
    unfit = _out_of_bounds(number, wanted)
    if unfit:
        unit = unit_of(key)
        raise NotWantedError(f"must be {unfit}{f' {unit}' if unit else ''}, not {node.value}")
    return number


def _out_of_bounds(number: float, wanted: inspect.IntType | inspect.FloatType) -> str:
    if wanted.ge is not None and number < wanted.ge:
        return f"at least {wanted.ge:g}"
    if wanted.gt is not None and number <= wanted.gt:
        return f"more than {wanted.gt:g}"
    if wanted.le is not None and number > wanted.le:
        return f"at most {wanted.le:g}"
    if wanted.lt is not None and number >= wanted.lt:
        return f"less than {wanted.lt:g}"
    return ""


def _parse_number(text: str) -> int | float | None:
    if _INT.fullmatch(text):
        return int(text)
    if _HEX.fullmatch(text):
        return int(text, 16)
    # A leading zero is octal to YAML 1.1 and decimal to people: neither reading is safe.
    return float(text) if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text) else None


def _no_number(node: yaml.ScalarNode, whole: bool, key: str) -> str:
    kind = "a plain whole number" if whole else "a plain number"
    unit = unit_of(key)
    wants = f"wants {kind}{f' of {unit}' if unit else ''}, not {_shown(node)}"
    quantity = _QUANTITY.fullmatch(node.value)
    amount = None if quantity is None else _parse_number(quantity["number"])
    if quantity is None or amount is None or unit != UNITS["s"]:
        return wants
    return f"{wants}; write {amount * _SECONDS[quantity['unit']]:g}"


def _free(node: yaml.ScalarNode) -> Plain:
    if is_null(node):
        return None
    if not node.style and node.value in _TRUTH:
        return _TRUTH[node.value]
    number = None if node.style else _parse_number(node.value)
    return node.value if number is None else number
