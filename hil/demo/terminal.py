"""What the terminal saw: the demo attaches to the agent's local socket as a technician would, and tells the changes.

Only the JSON that the socket speaks is used, so the structs below name just the fields that are read.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec

from hil.demo.board import Board, Column
from hil.demo.texts import PHASES
from protocols.upstream.messages import EventMessage, SnapshotView, Text

_RETRY_S: Final = 0.1
_PERIOD_S: Final = 0.2
_ANSWER_WITHIN_S: Final = 2.0
_COUNTDOWN_S: Final = (30, 20, 10, 5)
"""At which remaining whole seconds a counting rule is told again."""


class _Link(msgspec.Struct, frozen=True):
    device: str
    state: str


class _Lift(msgspec.Struct, frozen=True):
    snapshot: SnapshotView
    links: list[_Link]
    occupancy: str
    open_alarms: list[EventMessage]


class _Why(msgspec.Struct, frozen=True):
    code: str
    phase: str
    since_s: float | None = None
    raises_in_s: float | None = None


class _Reply(msgspec.Struct, frozen=True):
    error: str = ""
    lifts: list[_Lift] = []
    why: list[_Why] = []


class Sight(msgspec.Struct, frozen=True):
    """The few things of one look that the timeline tells."""

    link: str = ""
    floor: str | None = None
    direction: str | None = None
    moving: bool | None = None
    in_zone: bool | None = None
    door_open: bool | None = None
    occupancy: str = ""
    counting: str = ""
    raises_in_s: float | None = None
    alarm: str = ""
    alarm_phase: str = ""


def sight_of(lift: _Lift, why: list[_Why]) -> Sight:
    """One look, reduced."""
    items = {name: item.value for name, item in lift.snapshot.items.items() if item.validity == "good"}
    counting = next((rule for rule in why if rule.raises_in_s is not None and rule.since_s), None)
    alarm = lift.open_alarms[0] if lift.open_alarms else None
    direction, moving = items.get("direction"), items.get("moving")
    in_zone, door_open = items.get("door_zone"), items.get("doors.front.open")
    return Sight(
        link=lift.links[0].state if lift.links else "",
        floor=lift.snapshot.floor_label,
        direction=direction if isinstance(direction, str) else None,
        moving=moving if isinstance(moving, bool) else None,
        in_zone=in_zone if isinstance(in_zone, bool) else None,
        door_open=door_open if isinstance(door_open, bool) else None,
        occupancy=lift.occupancy,
        counting="" if counting is None or alarm else counting.code,
        raises_in_s=None if counting is None or alarm else counting.raises_in_s,
        alarm="" if alarm is None else alarm.code,
        alarm_phase="" if alarm is None else alarm.phase.value,
    )


def changes(old: Sight, new: Sight) -> Iterator[tuple[str, Text]]:
    """What is worth a line between two looks, as (kind, sentence)."""
    if new.link != old.link:
        yield "link", Text(f"总线: {new.link}", f"bus: {new.link}")
    if new.moving is True and (old.moving is not True or new.floor != old.floor):
        up = new.direction == "up"
        yield "moving", Text(f"{new.floor} 层, {'上行' if up else '下行'}", f"floor {new.floor}, going {new.direction}")
    if new.moving is False and old.moving is not False:
        yield from _stopped(new)
    if new.door_open is True and old.door_open is not True:
        yield "door_open", Text(f"{new.floor} 层, 门已开", f"floor {new.floor}, door open")
    if new.occupancy != old.occupancy and new.occupancy:
        yield "occupancy", _OCCUPANCY.get(new.occupancy, Text(new.occupancy, new.occupancy))
    yield from _countdown(old, new)
    if (new.alarm, new.alarm_phase) != (old.alarm, old.alarm_phase):
        yield _alarm(old, new)


_OCCUPANCY: Final = {
    "yes": Text("判断: 轿内有人", "people in the car"),
    "no": Text("判断: 轿内无人", "nobody in the car"),
    "unknown": Text("轿内是否有人: 未知", "people in the car: unknown"),
}


def _stopped(new: Sight) -> Iterator[tuple[str, Text]]:
    if new.in_zone is False:
        yield "stopped_outside", Text("停住, 不在门区", "stopped outside the door zone")
    elif new.in_zone is True:
        yield "stopped", Text(f"停在 {new.floor} 层门区", f"stopped at floor {new.floor}")


def _countdown(old: Sight, new: Sight) -> Iterator[tuple[str, Text]]:
    if new.raises_in_s is None:
        return
    code, left_s = new.counting, new.raises_in_s
    if not old.counting:
        yield "counting", Text(f"疑似 {code}, {left_s:.0f} 秒后报警", f"{code} counting: alarm in {left_s:.0f} s")
        return
    before_s = old.raises_in_s
    passed = [mark for mark in _COUNTDOWN_S if before_s is not None and left_s <= mark < before_s]
    if passed:
        yield "countdown", Text(f"{code}: 还有 {passed[-1]} 秒", f"{code}: alarm in {passed[-1]} s")


def _alarm(old: Sight, new: Sight) -> tuple[str, Text]:
    if not new.alarm:
        return "alarm_over", Text(f"{old.alarm} 已结束", f"{old.alarm} is over")
    zh, en = next((text.zh, text.en) for phase, text in PHASES.items() if phase.value == new.alarm_phase)
    return f"alarm_{new.alarm_phase}", Text(f"{new.alarm} {zh}", f"{new.alarm} {en}")


class Terminal:
    """Looks at the agent over its socket and posts the changes; `now` is the latest look."""

    def __init__(self, socket: str, board: Board) -> None:
        self._socket = socket
        self._board = board
        self.now = Sight()

    async def run(self) -> None:
        """Look again and again until cancelled; an agent that is not there yet is waited for."""
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self._socket)
            except OSError:
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                await self._look(reader, writer)
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                await asyncio.sleep(_RETRY_S)
            finally:
                writer.close()

    async def _look(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            screen = await _ask(reader, writer, "screen")
            why = await _ask(reader, writer, "why")
            if screen.lifts:
                seen = sight_of(screen.lifts[0], why.why)
                for kind, text in changes(self.now, seen):
                    self._board.post(Column.TERMINAL, kind, text)
                self.now = seen
            await asyncio.sleep(_PERIOD_S)


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, op: str) -> _Reply:
    writer.write(msgspec.json.encode({"op": op}) + b"\n")
    async with asyncio.timeout(_ANSWER_WITHIN_S):
        await writer.drain()
        line = await reader.readuntil(b"\n")
    return msgspec.json.decode(line, type=_Reply)
