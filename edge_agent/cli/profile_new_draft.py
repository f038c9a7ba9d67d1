"""A profile while somebody describes it: what was said so far, and what the checks of a profile say to it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge_agent.cli.profile_new_notation import Base
from protocols.profiles.review import review_profile
from protocols.profiles.schema import BlockSpec, DeviceKind, FaultSpec, Profile, Row, Tier

SOURCE_KEYS: Final = {
    Tier.MANUAL: "S-MANUAL",
    Tier.CODE: "S-CODE",
    Tier.FAMILY: "S-FAMILY",
    Tier.UNVERIFIED: "S-HEARSAY",
}
_BLOCK_NAMES: Final = {1: "coils", 2: "discretes", 3: "holding", 4: "inputs"}
_LONGEST_BLOCK: Final = 2000


class Draft(msgspec.Struct, frozen=True):
    """`profile` as it stands, its rows perhaps still none; `printed` are the manual's own addresses, by row."""

    profile: Profile
    base: Base
    printed: Mapping[str, str] = {}

    @property
    def mark(self) -> str:
        """The provenance of what was read where this profile comes from."""
        if self.profile.tier is Tier.UNVERIFIED:
            return "U"
        return f"V:{SOURCE_KEYS[self.profile.tier]}"

    def with_row(self, row: Row, printed: str) -> "Draft":
        """With one row more, and the ranges that follow from it."""
        rows = (*self.profile.rows, row)
        profile = msgspec.structs.replace(self.profile, rows=rows, blocks=blocks_of(rows))
        return Draft(profile, self.base, {**self.printed, row.name: printed})

    def with_faults(self, faults: Sequence[tuple[int, FaultSpec]]) -> "Draft":
        """With these in the table of faults, marked with where they were read."""
        table = {code: msgspec.structs.replace(fault, status=self.mark) for code, fault in faults}
        return self.changed(faults={**self.profile.faults, **table})

    def changed(self, **parts: object) -> "Draft":
        """With other parts of the profile."""
        return msgspec.structs.replace(self, profile=msgspec.structs.replace(self.profile, **parts))

    def marked(self, row: Row, doubt: str) -> Row:
        """The row with its provenance; `doubt` is what the source leaves open, "" if nothing."""
        if self.profile.tier is Tier.UNVERIFIED:
            return msgspec.structs.replace(row, status=self.mark, unverified=True, note=doubt)
        status = self.mark.replace("V:", "V~:") if doubt else self.mark
        return msgspec.structs.replace(row, status=status, note=doubt)


def blocks_of(rows: Sequence[Row]) -> tuple[BlockSpec, ...]:
    """The ranges in which every register is one that a row names: nothing else is ever asked for."""
    taken = sorted({(row.function, row.address + offset) for row in rows for offset in range(row.words)})
    ranges: list[list[int]] = []
    for function, address in taken:
        last = ranges[-1] if ranges else None
        if last is not None and last[0] == function and last[1] + last[2] == address and last[2] < _LONGEST_BLOCK:
            last[2] += 1
        else:
            ranges.append([function, address, 1])
    return tuple(
        BlockSpec(name=f"{_BLOCK_NAMES[function]}_{address:04x}", function=function, address=address, count=count)
        for function, address, count in ranges
    )


def complaints(text: str) -> list[str]:
    """What the checks say to a profile's text, without naming a file or a line of it."""
    return [str(error).split(": ", 1)[1] for error in review_profile(text, "").errors]


def is_door(profile: Profile) -> bool:
    """Whether its items are of the door that it moves, whichever that is."""
    return profile.kind is DeviceKind.DOOR_OPERATOR
