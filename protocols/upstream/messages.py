"""The messages on the wire to the platform, schema version 1 (`docs/mqtt.md`, `docs/asyncapi.yaml`).

Identity of an alarm or event message is (terminal_id, journal_id, stream, seq); `seq` is gapless per stream.
Wall time stamps are RFC 3339 UTC with milliseconds; durations come from the monotonic clock only.
"""

import enum
from typing import Any, Final

import msgspec

SCHEMA_VERSION: Final = 1


class Stream(enum.Enum):
    """A numbered stream of the journal; each lift message belongs to one."""

    ALARM = "alarm"
    EVENT = "event"


class Stamp(msgspec.Struct, frozen=True):
    """When: wall time, whether it was synchronised, the boot it belongs to, and monotonic ns of that boot."""

    wall: str
    synchronised: bool
    boot_id: str
    mono_ns: int


class Trapped(enum.Enum):
    """Is somebody trapped: unknown is neither yes nor no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Phase(enum.Enum):
    """Where an alarm or event stands. Events know only `begin` and `end`."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    ENDED = "ended"
    BEGIN = "begin"
    END = "end"


class Text(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    zh: str
    en: str


class LiftIds(msgspec.Struct, frozen=True):
    """The lift's identifiers: our own id, the registration code, and the plate code of the 96333 centre."""

    lift_id: str
    register_no: str = ""
    code_96333: str = ""


class ItemView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item of a snapshot as sent: value, validity, age in ms at the snapshot's time, source."""

    value: bool | int | float | str | list[str] | None = None
    validity: str = "good"
    age_ms: int = 0
    source: str = ""


class SnapshotView(msgspec.Struct, frozen=True):
    """A snapshot as sent: every item by its vocabulary name; floor as index and label beside it."""

    at: Stamp
    items: dict[str, ItemView]
    floor_index: int | None = None
    floor_label: str | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What every numbered message carries. `durable` is False only if the journal could not be written."""

    schema: int = SCHEMA_VERSION
    terminal_id: str
    journal_id: str
    stream: Stream
    seq: int
    durable: bool = True
    attempt: int = 1
    sent: Stamp | None = None


class EventMessage(Message, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """One step in the life of an alarm or event.

    All steps of one happening share `event_id`. On the alarm stream the same message is published again with
    a higher `attempt` until the platform acknowledges it. `commissioned`: somebody has proved on site that the signals
    of this lift, wired and configured as they are now, say what they should.
    """

    ids: LiftIds
    event_id: str
    code: str
    name: Text
    severity: int
    phase: Phase
    begin: Stamp
    end: Stamp | None = None
    floor_index: int | None = None
    floor_label: str | None = None
    zone: str = "unknown"
    trapped: Trapped = Trapped.UNKNOWN
    confidence: float
    evidence: Text
    snapshot: SnapshotView
    restored: bool = False
    commissioned: bool = False


class TombstoneMessage(Message, frozen=True, kw_only=True, tag_field="type", tag="tombstone"):
    """The journal had to evict undelivered events `first_seq`..`last_seq` of this stream."""

    lift_id: str
    first_seq: int
    last_seq: int
    at: Stamp


class StateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Latest value of one lift; retained; to be distrusted `expires_s` after `snapshot.at`."""

    schema: int = SCHEMA_VERSION
    terminal_id: str
    ids: LiftIds
    expires_s: int
    snapshot: SnapshotView
    link: dict[str, str]
    open_alarms: list[str]


class HealthMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The terminal's own state; retained. The last will is the same message with `online` False."""

    schema: int = SCHEMA_VERSION
    terminal_id: str
    online: bool
    at: Stamp | None = None
    version: str = ""
    journal_id: str = ""
    uptime_s: int = 0
    mqtt_version: str = ""
    delivery_unverified: bool = False
    undelivered: int = 0
    unacknowledged_alarms: int = 0
    notes: list[str] = []
    links: dict[str, Any] = {}
    journal: dict[str, Any] = {}


class CommandKind(enum.Enum):
    """What may come down. Acknowledgements only."""

    ACK = "ack"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope of everything that comes down; unknown kinds and expired or replayed ones are refused.

    `counter` grows with every command to this terminal; `signature` is reserved and not yet checked.
    """

    schema: int = SCHEMA_VERSION
    kind: CommandKind
    id: str
    issued: str
    expires: str
    counter: int
    signature: str = ""
    event_id: str
    operator: str = ""
