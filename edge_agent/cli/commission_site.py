"""The lift to commission, as its file has it."""

from pathlib import Path

import msgspec

from edge_agent.acceptance import wiring_of
from edge_agent.cli.commission_lines import word
from edge_agent.cli.output import fail
from edge_agent.cli.place import Place
from edge_agent.config import load_config
from edge_agent.config_types import AgentConfig, LiftConfig
from edge_agent.equipment import equipment_of
from protocols.profiles.schema import Profile


class Site(msgspec.Struct, frozen=True):
    """One lift of a file; `index` is its place there, `slowest_item_ns` between two looks at its slowest item."""

    file: Path
    config: AgentConfig
    index: int
    profiles: dict[str, Profile]
    slowest_item_ns: int

    @property
    def lift(self) -> LiftConfig:
        """The lift."""
        return self.config.lifts[self.index]

    @property
    def wiring(self) -> str:
        """How it is read by this file."""
        return wiring_of(self.lift, self.profiles)


def site_of(place: Place, wanted: str | None) -> Site:
    """The lift of that id; without one, the only lift there is. Raises ConfigError, AgentError."""
    config = load_config(str(place.config))
    names = [lift.id for lift in config.lifts]
    if wanted is None and len(names) > 1:
        raise fail(word("which", place.lang, lifts=", ".join(names)))
    name = names[0] if wanted is None else wanted
    if name not in names:
        raise fail(word("none", place.lang, lift=name, lifts=", ".join(names)))
    equipment = equipment_of(config)
    return Site(place.config, config, names.index(name), equipment.profiles, equipment.plan.slowest_item_ns)
