"""What a fault does to the broker or to the host, as data: any bench that has hands can do it.

`for_ns` is how long it lasts, 0 if it is over at once; `done` says it in words for the record.
"""

import enum

import msgspec


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is done once."""

    done: str
    for_ns: int = 0


class BrokerDown(Deed, frozen=True, kw_only=True):
    """The broker dies, and is back when it is over; `forgets`: without what it had retained."""

    forgets: bool = False


class StepWall(Deed, frozen=True, kw_only=True):
    """The wall clock jumps; `synchronised`: whether anybody vouches for it afterwards, None leaves that as it is."""

    by_ns: int
    synchronised: bool | None = None


class FillDisk(Deed, frozen=True, kw_only=True):
    """The disk has room for `room` bytes more until it is over; None: it takes no write at all."""

    room: int | None = 0


class Pause(Deed, frozen=True, kw_only=True):
    """The agent's process stands still, the world goes on."""


class Crash(Deed, frozen=True, kw_only=True):
    """The agent's process is killed, and started again when it is over."""


class Wall(enum.Enum):
    """The wall clock after a power cut: kept by a battery, or at 1970 until somebody sets it."""

    KEPT = "kept"
    UNSET = "unset"


class PowerCut(Deed, frozen=True, kw_only=True):
    """The host loses power, and boots again when it is over. What was not synced may be on its disk or not.

    `seed` is of the draws that decide that. `wall`: its clock afterwards; an UNSET one is set right `set_after_ns`
    after the boot, None is never.
    """

    seed: int
    wall: Wall = Wall.KEPT
    set_after_ns: int | None = None
