"""A profile file as types: one device's registers, habits and limits, each row with the source it was read in.

Provenance marks: `V:KEY` read in that source; `V~:KEY` read there, but second-hand or in contradiction with itself
(a note says which); `U` general knowledge that nobody verified; `C` computed by us. Addresses are those on the wire,
from 0. A scaling that no source gives is null, and the row is shown raw: nothing here is guessed.
"""

import enum
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from protocols.lift.vocabulary import Rate
from protocols.upstream.messages import Text

Key = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]
ProfileName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=48)]
Address = Annotated[int, Meta(ge=0, le=0xFFFF)]
FunctionCode = Annotated[int, Meta(ge=1, le=4)]
Bit = Annotated[int, Meta(ge=0, le=15)]
Milliseconds = Annotated[float, Meta(ge=0, le=10_000)]
Mark = Annotated[str, Meta(pattern=r"^(V~?:S-[A-Z0-9]+|U|C)$")]
FaultName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")]

HOLDING = 3


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a profile: immutable, named fields only, unknown keys are errors."""


class DeviceKind(enum.Enum):
    """What a device is in a lift."""

    CONTROLLER = "controller"
    DRIVE = "drive"
    DOOR_OPERATOR = "door_operator"
    SENSOR_BOX = "sensor_box"
    INPUT_MODULE = "input_module"


class Tier(enum.Enum):
    """How good the map as a whole is: from a manual, from published code, from a sibling model, or from hearsay."""

    MANUAL = "manual"
    CODE = "code"
    FAMILY = "family"
    UNVERIFIED = "unverified"


class LineSpec(Section, frozen=True, kw_only=True):
    """Line settings ("9600 8N1") the device comes with, and all that it is known to accept."""

    default: str
    allowed: Annotated[tuple[str, ...], Meta(min_length=1)]


class OnError(enum.Enum):
    """What the device does with a request it cannot serve."""

    EXCEPTION = "exception"
    SILENCE = "silence"


class Framing(enum.Enum):
    """How requests and answers are framed on the line: Modbus RTU, or HPMONT's own likeness of it."""

    RTU = "rtu"
    HPMONT_CIC = "hpmont_cic"


class Behaviour(Section, frozen=True, kw_only=True):
    """The firmware's own habits. `latency_ms` runs from the request's end to the answer's start."""

    errors: OnError = OnError.EXCEPTION
    checks_crc: bool = True
    latency_ms: Milliseconds


class CommLoss(enum.Enum):
    """What becomes of the lift when the device's serial master goes away."""

    NONE = "none"
    UNKNOWN = "unknown"
    TRIP = "trip"
    LOCK = "lock"


class Option(Section, frozen=True, kw_only=True):
    """Something about the installation that the registers do not tell; its first value is what a bench assumes."""

    title: Text
    values: Annotated[dict[Key, Text], Meta(min_length=2)]


class Denied(Section, frozen=True, kw_only=True):
    """Registers that are never touched, and why; of one `function`, or whatever the function."""

    address: Address
    count: Annotated[int, Meta(ge=1)] = 1
    function: FunctionCode | None = None
    why: Annotated[str, Meta(min_length=1)]


class Identity(Section, frozen=True, kw_only=True):
    """A row that tells the device's type: its raw value is one of `expect`, or in `within` [least, most].

    Neither is given where no source tells which values are right; then nothing is compared.
    """

    row: Key
    expect: tuple[int, ...] = ()
    within: tuple[int, int] | None = None

    def fits(self, raw: int) -> bool:
        """Whether this value is one of the right ones, as far as anybody knows."""
        if self.within is not None and self.within[0] <= raw <= self.within[1]:
            return True
        return raw in self.expect or (not self.expect and self.within is None)


class BlockSpec(Section, frozen=True, kw_only=True):
    """A range in which every register can be read, alone or with its neighbours; never read beyond or across."""

    name: Key
    function: FunctionCode = HOLDING
    address: Address
    count: Annotated[int, Meta(ge=1, le=2000)]


