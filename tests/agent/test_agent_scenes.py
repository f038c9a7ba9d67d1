"""The first, fourth, sixth and seventh scene of docs/detection.md, and a normal ride: real frames, virtual time."""

import asyncio
from pathlib import Path

import pytest

from hil.loop import NS_PER_S, run_virtual
from protocols.upstream.messages import Phase, Trapped
from sim.stimuli import Stimulus
from sim.truth import TruthKind
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

POLL_S = 0.5
DELIVERY_S = 0.5
"""A01 is upstream within its window plus one poll plus this (issue 2)."""


def when_s(bench: VirtualAgent, kind: TruthKind) -> float:
    return bench.world.truth_of(kind)[0].t_ns / NS_PER_S


async def trapped_s(bench: VirtualAgent, stimulus: Stimulus) -> float:
    """Put somebody into the lift, let it happen; when they were trapped."""
    bench.world.at(5, Stimulus.PERSON_ENTERS)
    bench.world.at(6, stimulus)
    for t_s in range(10, 600, 5):
        await bench.until_s(t_s)
        if bench.world.truth_of(TruthKind.TRAPPED_SINCE):
            return when_s(bench, TruthKind.TRAPPED_SINCE)
    raise AssertionError("nobody was trapped in ten minutes")


@pytest.mark.parametrize("seed", range(1, 9))
def test_people_trapped_between_floors_are_upstream_in_time(tmp_path: Path, seed: int) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, seed=seed) as bench:
            since_s = await trapped_s(bench, Stimulus.ENTRAP_BETWEEN_FLOORS)
            assert bench.world.truth_of(TruthKind.TRAPPED_SINCE)[0].data["door_zone"] is False
            await bench.until_s(since_s + 32)
            received_s, alarm = bench.first("A01", Phase.RAISED)
            assert since_s + 30 <= received_s <= since_s + 30 + POLL_S + DELIVERY_S
            assert (alarm.severity, alarm.trapped, alarm.zone) == (1, Trapped.YES, "no")
            assert abs(alarm.begin.mono_ns / NS_PER_S - since_s) <= POLL_S + 0.1
            floor = bench.world.plant.signals(bench.world.clock.now_ns()).floor
            assert (alarm.floor_index, alarm.floor_label) == (floor, str(floor + 1))
            assert "30 s" in alarm.evidence.en and "30" in alarm.evidence.zh
            assert alarm.snapshot.items["door_zone"].value is False
            assert bench.steps() == [("F04", Phase.BEGIN), ("A01", Phase.RAISED)]

    run_virtual(main())


def test_an_alarm_lives_until_people_can_leave_and_somebody_took_it_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path) as bench:
            since_s = await trapped_s(bench, Stimulus.ENTRAP_BETWEEN_FLOORS)
            await bench.until_s(since_s + 40)
            _, alarm = bench.first("A01", Phase.RAISED)
            assert bench.state().open_alarms == [alarm.event_id]
            assert len(bench.received()) > 1, "repeated until acknowledged"
            bench.acknowledge(alarm.event_id)
            await bench.until_s(since_s + 45)
            taken = len(bench.received())
            await bench.until_s(since_s + 300)
            assert len(bench.received()) == taken, "silent once acknowledged"
            assert bench.health().unacknowledged_alarms == 0
            bench.world.at(since_s + 300, Stimulus.RELEASE)
            await bench.until_s(since_s + 330)
            freed_s = when_s(bench, TruthKind.FREED)
            cleared_s, cleared = bench.first("A01", Phase.CLEARED)
            assert freed_s + 3 <= cleared_s <= freed_s + 3 + POLL_S + DELIVERY_S
            assert (cleared.event_id, cleared.trapped) == (alarm.event_id, Trapped.NO)
            assert [phase for _, phase in bench.steps("A")] == [
                Phase.RAISED,
                Phase.ACKNOWLEDGED,
                Phase.CLEARED,
                Phase.ENDED,
            ]
            assert bench.state().open_alarms == []

    run_virtual(main())


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("stimulus", [Stimulus.DOOR_JAMMED_AJAR, Stimulus.ENTRAP_AT_LANDING])
def test_a_door_that_does_not_open_on_arrival_is_a02_after_90_s(tmp_path: Path, stimulus: Stimulus, seed: int) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, seed=seed) as bench:
            since_s = await trapped_s(bench, stimulus)
            await bench.until_s(since_s + 92)
            received_s, alarm = bench.first("A02", Phase.RAISED)
            assert since_s + 90 <= received_s <= since_s + 90 + POLL_S + DELIVERY_S
            assert (alarm.zone, alarm.trapped) == ("yes", Trapped.YES)
            assert bench.steps() == [("A02", Phase.RAISED)]

    run_virtual(main())


