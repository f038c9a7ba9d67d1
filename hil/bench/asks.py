"""What the bare master has to ask so that it reads the same registers, as often, as the agent's plan does."""

from edge_agent.config_types import AgentConfig
from edge_agent.equipment import equipment_of
from hil.bench.bare import Ask
from hil.loop import NS_PER_S


def asks_of(config: AgentConfig) -> tuple[Ask, ...]:
    """One for each read of the plan, in the first of its shapes. Raises the one-line errors of `equipment_of`."""
    return tuple(
        Ask.of(job.ways[0][0], job.period_ns / NS_PER_S)
        for device in equipment_of(config).devices
        for job in device.jobs
    )


def said(config: AgentConfig) -> str:
    """The reads in words: "3 registers every 0.5 s, 16 every 1 s"."""
    jobs = [job for device in equipment_of(config).devices for job in device.jobs]
    terms = [f"{job.block.count} registers every {job.period_ns / NS_PER_S:g} s" for job in jobs]
    return ", ".join(terms)