class WordOrder(enum.Enum):
    """Which word of a number over several registers stands at the lowest address."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"


class ReplyOrder(enum.Enum):
    """Which register of a read stands first in the answer: the lowest address, as Modbus has it, or the highest."""

    ASCENDING = "ascending"
    DESCENDING = "descending"


class Pair(enum.Enum):
    """What the upper of two registers counts: 65 536, or 10 000."""

    BINARY = "binary"
    DECIMAL = "decimal"


class FaultCoding(enum.Enum):
    """How a row carries faults: one bit each (bit 0 is the row's lowest), or one number, 0 for none.

    `code_sub` is code x 100 + a sub-code; the table has the codes.
    """

    BITS = "bits"
    CODE = "code"
    CODE_SUB = "code_sub"


class Row(Section, frozen=True, kw_only=True):
    """One field of the register map: where its bits are, what they mean, where that was read.

    `bits` is [lowest, highest] within the word (none: the whole word; a coil or discrete input has no bits). The row
    feeds one vocabulary `item` as a truth value or a scaled number; or several through `meanings` (item -> raw number
    -> word of the vocabulary; the first item decides when values contradict); or the fault list through `faults`,
    unless it is one of the `past`: people read its name then, and nobody judges it. A row that feeds nothing is shown
    raw. `rate` says how often it is read, if not as its items want. What a `channel` feeds says the lift's file.
    `default` is the raw number that a simulated device reports if nobody says better.
    """

    name: Key
    function: FunctionCode = HOLDING
    address: Address
    words: Annotated[int, Meta(ge=1, le=4)] = 1
    word_order: WordOrder | None = None
    pair: Pair = Pair.BINARY
    bits: tuple[Bit, Bit] | None = None
    signed: bool = False
    scale: Annotated[float, Meta(gt=0)] | None = None
    unit: str = ""
    item: str | None = None
    invert: bool = False
    meanings: dict[str, dict[int, bool | str]] = {}
    faults: FaultCoding | None = None
    past: bool = False
    rate: Rate | None = None
    channel: Annotated[int, Meta(ge=1, le=64)] | None = None
    when: dict[Key, Key] = {}
    default: int = 0
    status: Mark
    unverified: bool = False
    note: str = ""

    def holds(self, options: Mapping[str, str]) -> bool:
        """Whether this row exists in an installation that answers the profile's options so."""
        return all(options.get(name) == value for name, value in self.when.items())


class Derived(Section, frozen=True, kw_only=True):
    """An item that no register carries: it has this value while every row of `all` has the raw value given.

    The rows stand in one readable range. While they do not, the item is `otherwise`; without that, unknown.
    """

    item: str
    value: bool | str = True
    all: Annotated[dict[Key, int], Meta(min_length=1)]
    otherwise: bool | str | None = None
    status: Mark
    note: Annotated[str, Meta(min_length=1)]


class Joined(Section, frozen=True, kw_only=True):
    """An item of bits that several rows of one readable range carry: a bit is set if it is set in any of them."""

    item: str
    rows: Annotated[tuple[Key, ...], Meta(min_length=2)]
    status: Mark
    note: Annotated[str, Meta(min_length=1)]


class Vector(Section, frozen=True, kw_only=True):
    """Frames as a manual prints them, request and answer with their CRC, and the raw values that rows have in it."""

    request: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{2}( [0-9A-Fa-f]{2})*$")]
    reply: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{2}( [0-9A-Fa-f]{2})*$")] | None = None
    says: dict[Key, int] = {}
    status: Mark
    note: str = ""


class FaultSpec(Section, frozen=True, kw_only=True):
    """One entry of the device's own fault table: the neutral name, and what people read.

    `event` is the code of the event catalogue that a controller means by it: what a simulated one reports it for.
    """

    name: FaultName
    event: Annotated[str, Meta(pattern=r"^F[0-9]{2}$")] | None = None
    title: Text
    status: Mark


class Profile(Section, frozen=True, kw_only=True):
    """One kind of device on the bus. `faults` is keyed by bit number or fault code; tables are never shared.

    `transport_verified`: a source shows that this framing is spoken on this port. A `stub` has too little of the map to
    be polled: it is there to be copied and filled in. `ask_at_most`: how many registers we ask for at once where fewer
    than `max_regs` are safer; a wider row is asked for alone. `exceptions` are the device's own codes beyond the
    standard's. An item of a door operator is written `doors.this.open`: which door it is says the installation.
    """

    name: ProfileName
    title: Text
    kind: DeviceKind
    tier: Tier
    hardware_verified: bool
    framing: Framing = Framing.RTU
    transport_verified: bool = True
    stub: bool = False
    sources: Annotated[dict[str, str], Meta(min_length=1)]
    slave: Annotated[int, Meta(ge=1, le=247)]
    line: LineSpec
    functions: Annotated[tuple[FunctionCode, ...], Meta(min_length=1)]
    max_regs: Annotated[int, Meta(ge=1, le=125)]
    ask_at_most: Annotated[int, Meta(ge=1, le=125)] | None = None
    min_gap_ms: Milliseconds = 0.0
    max_late_ms: Milliseconds = 1000.0
    behaviour: Behaviour
    options: dict[Key, Option] = {}
    reply_order: ReplyOrder = ReplyOrder.ASCENDING
    exceptions: dict[int, Text] = {}
    deny: tuple[Denied, ...] = ()
    identity: tuple[Identity, ...] = ()
    comm_loss: CommLoss
    comm_loss_effect: Text
    blocks: Annotated[tuple[BlockSpec, ...], Meta(min_length=1)]
    rows: Annotated[tuple[Row, ...], Meta(min_length=1)]
    derived: tuple[Derived, ...] = ()
    joined: tuple[Joined, ...] = ()
    faults: dict[int, FaultSpec] = {}
    vectors: tuple[Vector, ...] = ()
