"""What the running agent tells a technician over its socket; plain values, ready to print or to send as JSON."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from protocols.profiles.schema import CommLoss, Framing
from protocols.upstream.messages import EventMessage, HealthMessage, SnapshotView, Text

PAUSED: Final = "paused"
"""The state of every link while the port is lent."""


class LinkView(msgspec.Struct, frozen=True):
    """One device on the bus: its state, counters since start, answers by the time they took to begin."""

    device: str
    profile: str
    slave: int
    state: str
    counters: dict[str, int]
    last_error: str = ""
    latencies: dict[str, int] = {}


class LiftView(msgspec.Struct, frozen=True):
    """What the 40-column screen shows of one lift."""

    lift_id: str
    snapshot: SnapshotView
    links: list[LinkView]
    occupancy: str
    open_alarms: list[EventMessage]
    last_alarm: EventMessage | None
    names: dict[str, Text]


class RegisterView(msgspec.Struct, frozen=True):
    """One row of a profile as last read: raw words beside the meaning; `item` is "" for rows shown raw."""

    device: str
    block: str
    address: int
    words: list[int]
    name: str
    item: str
    value: bool | int | float | str | list[str] | None
    unit: str
    age_ms: int


class BlockView(msgspec.Struct, frozen=True):
    """The last words of one block, sampled between `from_ns` and `to_ns` of the agent's monotonic clock."""

    device: str
    name: str
    function: int
    address: int
    words: list[int]
    from_ns: int
    to_ns: int


class LiftBlocks(msgspec.Struct, frozen=True):
    """Everything that a lift's devices say, at `now_ns`; a device of which nothing is believed is left out.

    `wiring` tells how the agent reads them (`edge_agent.acceptance`); `commissioned`: that was proved on site.
    """

    lift_id: str
    wiring: str
    commissioned: bool
    now_ns: int
    blocks: list[BlockView]


class SignalView(msgspec.Struct, frozen=True):
    """One condition of a rule: what it needs, what the lift says, and whether it holds (None: unknown)."""

    name: str
    value: str
    age_ms: int | None
    needs: str
    holds: bool | None


class WhyView(msgspec.Struct, frozen=True):
    """Why there is, or is not, an alarm by one rule right now."""

    lift_id: str
    code: str
    name: Text
    phase: str
    since_s: float | None
    raises_in_s: float | None
    verdict: Text
    signals: list[SignalView]


class BusDevice(msgspec.Struct, frozen=True):
    """A device on the agent's bus, as configuration and profile describe it.

    `comm_loss` is what it does when its master falls silent.
    """

    name: str
    profile: str
    slave: int
    options: dict[str, str]
    comm_loss: CommLoss
    comm_loss_effect: Text

    @property
    def stops_the_lift(self) -> bool:
        """Whether it trips or locks when nobody asks it any more."""
        return self.comm_loss in (CommLoss.TRIP, CommLoss.LOCK)


class BusView(msgspec.Struct, frozen=True):
    """The agent's port, how it speaks there, and with whom."""

    port: str
    line: str
    framing: Framing
    devices: list[BusDevice]


class LentPort(msgspec.Struct, frozen=True):
    """The agent's port in somebody else's hands, as long as the connection lasts and no longer than `for_s`."""

    bus: BusView
    for_s: float


OPERATIONS: Final = (
    "screen",
    "read",
    "watch",
    "blocks",
    "accept",
    "withdraw",
    "events",
    "why",
    "health",
    "bus",
    "take_port",
)
"""What a client can ask for."""
STREAMED: Final = ("watch", "blocks")
"""What is answered again every period, until the client is gone."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line from a client: one of `OPERATIONS`.

    For "take_port", `holder` is who wants the port, `period_s` for how long at most, and `loss_accepted` that somebody
    said yes to what the devices do when the agent falls silent. "bus" tells what that concerns, and lends nothing.
    For "accept", `lift_id` was proved right as wired by `wiring`; `report` is the digest of what proves it. "withdraw"
    takes that back.
    """

    op: str
    holder: Annotated[str, Meta(max_length=80)] = ""
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 50
    period_s: float = 0.5
    loss_accepted: bool = False
    lift_id: str = ""
    wiring: str = ""
    report: Annotated[str, Meta(max_length=64)] = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line to a client; `error` is one clear line, and then nothing else is set."""

    error: str = ""
    lifts: list[LiftView] = []
    registers: list[RegisterView] = []
    blocks: list[LiftBlocks] = []
    events: list[EventMessage] = []
    why: list[WhyView] = []
    health: HealthMessage | None = None
    bus: BusView | None = None
    lent: LentPort | None = None
