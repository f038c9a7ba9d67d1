"""What an agent is configured with for a scenario."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.config_types import AgentConfig
from hil.agent_config import base_config
from hil.loop import NS_PER_S
from hil.scenario.model import Scenario
from hil.scenario.parts import ns_of
from hil.setup import BenchSetup
from protocols.strictyaml import load_yaml


def agent_config(
    scenario: Scenario, setup: BenchSetup, labels: Sequence[str], directory: Path, **where: Any
) -> AgentConfig:
    """It knows the devices and the landings' signs, and what `agent.set` lays over that.

    `where`: the `port` and `broker` of a real bench. Raises ConfigError for a key or value that does not fit.
    """
    poll_s = ns_of(scenario.agent.poll) / NS_PER_S
    base = base_config(setup, labels, directory, poll_period_s=poll_s, **where)
    return load_yaml(as_file(base), f"{scenario.name}: agent", AgentConfig, scenario.agent.set)


def as_file(config: AgentConfig) -> str:
    """The configuration as the file that the installed command reads."""
    return msgspec.yaml.encode(config).decode()
