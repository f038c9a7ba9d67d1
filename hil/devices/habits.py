"""How a device's firmware behaves beyond its registers, as its profile states it."""

from typing import Final, Self

import msgspec

from protocols.profiles.schema import Framing, OnError, Profile, ReplyOrder

NS_PER_MS: Final = 1_000_000


class Habits(msgspec.Struct, frozen=True):
    """`latency_ns` runs from the end of a request to the start of its answer; `max_count` bounds one read.

    Without `exceptions` the device is silent where others refuse. Without `checks_crc` it acts on damaged requests.
    `descending`: its answers begin with the highest address.
    """

    latency_ns: int
    exceptions: bool
    checks_crc: bool
    max_count: int
    descending: bool = False
    framing: Framing = Framing.RTU

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """The habits of the device that a profile describes."""
        behaviour = profile.behaviour
        return cls(
            latency_ns=round(behaviour.latency_ms * NS_PER_MS),
            exceptions=behaviour.errors is OnError.EXCEPTION,
            checks_crc=behaviour.checks_crc,
            max_count=profile.max_regs,
            descending=profile.reply_order is ReplyOrder.DESCENDING,
            framing=profile.framing,
        )
