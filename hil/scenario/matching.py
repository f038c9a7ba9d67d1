"""Finding a scenario's signs and looks in a trace."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

from hil.bus.faults.injector import MASTER
from hil.scenario.parts import Plain
from hil.scenario.signs import ANY, LANES, FaultDid, Kept, Look, Sign, Wire
from hil.trace import Lane, Record, Trace

_NUMBERED: Final = ("alarm", "event")
_EXCEPTION: Final = 0x80


class _Numbered(msgspec.Struct, frozen=True):
    """What a sign needs of an alarm or event message, and the message."""

    t_ns: int
    stream: str
    is_repeat: bool
    fields: dict[str, Any]


class Evidence:
    """A trace, with its messages decoded once."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.end_ns = trace.end_ns

    def times(self, sign: Sign) -> list[int]:
        """The instants at which it is seen, in order."""
        if LANES[sign.key] is Lane.MQTT:
            return [one.t_ns for one in self._messages if _is_message(sign, one)]
        return [one.t_ns for one in self.trace.of(LANES[sign.key]) if _is_record(sign, one)]

    def first(self, sign: Sign, from_ns: int = 0) -> int | None:
        """When it is first seen at or after an instant."""
        return next((t_ns for t_ns in self.times(sign) if t_ns >= from_ns), None)

    def history(self, look: Look) -> list[tuple[int, bool]]:
        """From when on the retained message says so, and from when not; nothing before the first message."""
        seen: list[tuple[int, bool]] = []
        for t_ns, lift, message in self._kept(look.kept):
            if look.lift in (None, lift):
                seen.append((t_ns, _says(look, message)))
        return seen

    @cached_property
    def _messages(self) -> list[_Numbered]:
        found: list[_Numbered] = []
        known: set[tuple[object, ...]] = set()
        for one in self.trace.of(Lane.MQTT):
            if one.name in _NUMBERED and isinstance(payload := one.fields.get("payload"), dict):
                identity = (payload.get("journal_id"), payload.get("stream"), payload.get("seq"))
                is_numbered = isinstance(payload.get("seq"), int) and payload.get("durable", True) is True
                is_repeat = is_numbered and identity in known
                known.add(identity)
                found.append(_Numbered(one.t_ns, one.name, is_repeat, payload))
        return found

    def _kept(self, kept: Kept) -> Iterator[tuple[int, str, dict[str, Any]]]:
        for one in self.trace.of(Lane.MQTT, kept.value):
            payload = one.fields.get("payload")
            if isinstance(payload, dict):
                yield one.t_ns, str(_at(payload, "ids.lift_id")), payload


def _is_message(sign: Sign, one: _Numbered) -> bool:
    code = sign.alarm if sign.alarm is not None else sign.event
    message = one.fields
    return (
        one.stream == sign.key
        and (sign.repeats or not one.is_repeat)
        and message.get("type", "event") == "event"
        and code in (ANY, message.get("code"))
        and (sign.phase is None or message.get("phase") == sign.phase.value)
        and (sign.lift is None or _at(message, "ids.lift_id") == sign.lift)
        and _fits(sign.where, message)
    )


def _is_record(sign: Sign, one: Record) -> bool:
    match sign.key:
        case "truth":
            fits = sign.truth is not None and one.name == sign.truth.value
        case "stimulus":
            fits = (
                sign.stimulus is not None
                and one.name == "stimulus"
                and one.fields.get("stimulus") == sign.stimulus.value
            )
        case "fault":
            did = FaultDid.FIRED if sign.did is None else sign.did
            fits = one.name == did.value and one.fields.get("fault") == sign.fault
        case "agent":
            fits = sign.agent is not None and one.name == sign.agent.value
        case _:
            return _is_on_wire(sign, one)
    return fits and (not sign.where or _fits(sign.where, one.fields))


def _is_on_wire(sign: Sign, one: Record) -> bool:
    if (sign.wire is Wire.REQUEST) != (one.name == MASTER):
        return False
    if sign.slave is None and sign.function is None:
        return True
    data = bytes.fromhex(one.fields["hex"])
    return len(data) > 1 and sign.slave in (None, data[0]) and sign.function in (None, data[1] & ~_EXCEPTION)


def _says(look: Look, message: Mapping[str, Any]) -> bool:
    items = _at(message, "snapshot.items")
    known = items if isinstance(items, dict) else {}
    return (
        all(_is(_at_item(known, name), value) for name, value in look.items.items())
        and _fits(look.where, message)
        and (look.alarms is None or len(message.get("open_alarms", ())) == look.alarms)
    )


def _at_item(items: Mapping[str, Any], name: str) -> object:
    item = items.get(name)
    return item.get("value") if isinstance(item, dict) and item.get("validity", "good") == "good" else None


def _fits(where: Mapping[str, Plain], fields: Mapping[str, Any]) -> bool:
    return all(_is(_at(fields, path), value) for path, value in where.items())


def _is(found: object, wanted: Plain) -> bool:
    return found == wanted and isinstance(found, bool) is isinstance(wanted, bool)


def _at(fields: Mapping[str, Any], path: str) -> object:
    """What stands at a dotted path; keys that hold dots themselves are found too. None if nothing does."""
    if path in fields:
        return fields[path]
    head, _, rest = path.partition(".")
    while rest:
        inner = fields.get(head)
        if isinstance(inner, dict):
            return _at(inner, rest)
        more, _, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None
