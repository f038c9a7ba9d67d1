"""Every kind of wire fault by its catalogue id, and a fault as data: which kind, when, and under what name."""

from collections.abc import Mapping
from typing import Any, Final, Self, get_args

import msgspec

from hil.bus.faults.bus import Babble, BabbleAfter, DuplicateId, SecondMaster
from hil.bus.faults.char import Drop, Dup, Insert, Replace
from hil.bus.faults.frame import CrcWrong, Merge, Oversize, TruncateHead, TruncateTail
from hil.bus.faults.line import BitFlip, Burst, Float, RxDead, StuckIdle, StuckLow, TxDead
from hil.bus.faults.node import Alternate, Busy, HangAfter, Partition, Reboot, Silent, Slow
from hil.bus.faults.pdu import Refusal, UnknownFunction, WrongCount, WrongFunction, WrongSlave
from hil.bus.faults.response import Duplicate, ForOtherMaster, Late, NoAnswer, Stale, Torn, Unsolicited
from hil.bus.faults.timing import GapNone, GapT15, GapT35, Jitter
from hil.bus.faults.turn import FirstByteLost, LastByteLost, LeadNoise, TrailNoise
from hil.bus.faults.when import When
from hil.faults.reading import read

Changing = (
    BitFlip
    | Burst
    | StuckIdle
    | TxDead
    | RxDead
    | Drop
    | Insert
    | Dup
    | Replace
    | LeadNoise
    | TrailNoise
    | FirstByteLost
    | LastByteLost
    | GapT15
    | GapT35
    | GapNone
    | Jitter
    | TruncateHead
    | TruncateTail
    | Merge
    | Oversize
    | CrcWrong
    | WrongSlave
    | WrongFunction
    | UnknownFunction
    | WrongCount
    | Refusal
    | NoAnswer
    | Late
    | Duplicate
    | Unsolicited
    | ForOtherMaster
    | Stale
    | Torn
    | Silent
    | Slow
    | Busy
    | Reboot
    | HangAfter
    | Alternate
    | Partition
    | DuplicateId
    | BabbleAfter
)
"""Those that change what somebody drives."""
Speaking = StuckLow | Float | Babble | SecondMaster
"""Those that drive the line by themselves; of their operators `match` says nothing."""
AnyKind = Changing | Speaking

KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(AnyKind)}
"""By catalogue id."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind and when it acts. `name` tells two of the same kind apart, and seeds the fault's random stream."""

    kind: AnyKind
    when: When = When()
    name: str = ""

    @property
    def id(self) -> str:
        """Its name, or its kind's catalogue id."""
        return self.name or self.kind.name

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """A fault from plain data (`hil.faults.reading`). Raises UsageError."""
        return read(cls, raw, KINDS)
