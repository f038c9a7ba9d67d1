"""The agent's configuration for a bench: it knows the devices on the bus, the landings, and what the profiles ask."""

from collections.abc import Sequence
from pathlib import Path

from edge_agent.config_types import (
    AgentConfig,
    ChannelConfig,
    DeviceConfig,
    FloorConfig,
    JournalConfig,
    LiftConfig,
    LinkConfig,
    LocalConfig,
    UplinkConfig,
)
from hil.bus.memory import MEMORY_PORT
from hil.setup import BenchSetup, DeviceSetup

TERMINAL_ID = "t-1"


def base_config(
    setup: BenchSetup,
    labels: Sequence[str],
    directory: Path,
    *,
    poll_period_s: float | None,
    port: str = MEMORY_PORT,
    broker: str = "mqtt://127.0.0.1:1883",
) -> AgentConfig:
    """A configuration for one terminal; `labels` are the landings' signs, from the lowest. Its files go to `directory`.

    The lifts are called lift-1, lift-2 and so on by their cars, the devices device-1 and so on.
    """
    devices = [(one, _device_config(index, one)) for index, one in enumerate(setup.devices, start=1)]
    lifts = []
    for car in sorted({one.car for one, _ in devices}):
        mine = [(one, config) for one, config in devices if one.car == car]
        first = mine[0][0].first_floor
        floors = tuple(FloorConfig(reported=first + index, label=label) for index, label in enumerate(labels))
        lifts.append(LiftConfig(id=f"lift-{car}", devices=tuple(config for _, config in mine), floors=floors))
    return AgentConfig(
        terminal_id=TERMINAL_ID,
        link=LinkConfig(port=port, line=setup.line, poll_period_s=poll_period_s),
        lifts=tuple(lifts),
        journal=JournalConfig(path=str(directory / "journal.sqlite")),
        uplink=UplinkConfig(broker=broker),
        local=LocalConfig(socket=str(directory / "agent.sock")),
    )


def _device_config(index: int, device: DeviceSetup) -> DeviceConfig:
    return DeviceConfig(
        name=f"device-{index}",
        profile=device.profile,
        slave=device.slave,
        options=device.options,
        door=device.door,
        comm_loss_accepted_by="the bench",
        channels={
            number: ChannelConfig(item=channel.item, invert=channel.invert)
            for number, channel in device.channels.items()
        },
    )
