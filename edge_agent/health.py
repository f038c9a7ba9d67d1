"""The terminal's own state, as published and as shown to a technician."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from edge_agent.clock import NS, stamp
from edge_agent.local.views import LinkView
from edge_agent.ports import Clock
from edge_agent.uplink.uplink import UplinkStatus
from protocols.upstream.messages import HealthMessage


def _version() -> str:
    try:
        return version("liftwarden")
    except PackageNotFoundError:
        return "unknown"


VERSION: Final = _version()


def health_message(
    terminal_id: str,
    journal_id: str,
    clock: Clock,
    began_ns: int,
    links: Sequence[LinkView],
    notes: Sequence[str],
    journal: dict[str, object],
    uplink: UplinkStatus,
) -> HealthMessage:
    """Everything a person asks first about a terminal that stands in a machine room far away."""
    return HealthMessage(
        terminal_id=terminal_id,
        online=True,
        at=stamp(clock),
        version=VERSION,
        journal_id=journal_id,
        uptime_s=(clock.now_ns() - began_ns) // NS,
        mqtt_version=uplink.mqtt_version,
        delivery_unverified=uplink.delivery_unverified,
        undelivered=_count(journal, "undelivered"),
        unacknowledged_alarms=_count(journal, "unacknowledged_alarms"),
        notes=[*notes, *uplink.notes],
        links={link.device: _link(link) for link in links},
        journal=journal,
    )


def _link(link: LinkView) -> dict[str, int | str]:
    latencies = {f"latency {edge}": count for edge, count in link.latencies.items()}
    return {"state": link.state, **link.counters, **latencies}


def _count(journal: dict[str, object], name: str) -> int:
    value = journal.get(name, 0)
    return value if isinstance(value, int) else 0
