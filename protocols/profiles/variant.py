"""A file that says no more than how its device differs from another one's profile."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocols.profiles.schema import Behaviour, Framing, LineSpec, Profile, ProfileName, Section, Vector
from protocols.upstream.messages import Text


class Variant(Section, frozen=True, kw_only=True):
    """A profile that says what another one says (`extends`, by name), but for what is given here."""

    extends: ProfileName
    name: ProfileName
    title: Text
    hardware_verified: bool
    framing: Framing | None = None
    transport_verified: bool | None = None
    behaviour: Behaviour | None = None
    line: LineSpec | None = None
    max_regs: Annotated[int, Meta(ge=1, le=125)] | None = None
    vectors: tuple[Vector, ...] | None = None

    def of(self, base: Profile) -> Profile:
        """The whole profile."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        del given["extends"]
        return msgspec.structs.replace(base, **given)
