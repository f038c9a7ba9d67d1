"""Inputs that are wired wrong, and right ones, in normal traffic: real frames, virtual time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.config_types import ChannelConfig, DetectConfig, LiftConfig, PlausibilityConfig
from edge_agent.state.plausibility import Plausibility, Signal
from hil.loop import run_virtual
from hil.setup import BenchSetup, load_bench
from hil.world import VirtualWorld
from protocols.resources import config_names
from protocols.upstream.messages import EventMessage, Phase
from tests.support.identified_box import TEXT
from tests.support.runtime import HandFed
from tests.support.virtual_agent import VirtualAgent, virtual_agent

INPUTS = load_bench("residential-9-drive-door-inputs")
HASTY = DetectConfig(plausibility=PlausibilityConfig(still_trips=5, openings_outside_zone=2))
"""The shortest way to a doubt that the configuration allows."""
POLL_S = 0.7

Channels = dict[int, ChannelConfig]


def lift_of(setup: BenchSetup, directory: Path, change: Callable[[Channels], Channels]) -> tuple[LiftConfig, ...]:
    """The agent's lift as it should be, with the channels of its module changed."""
    (lift,) = VirtualWorld(setup.devices, line=setup.line).agent_config(directory).lifts
    devices = tuple(
        msgspec.structs.replace(device, channels=change(device.channels)) if device.channels else device
        for device in lift.devices
    )
    return (msgspec.structs.replace(lift, devices=devices),)


def without(setup: BenchSetup, *numbers: int) -> BenchSetup:
    """The same bench with nothing at these inputs of its module."""
    devices = tuple(
        msgspec.structs.replace(
            device, channels={number: one for number, one in device.channels.items() if number not in numbers}
        )
        for device in setup.devices
    )
    return msgspec.structs.replace(setup, devices=devices)


def inverted(number: int) -> Callable[[Channels], Channels]:
    def change(channels: Channels) -> Channels:
        one = channels[number]
        return channels | {number: msgspec.structs.replace(one, invert=not one.invert)}

    return change


def watched(directory: Path, setup: BenchSetup, **changes: Any) -> Any:
    return virtual_agent(
        directory, devices=setup.devices, line=setup.line, poll_period_s=POLL_S, **{"detect": HASTY} | changes
    )


def faults(bench: VirtualAgent, phase: Phase = Phase.BEGIN) -> list[EventMessage]:
    """D04 of single signals, repetitions left out."""
    told = {one.seq: one for _, one in bench.received() if one.code == "D04" and one.phase is phase}
    return list(told.values())


def implausible(bench: VirtualAgent) -> set[str]:
    return {name for name, item in bench.state().snapshot.items.items() if item.validity == "implausible"}


@pytest.mark.parametrize("name", config_names("benches"))
def test_a_lift_that_is_wired_right_is_never_doubted(tmp_path: Path, name: str) -> None:
    setup = load_bench(name)

    async def main() -> None:
        async with watched(tmp_path, setup, seed=1) as bench:
            for quarter in range(1, 5):
                await bench.until_s(quarter * 900)
                assert implausible(bench) == set()
            assert faults(bench) == []
            assert bench.world.plant.signals().door_cycles > 30

    run_virtual(main())


@pytest.mark.parametrize(
    ("number", "item", "why"),
    [
        (1, "door_zone", "where it said no"),
        (2, "landing_lock", "has said no all through"),
        (4, "safety_chain", "has said no all through"),
        (9, "doors.front.open", "has said no all through"),
    ],
)
def test_a_dead_input_is_named_and_not_believed(tmp_path: Path, number: int, item: str, why: str) -> None:
    lifts = lift_of(INPUTS, tmp_path, dict)

    async def main() -> None:
        async with watched(tmp_path, without(INPUTS, number), lifts=lifts) as bench:
            await bench.until_s(1200)
            (fault,) = faults(bench)
            assert f"{item} of device-3" in fault.evidence.en
            assert f"device-3 的 {item}" in fault.evidence.zh
            assert why in fault.evidence.en
            assert fault.severity == 4
            assert implausible(bench) == {item}

    run_virtual(main())


def test_a_dead_input_of_which_another_device_knows_better_costs_nothing(tmp_path: Path) -> None:
    """The module's input is asked first; the door operator's own close limit is right."""
    (module,) = (device for device in INPUTS.devices if device.channels)
    closed = msgspec.structs.replace(module.channels[3], item="doors.front.closed")
    setup = msgspec.structs.replace(
        INPUTS,
        devices=(
            msgspec.structs.replace(module, channels=module.channels | {3: closed}),
            *(device for device in INPUTS.devices if not device.channels),
        ),
    )
    lifts = lift_of(setup, tmp_path, dict)

    async def main() -> None:
        async with watched(tmp_path, without(setup, 3), lifts=lifts) as bench:
            await bench.until_s(1200)
            (fault,) = faults(bench)
            assert "doors.front.closed of device-1" in fault.evidence.en
            closed = bench.state().snapshot.items["doors.front.closed"]
            assert closed.validity == "good"
            assert not closed.source.startswith("device-1/")

    run_virtual(main())


def test_a_zone_of_the_wrong_polarity_is_found_and_cures_itself_when_corrected(tmp_path: Path) -> None:
    async def main() -> None:
        lifts = lift_of(INPUTS, tmp_path, inverted(1))
        async with watched(tmp_path, INPUTS, seed=1, lifts=lifts, detect=DetectConfig()) as bench:
            await bench.until_s(1500)
            (fault,) = faults(bench)
            assert "a door opened 3 times where it said no" in fault.evidence.en
            assert implausible(bench) == {"door_zone"}
            await bench.stop()
            bench.start()
            await bench.until_s(1510)
            assert implausible(bench) == {"door_zone"}, "the doubt stands through a restart"
            assert len(faults(bench)) == 1
            await bench.stop()
            bench.config = msgspec.structs.replace(bench.config, lifts=lift_of(INPUTS, tmp_path, dict))
            bench.start()
            await bench.until_s(3000)
            assert implausible(bench) == set()
            (end,) = faults(bench, Phase.END)
            assert end.event_id == fault.event_id
            assert "plausible again" in end.evidence.en

    run_virtual(main())


def test_a_doubt_closes_no_alarm(tmp_path: Path) -> None:
    """A dead door zone looks like people between floors; whoever was called still has to look."""
    lifts = lift_of(INPUTS, tmp_path, dict)

    async def main() -> None:
        async with watched(tmp_path, without(INPUTS, 1), lifts=lifts, detect=DetectConfig()) as bench:
            await bench.until_s(1500)
            assert len(faults(bench)) == 1
            alarms = [phase for code, phase in bench.steps() if code == "A01"]
            assert alarms == [Phase.RAISED]
            assert len(bench.state().open_alarms) == 1

    run_virtual(main())


def test_a_signal_that_changes_is_believed_in_the_same_look(tmp_path: Path) -> None:
    profile = tmp_path / "box.yaml"
    profile.write_text(TEXT, encoding="utf-8")

    async def main() -> None:
        still = Plausibility(signals={"box/landing_lock": Signal(value=True, still=20)})
        fed = HandFed(tmp_path, str(profile), knowing=still)
        fed.read("about", 7)
        fed.read("values", 3)
        assert fed.known() == {"door_zone": True}, "the doubt of before the restart"
        fed.read("values", 1)
        assert fed.known() == {"door_zone": True, "landing_lock": False}

    run_virtual(main())
