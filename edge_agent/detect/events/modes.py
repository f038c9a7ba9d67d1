"""E42 to E48: a service mode other than normal, while it lasts; E40: back to normal, for ten seconds.

A mode that is not given keeps what it was. One that lasts less than 2 s is none (a design value: a controller that
starts anew runs through several); "unknown" must last a minute.
"""

from typing import Final

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.detect.look import Answer, Answers, Look
from protocols.lift.vocabulary import ServiceMode
from protocols.upstream.messages import Text

DEBOUNCE_S: Final = 2.0
UNKNOWN_S: Final = 60.0
RETURNED_NS: Final = 10 * NS
_EVENTS: Final = {
    ServiceMode.OUT_OF_SERVICE: ("E42", Text("电梯停止服务", "the lift is out of service"), DEBOUNCE_S),
    ServiceMode.INSPECTION: ("E43", Text("电梯处于检修", "the lift is under inspection"), DEBOUNCE_S),
    ServiceMode.FIRE_RECALL: ("E44", Text("消防返回", "fire recall"), DEBOUNCE_S),
    ServiceMode.FIREFIGHTER: ("E45", Text("消防员运行", "firefighter operation"), DEBOUNCE_S),
    ServiceMode.EMERGENCY_POWER: ("E46", Text("应急电源运行", "emergency power operation"), DEBOUNCE_S),
    ServiceMode.EARTHQUAKE: ("E47", Text("地震模式", "earthquake mode"), DEBOUNCE_S),
    ServiceMode.UNKNOWN: ("E48", Text("服务模式未知 {s} 秒", "no known service mode for {s} s"), UNKNOWN_S),
}
_BACK: Final = Text("恢复自动运行", "back to automatic operation")


class Modes(msgspec.Struct, frozen=True):
    """The mode that was last given and since when; `is_away`: another than normal counted since the last normal one.

    `returned_ns`: when normal service began again after that.
    """

    mode: ServiceMode | None = None
    since_ns: int = 0
    is_away: bool = False
    returned_ns: int | None = None


def follow(before: Modes, look: Look) -> Modes:
    """One more look."""
    mode = look.snapshot.mode.known
    if mode is None or mode is before.mode:
        return before
    told = before.mode not in (None, ServiceMode.NORMAL, ServiceMode.UNKNOWN)
    is_away = before.is_away or (told and look.t_ns - before.since_ns >= ns(DEBOUNCE_S))
    if mode is ServiceMode.NORMAL:
        return Modes(mode, look.t_ns, returned_ns=look.t_ns if is_away else None)
    return Modes(mode, look.t_ns, is_away)


def answers(memory: Modes, look: Look) -> Answers:
    """This family's events."""
    returned_ns = memory.returned_ns
    back = _RETURNED if returned_ns is not None and look.t_ns - returned_ns < RETURNED_NS else _NOT_RETURNED
    return {**_BY_MODE[look.snapshot.mode.known], "E40": back}


def _told_in(mode: ServiceMode | None) -> Answers:
    return {
        code: Answer(None if mode is None else mode is meant, text, ns(after_s))
        for meant, (code, text, after_s) in _EVENTS.items()
    }


_BY_MODE: Final = {mode: _told_in(mode) for mode in (None, *ServiceMode)}
_RETURNED: Final = Answer(True, _BACK, ns(DEBOUNCE_S))
_NOT_RETURNED: Final = Answer(False, _BACK)