def test_a_door_held_open_for_five_minutes_is_only_f19(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path) as bench:
            bench.world.at(5, Stimulus.HOLD_DOOR, 300)
            await bench.until_s(400)
            assert bench.steps() == [("F19", Phase.BEGIN), ("F19", Phase.END)]
            begun_s, _ = bench.first("F19", Phase.BEGIN)
            opened_s = when_s(bench, TruthKind.DOOR_OPEN)
            assert opened_s + 120 <= begun_s <= opened_s + 120 + POLL_S + DELIVERY_S

    run_virtual(main())


def test_a_person_who_stands_still_in_an_idle_car_is_f26_and_not_trapped(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            bench.world.at(5, Stimulus.IDLE_PERSON)
            await bench.until_s(5 + 180)
            assert bench.steps() == [("F26", Phase.BEGIN)]
            await bench.until_s(3600)
            bench.world.at(3600, Stimulus.PERSON_LEAVES)
            await bench.until_s(3660)
            assert bench.steps() == [("F26", Phase.BEGIN), ("F26", Phase.END)]

    run_virtual(main())


@pytest.mark.parametrize("pried_after_s", [5, 20, 60])
def test_a_door_pried_between_floors_changes_nothing(tmp_path: Path, pried_after_s: float) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path) as bench:
            since_s = await trapped_s(bench, Stimulus.ENTRAP_BETWEEN_FLOORS)
            bench.world.at(since_s + pried_after_s, Stimulus.FORCE_DOOR)
            await bench.until_s(since_s + 300)
            received_s, _ = bench.first("A01", Phase.RAISED)
            assert received_s <= since_s + 30 + POLL_S + DELIVERY_S
            assert bench.steps() == [("F04", Phase.BEGIN), ("A01", Phase.RAISED)]
            assert len(bench.state().open_alarms) == 1

    run_virtual(main())


@pytest.mark.parametrize("seed", range(1, 9))
def test_ten_minutes_of_normal_riding_raise_nothing(tmp_path: Path, seed: int) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, seed=seed) as bench:
            for t_s in range(0, 240, 20):
                bench.world.at(t_s + 1, Stimulus.PERSON_ENTERS)
            await bench.until_s(600)
            assert len(bench.world.truth_of(TruthKind.DEPARTED)) > 5
            assert bench.steps() == []
            assert bench.health().links["device-1"]["state"] == "up"

    run_virtual(main())


def test_the_state_upstream_follows_the_lift(tmp_path: Path) -> None:
    """Within a poll and the shortest state period, the retained state shows floor and doors as they are."""

    async def main() -> None:
        async with virtual_agent(tmp_path) as bench:
            bench.world.at(5, Stimulus.PERSON_ENTERS)
            await bench.until_s(60)
            asked_ns = bench.world.clock.now_ns()
            truth = bench.world.plant.signals(asked_ns)
            await asyncio.sleep(2)
            snapshot = bench.state().snapshot
            assert (snapshot.floor_index, snapshot.floor_label) == (truth.floor, str(truth.floor + 1))
            assert snapshot.items["door_zone"].value is True

    run_virtual(main())
