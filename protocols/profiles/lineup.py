"""One bus has one line setting and one framing: which do all its devices accept?"""

from collections.abc import Sequence

from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from protocols.profiles.schema import Framing, Profile


def common_line(profiles: Sequence[Profile], wanted: str | None) -> LineSettings:
    """The bus's line: `wanted` if every profile allows it; without it, the only one they share or their common default.

    Raises ProtocolError that says which profile allows what.
    """
    if wanted is not None:
        return _wanted(profiles, LineSettings.parse(wanted))
    defaults = {profile.line.default for profile in profiles}
    shared = [line for line in profiles[0].line.allowed if all(line in profile.line.allowed for profile in profiles)]
    if len(defaults) == 1:
        return LineSettings.parse(profiles[0].line.default)
    if not shared:
        raise ProtocolError(f"these devices cannot share one bus: {_allowances(profiles)}; put them on separate buses")
    if len(shared) > 1:
        raise ProtocolError(f"the devices of this bus could use any of {', '.join(shared)}; say which with line")
    return LineSettings.parse(shared[0])


def _wanted(profiles: Sequence[Profile], line: LineSettings) -> LineSettings:
    refusing = [profile for profile in profiles if str(line) not in profile.line.allowed]
    if refusing:
        raise ProtocolError(f"line {line} does not suit this bus: {_allowances(refusing)}; set one that all allow")
    return line


def _allowances(profiles: Sequence[Profile]) -> str:
    unique = {profile.name: ", ".join(profile.line.allowed) for profile in profiles}
    return "; ".join(f"{name} allows only {allowed}" for name, allowed in unique.items())


def common_framing(profiles: Sequence[Profile]) -> Framing:
    """The framing that all devices of a bus speak. Raises ProtocolError if they differ."""
    framings = {profile.framing: profile.name for profile in profiles}
    if len(framings) > 1:
        said = ", ".join(f"{name} speaks {framing.value}" for framing, name in framings.items())
        raise ProtocolError(f"these devices cannot share one bus: {said}; put them on separate buses")
    return next(iter(framings))
