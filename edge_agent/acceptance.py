"""That somebody proved a lift's signals on site, for one way to read them: any change of that, and it holds no more."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.clock import stamp
from edge_agent.config_types import DeviceConfig, LiftConfig
from edge_agent.equipment import Equipment
from edge_agent.journal.late import AnyJournal
from edge_agent.ports import Clock
from protocols.profiles.schema import Profile
from protocols.upstream.messages import Stamp

_KEY: Final = "acceptance."
_DIGEST_CHARS: Final = 16
_FORM: Final = 1
"""To be raised when what is digested changes, and then every lift has to be proved again."""
_READ_BY: Final = (
    "name",
    "function",
    "address",
    "words",
    "word_order",
    "pair",
    "bits",
    "signed",
    "scale",
    "item",
    "invert",
    "meanings",
    "faults",
    "past",
    "channel",
)
"""What of a profile's row decides how it is read."""


class Acceptance(msgspec.Struct, frozen=True):
    """What was accepted when: the `wiring` it holds for, and the digest of the report that proves it."""

    wiring: str
    report: str
    at: Stamp


def digest_of(told: object) -> str:
    """SHA-256 of a value's content, whatever the order of its mappings."""
    plain = msgspec.to_builtins(told, str_keys=True)
    return hashlib.sha256(msgspec.json.encode(plain, order="deterministic")).hexdigest()


def wiring_of(lift: LiftConfig, profiles: Mapping[str, Profile]) -> str:
    """A digest of how this lift's devices are read: everything that a value depends on, and no words for people."""
    read = (
        _FORM,
        lift.id,
        [_device(one, profiles[one.name]) for one in lift.devices],
        [floor.reported for floor in lift.floors],
        lift.doors,
        lift.precedence,
    )
    return digest_of(read)[:_DIGEST_CHARS]


def _device(device: DeviceConfig, profile: Profile) -> tuple[object, ...]:
    return (
        device.name,
        profile.slave if device.slave is None else device.slave,
        device.options,
        device.door,
        {number: (one.item, one.invert, one.debounce_ms) for number, one in device.channels.items()},
        profile.framing,
        profile.reply_order,
        [(one.row, one.expect, one.within) for one in profile.identity],
        [(one.function, one.address, one.count) for one in profile.blocks],
        [tuple(getattr(row, name) for name in _READ_BY) for row in profile.rows if row.holds(device.options)],
        [(one.item, one.value, one.all, one.otherwise) for one in profile.derived],
        [(one.item, one.rows) for one in profile.joined],
        {code: fault.name for code, fault in profile.faults.items()},
    )


class Acceptances:
    """Which lifts of this terminal were accepted as they are, kept in the journal."""

    def __init__(self, lifts: tuple[LiftConfig, ...], equipment: Equipment, journal: AnyJournal, clock: Clock) -> None:
        self.wiring: Final = {lift.id: wiring_of(lift, equipment.profiles) for lift in lifts}
        self._journal: Final = journal
        self._clock: Final = clock
        self._accepted: Final[dict[str, Acceptance]] = {}

    async def restore(self) -> None:
        """Read what was accepted before; what cannot be read was not."""
        for lift_id in self.wiring:
            kept = await self._journal.meta(_KEY + lift_id)
            try:
                if kept is not None:
                    self._accepted[lift_id] = msgspec.json.decode(kept, type=Acceptance)
            except msgspec.MsgspecError:
                continue

    def holds(self, lift_id: str) -> bool:
        """Whether the lift was accepted as it is read now."""
        accepted = self._accepted.get(lift_id)
        return accepted is not None and accepted.wiring == self.wiring[lift_id]

    def note(self, lift_id: str) -> str:
        """What a person should know of a lift that is not; "" if it is."""
        if self.holds(lift_id):
            return ""
        accepted = self._accepted.get(lift_id)
        why = "" if accepted is None else f" as it is read now (it was on {accepted.at.wall[:10]}, as read then)"
        return f"{lift_id}: not commissioned{why}; on site: liftwarden commission"

    async def accept(self, lift_id: str, wiring: str, report: str) -> None:
        """Keep that the lift was proved right, across restarts and power cuts.

        Raises AgentError for a lift that is not ours, or is read otherwise here; JournalError if it cannot be kept.
        """
        if lift_id not in self.wiring:
            raise AgentError(f"no lift {lift_id!r} here; there are: {', '.join(self.wiring)}")
        if wiring != self.wiring[lift_id]:
            raise AgentError(
                f"{lift_id}: the running agent reads it otherwise than the report; restart the agent with the file"
                " that was tested"
            )
        acceptance = Acceptance(wiring, report, stamp(self._clock))
        await self._journal.set_meta(_KEY + lift_id, msgspec.json.encode(acceptance).decode())
        self._accepted[lift_id] = acceptance

    async def withdraw(self, lift_id: str) -> None:
        """A later visit found something wrong: the proof holds no more. Raises as `accept`."""
        if lift_id not in self.wiring:
            raise AgentError(f"no lift {lift_id!r} here; there are: {', '.join(self.wiring)}")
        await self._journal.set_meta(_KEY + lift_id, "")
        self._accepted.pop(lift_id, None)
