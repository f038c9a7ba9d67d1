"""Which profile a device may be: by its identity registers, and by what can be read. Pure but for asking.

A value that a profile states and the device has is a likeness; where a profile states none, the device only could be
it, and the reason says why. Nothing is claimed.
"""

import enum
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from edge_agent.diagnose.scan_plan import is_alike, is_denied
from edge_agent.link.outcome import Failure, Reply, SlaveTimes
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.field import compile_field
from protocols.profiles.schema import HOLDING, Framing, Identity, Profile, Row
from protocols.upstream.messages import Text

Ask = Callable[[ReadRequest, SlaveTimes], Awaitable[Reply | Failure]]
_HEX_WORD: Final = 4


class Verdict(enum.Enum):
    """How sure it is: its identity fits, or nothing speaks against it."""

    LOOKS_LIKE = "looks_like"
    COULD_BE = "could_be"


class Likeness(msgspec.Struct, frozen=True):
    """A profile that the device may be, and why."""

    profile: str
    verdict: Verdict
    reason: Text


async def likenesses(
    slave: int, lines: Sequence[LineSettings], profiles: Sequence[Profile], ask: Ask
) -> list[Likeness]:
    """What the device at `slave`, found on one of `lines`, may be; the likeliest first.

    Asks function 03 only, and nothing that is denied.
    """
    found: list[Likeness] = []
    for profile in profiles:
        one = await _likeness(slave, lines, profile, profiles, ask)
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda one: one.verdict is not Verdict.LOOKS_LIKE)


async def _likeness(
    slave: int, lines: Sequence[LineSettings], profile: Profile, profiles: Sequence[Profile], ask: Ask
) -> Likeness | None:
    if profile.framing is not Framing.RTU or not _may_be_at(lines, profile):
        return None
    rows = {row.name: row for row in profile.rows}
    told = [(identity, rows[identity.row]) for identity in profile.identity if identity.row in rows]
    asked = [(identity, row) for identity, row in told if _may_be_asked(row, profiles)]
    if asked:
        return await _by_identity(slave, profile, asked, ask)
    return await _by_registers(slave, profile, profiles, ask)


def _may_be_at(lines: Sequence[LineSettings], profile: Profile) -> bool:
    allowed = [LineSettings.parse(text) for text in profile.line.allowed]
    return any(is_alike(line, one) for line in lines for one in allowed)


def _may_be_asked(row: Row, profiles: Sequence[Profile]) -> bool:
    return row.function == HOLDING and not row.when and not is_denied(profiles, row.address, row.words)


async def _by_identity(
    slave: int, profile: Profile, asked: Sequence[tuple[Identity, Row]], ask: Ask
) -> Likeness | None:
    said: list[str] = []
    is_stated = False
    for identity, row in asked:
        request = ReadRequest(slave, ReadFunction.HOLDING, row.address, row.words)
        answer = await ask(request, SlaveTimes.of(profile))
        raw = None if isinstance(answer, Failure) else compile_field(row, 0, profile.faults).raw(answer.words)
        if raw is None or not identity.fits(raw):
            return None
        is_stated |= _is_stated(identity)
        said.append(f"{row.name} ({row.address:04X}h) = {raw:0{_HEX_WORD * row.words}X}h")
    values = ", ".join(said)
    if is_stated:
        return Likeness(
            profile.name,
            Verdict.LOOKS_LIKE,
            Text(f"{values}, 与配置文件一致", f"{values}, as its profile states"),
        )
    return Likeness(
        profile.name,
        Verdict.COULD_BE,
        Text(f"{values}; 配置文件未给出应有的值", f"{values}; its profile states no value to compare with"),
    )


def _is_stated(identity: Identity) -> bool:
    return bool(identity.expect) or identity.within is not None


async def _by_registers(slave: int, profile: Profile, profiles: Sequence[Profile], ask: Ask) -> Likeness | None:
    """Whether a range that this device has can be read in one go; others may have it as well."""
    for block in profile.blocks:
        count = min(block.count, profile.max_regs)
        if block.function == HOLDING and not is_denied(profiles, block.address, count):
            answer = await ask(ReadRequest(slave, ReadFunction.HOLDING, block.address, count), SlaveTimes.of(profile))
            if isinstance(answer, Failure):
                return None
            span = f"{block.address:04X}h-{block.address + count - 1:04X}h"
            return Likeness(
                profile.name,
                Verdict.COULD_BE,
                Text(f"寄存器 {span} 可读; 没有能辨认型号的寄存器", f"{span} can be read; no register tells the type"),
            )
    return None
