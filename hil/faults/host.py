"""Faults of the terminal's box: its clock, its disk, its process, its power.

Each is a deed. Its occasions are a time, or with `match` a point that the agent reaches or a write to the disk; a torn
write is a power cut whose occasion is always a write.
"""

from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from edge_agent.points import Point
from hil.disk import WRITING
from hil.faults.armed import Turn
from hil.faults.deeds import Crash, Deed, FillDisk, Pause, PowerCut, StepWall, Wall
from hil.faults.kind import DAY_S, Happening, Seconds, ns
from hil.faults.when import Operators
from protocols.nearest import hint

PLACES: Final = (*(point.value for point in Point), WRITING)
"""Where in the agent's work a fault may have its occasion."""
_YEARS_S: Final = 100 * 366 * DAY_S


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at` which of `PLACES`, instead of a time. Raises ValueError, with the nearest one."""

    at: str | None = None

    def __post_init__(self) -> None:
        if self.at is not None and self.at not in PLACES:
            raise ValueError(f"at {self.at!r} is not known; {hint(self.at, PLACES)}")


class When(Operators, frozen=True, forbid_unknown_fields=True):
    """On which of its occasions a fault fires."""

    match: Match = Match()


class WallStep(Happening, frozen=True, tag="host.wall_step"):
    """The wall clock jumps by `by_s`, as NTP or a person makes it; `synchronised`: what is said of it afterwards."""

    by_s: Annotated[float, Meta(ge=-_YEARS_S, le=_YEARS_S)]
    synchronised: bool | None = None

    def deed(self, turn: Turn) -> Deed:
        """Step it."""
        return StepWall(by_ns=ns(self.by_s), synchronised=self.synchronised, done=f"wall clock {self.by_s:+g} s")


class DiskFull(Happening, frozen=True, tag="host.disk_full"):
    """The disk takes `room` bytes more and then refuses, for `for_s`. A log that is begun anew is room again."""

    loses: ClassVar[bool] = True

    for_s: Seconds
    room: Annotated[int, Meta(ge=0, le=1 << 30)] = 0

    def deed(self, turn: Turn) -> Deed:
        """Fill it."""
        return FillDisk(for_ns=ns(self.for_s), room=self.room, done=f"disk full for {self.for_s:g} s")


class DiskReadOnly(Happening, frozen=True, tag="host.disk_read_only"):
    """The disk takes no write for `for_s`, as when the kernel mounts a failing card read-only."""

    loses: ClassVar[bool] = True

    for_s: Seconds

    def deed(self, turn: Turn) -> Deed:
        """Let it refuse."""
        return FillDisk(for_ns=ns(self.for_s), room=None, done=f"disk read-only for {self.for_s:g} s")


class Paused(Happening, frozen=True, tag="host.pause"):
    """The agent's process stands still for `for_s`, as under SIGSTOP or on an overloaded box."""

    for_s: Seconds

    def deed(self, turn: Turn) -> Deed:
        """Stop it."""
        return Pause(for_ns=ns(self.for_s), done=f"process stands still for {self.for_s:g} s")


class Crashed(Happening, frozen=True, tag="host.crash"):
    """The agent's process is killed as by SIGKILL, and started again after `down_s`."""

    loses: ClassVar[bool] = True

    down_s: Seconds = 2.0

    def deed(self, turn: Turn) -> Deed:
        """Kill it."""
        return Crash(for_ns=ns(self.down_s), done="process killed")


class _Powerless(Happening, frozen=True):
    loses: ClassVar[bool] = True

    down_s: Seconds = 30.0
    wall: Wall = Wall.KEPT
    set_after_s: Seconds | None = None

    def deed(self, turn: Turn) -> Deed:
        """Cut the power."""
        return PowerCut(
            for_ns=ns(self.down_s),
            seed=turn.rng.getrandbits(32),
            wall=self.wall,
            set_after_ns=None if self.set_after_s is None else ns(self.set_after_s),
            done=f"no power for {self.down_s:g} s",
        )


class PowerLost(_Powerless, frozen=True, tag="host.power_cut"):
    """The box loses power and boots `down_s` later, under a new boot id and with its monotonic clock near 0.

    What was not synced to the disk may be there or not. `wall`: its clock afterwards is kept, or unset (1970) until
    somebody sets it right `set_after_s` after the boot.
    """


class TornWrite(_Powerless, frozen=True, tag="host.torn_write"):
    """The power goes in the midst of a write, before its sync."""


AnyKind = WallStep | DiskFull | DiskReadOnly | Paused | Crashed | PowerLost | TornWrite


def place_of(kind: AnyKind, when: When) -> str | None:
    """At which of `PLACES` it has its occasions; None is by time."""
    return WRITING if isinstance(kind, TornWrite) else when.match.at
