"""On which transmissions a wire fault fires: the operators of all faults, and what they are matched with."""

import enum
from typing import Annotated

import msgspec
from msgspec import Meta

from hil.bus.faults.bounds import SlaveId
from hil.bus.faults.sending import Sending
from hil.faults.when import Operators


class Direction(enum.Enum):
    """Whether the master drives, or somebody else."""

    REQUEST = "request"
    REPLY = "reply"


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which transmissions; what is not named may be anything. `fc` is the function, `addr` the first register asked."""

    dir: Direction | None = None
    slave: SlaveId | None = None
    fc: Annotated[int, Meta(ge=1, le=127)] | None = None
    addr: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None

    def fits(self, sending: Sending) -> bool:
        """Whether it describes a transmission."""
        return (
            (self.dir is None or (self.dir is Direction.REQUEST) == sending.is_request)
            and (self.slave is None or self.slave == sending.slave)
            and (self.fc is None or self.fc == sending.function)
            and (self.addr is None or self.addr == sending.address)
        )


class When(Operators, frozen=True, forbid_unknown_fields=True):
    """On which transmissions a fault fires."""

    match: Match = Match()
