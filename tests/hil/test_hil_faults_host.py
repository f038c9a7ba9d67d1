"""Every kind of fault of the box keeps the contract, and does to the agent what its name says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge_agent.points import Point
from hil import UsageError
from hil.disk import WRITING
from hil.faults.armed import Turn
from hil.faults.catalogue import HOST_KINDS, UPLINK_KINDS, HostFault
from hil.faults.contract import Ledger, checked_deed
from hil.faults.deeds import PowerCut
from hil.faults.host_injector import HostInjector
from hil.loop import NOON_2026_UNIX_NS, NS_PER_S, run_virtual, running_loop
from protocols.upstream.messages import EventMessage, Phase, Stream
from sim.stimuli import Stimulus
from tests.support.streams import complaints
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

EXAMPLES: list[dict[str, Any]] = [
    {"fault": "host.wall_step", "by_s": -600},
    {"fault": "host.disk_full", "for_s": 30},
    {"fault": "host.disk_read_only", "for_s": 30},
    {"fault": "host.pause", "for_s": 20},
    {"fault": "host.crash", "down_s": 2},
    {"fault": "host.power_cut", "down_s": 30, "wall": "unset", "set_after_s": 40},
    {"fault": "host.torn_write"},
]
LASTING = [
    {"fault": "host.disk_full", "for_s": 1000},
    {"fault": "host.disk_read_only", "for_s": 1000},
    {"fault": "host.pause", "for_s": 1000},
    {"fault": "host.crash", "down_s": 1000},
    {"fault": "host.power_cut", "down_s": 1000},
]
RAISED_S = 46.5
"""When A01 is raised on an undisturbed bench, or a little later."""


def at_s(t_s: float, **when: Any) -> dict[str, Any]:
    """`when` with a window from then on."""
    return {"when": {"window": [round(t_s * NS_PER_S), 10**15], **when}}


class Box:
    """An agent that watches a lift in which people are trapped at 17 s, and the faults of its box."""

    def __init__(self, agent: VirtualAgent, faults: list[dict[str, Any]], did: list[str]) -> None:
        self.agent = agent
        self.did = did
        read = [HostFault.of(raw) for raw in faults]
        self.ledger = Ledger(read)
        self.injector = HostInjector(agent.host, running_loop(), "seed", read, on_firing=self.ledger)
        agent.world.at(5, Stimulus.PERSON_ENTERS)
        agent.world.at(6, Stimulus.ENTRAP_BETWEEN_FLOORS)

    async def until_s(self, t_s: float) -> None:
        await self.agent.until_s(t_s)

    def worries(self) -> list[str]:
        """What health has to say, but that nobody commissioned the lift."""
        return [note for note in self.agent.health().notes if "not commissioned" not in note]

    def alarms(self) -> list[EventMessage]:
        """Every message of an alarm that the broker took."""
        return [message for _, message in self.agent.received() if message.stream is Stream.ALARM]

    def raised_s(self) -> float:
        return self.agent.first("A01", Phase.RAISED)[0]


@asynccontextmanager
async def box(directory: Path, *faults: dict[str, Any]) -> AsyncIterator[Box]:
    did: list[str] = []
    async with virtual_agent(directory, building_set=NO_TRAFFIC, on_agent=lambda what, _why: did.append(what)) as agent:
        yield Box(agent, list(faults), did)


# the contract


@pytest.mark.parametrize("raw", EXAMPLES, ids=lambda raw: str(raw["fault"]))
def test_every_kind_keeps_the_contract(raw: dict[str, Any]) -> None:
    for seed in range(5):
        checked_deed(HostFault.of(raw).kind, Turn(Random(seed)))


def test_every_kind_of_the_catalogue_is_among_the_examples() -> None:
    assert {raw["fault"] for raw in EXAMPLES} == set(HOST_KINDS)


def test_two_power_cuts_tear_differently() -> None:
    kind, turn = HostFault.of({"fault": "host.power_cut"}).kind, Turn(Random(1))
    first, second = kind.deed(turn), kind.deed(turn)
    assert isinstance(first, PowerCut)
    assert isinstance(second, PowerCut)
    assert first.seed != second.seed


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"fault": "host.powercut"}, "did you mean host.power_cut?"),
        ({"fault": "host.pause"}, "for_s"),
        ({"fault": "host.crash", "when": {"match": {"at": "uplink.send"}}}, "did you mean uplink.sent?"),
        ({"fault": "host.power_cut", "wall": "gone"}, "gone"),
        ({"fault": "host.pause", "for_s": 1, "again_s": 0.01}, "again_s"),
    ],
)
def test_a_fault_that_is_not_one_is_refused_in_one_line(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        HostFault.of(raw)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


# what each does


def test_outside_its_window_no_fault_changes_anything(tmp_path: Path) -> None:
    async def main(directory: Path, *faults: dict[str, Any]) -> list[tuple[int, str]]:
        async with box(directory, *faults) as one:
            await one.until_s(60)
            assert one.injector.firings == []
            return [(each.t_ns, each.publication.topic) for each in one.agent.world.broker.published]

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    never = {"when": {"window": [10**15, 2 * 10**15]}}
    undisturbed = run_virtual(main(tmp_path / "a"))
    assert undisturbed == run_virtual(main(tmp_path / "b", *(raw | never for raw in EXAMPLES)))


def test_a_step_of_the_wall_clock_moves_stamps_and_nothing_else(tmp_path: Path) -> None:
    async def main() -> None:
        step = {"fault": "host.wall_step", "by_s": -3600, "synchronised": False, **at_s(30)}
        async with box(tmp_path, step) as one:
            await one.until_s(60)
            assert one.raised_s() == pytest.approx(RAISED_S, abs=1)
            at = one.agent.first("A01", Phase.RAISED)[1].snapshot.at
            assert (at.wall[:13], at.synchronised) == ("2026-01-01T11", False)

    run_virtual(main())


def test_a_paused_process_misses_its_alarm_and_raises_it_when_it_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, {"fault": "host.pause", "for_s": 100, **at_s(40)}) as one:
            await one.until_s(139)
            frames = [tapped for tapped in one.agent.world.taps if tapped.t_start_ns > 41 * NS_PER_S]
            assert frames == [], "the world goes on and nobody polls"
            assert one.alarms() == []
            await one.until_s(200)
            assert 140 <= one.raised_s() < 175
            assert one.did == ["started"]

    run_virtual(main())


def test_a_process_that_stands_still_is_given_up_by_the_broker(tmp_path: Path) -> None:
    async def main() -> None:
        async with box(tmp_path, {"fault": "host.pause", "for_s": 60, **at_s(5)}) as one:
            await one.until_s(36)
            assert not one.agent.health().online
            await one.until_s(75)
            assert one.agent.health().online

    run_virtual(main())


@pytest.mark.parametrize("kind", ["host.crash", "host.power_cut"])
@pytest.mark.parametrize("place", [*(point.value for point in Point), WRITING])
def test_an_end_at_any_place_leaves_one_alarm_in_time(tmp_path: Path, kind: str, place: str) -> None:
    async def main() -> None:
        end = {"fault": kind, "down_s": 2, **at_s(17, once=True, match={"at": place})}
        async with box(tmp_path, end) as one:
            await one.until_s(140)
            assert one.injector.fired(kind) == 1
            assert one.did == ["started", "killed", "started"]
            raised = [message for _, message in one.agent.received() if message.phase is Phase.RAISED]
            assert {(message.event_id, message.seq) for message in raised} == {(raised[0].event_id, 1)}
            assert one.raised_s() < RAISED_S + 2 + 35
            assert complaints(one.agent.world.broker.published) == []

    run_virtual(main())


def test_the_platform_hears_at_once_of_a_crash_and_after_the_keep_alive_of_a_power_cut(tmp_path: Path) -> None:
    async def main() -> None:
        crash = {"fault": "host.crash", "down_s": 10, **at_s(20)}
        cut = {"fault": "host.power_cut", "down_s": 60, **at_s(50)}
        async with box(tmp_path, crash, cut) as one:
            await one.until_s(20.1)
            assert not one.agent.health().online
            await one.until_s(79)
            assert one.agent.health().online
            await one.until_s(81)
            assert not one.agent.health().online
            await one.until_s(130)
            assert one.agent.health().online

    run_virtual(main())


def test_a_power_cut_begins_a_new_boot_with_a_clock_that_is_set_later(tmp_path: Path) -> None:
    async def main() -> None:
        cut = {"fault": "host.power_cut", "down_s": 30, "wall": "unset", "set_after_s": 100, **at_s(20)}
        async with box(tmp_path, cut) as one:
            clock = one.agent.world.clock
            await one.until_s(60)
            at = one.agent.health().at
            assert (at.boot_id, at.wall[:4], at.synchronised) == ("virtual-boot-2", "1970", False)
            assert at.mono_ns < 40 * NS_PER_S
            await one.until_s(120)
            assert len({message.event_id for message in one.alarms()}) == 1
            await one.until_s(151)
            assert clock.wall().unix_ns == NOON_2026_UNIX_NS + running_loop().now_ns

    run_virtual(main())


@pytest.mark.parametrize("number", range(1, 8))
def test_a_write_torn_by_a_power_cut_loses_and_doubles_nothing_that_was_told(tmp_path: Path, number: int) -> None:
    async def main() -> None:
        torn = {"fault": "host.torn_write", "down_s": 5, "when": {"every": number, "once": True}}
        async with box(tmp_path, torn) as one:
            await one.until_s(200)
            assert one.injector.fired("host.torn_write") == 1
            assert one.worries() == []
            assert complaints(one.agent.world.broker.published) == []
            assert len({message.event_id for message in one.alarms()}) == 1

    run_virtual(main())


@pytest.mark.parametrize("kind", ["host.disk_full", "host.disk_read_only"])
def test_what_the_disk_refuses_goes_out_undurable_and_gets_its_number_later(tmp_path: Path, kind: str) -> None:
    async def main() -> None:
        async with box(tmp_path, {"fault": kind, "for_s": 100, **at_s(20)}) as one:
            await one.until_s(119)
            _, alarm = one.agent.first("A01", Phase.RAISED)
            assert one.raised_s() == pytest.approx(RAISED_S, abs=1)
            assert (alarm.durable, alarm.seq) == (False, 0)
            assert any("disk" in note for note in one.worries()) is (kind == "host.disk_read_only")
            await one.until_s(200)
            durable = [message for message in one.alarms() if message.durable]
            assert {(message.event_id, message.seq) for message in durable} == {(alarm.event_id, 1)}
            assert one.worries() == []

    run_virtual(main())


def test_clearing_ends_what_a_fault_does(tmp_path: Path) -> None:
    async def main() -> None:
        faults = [raw | at_s(20 + 20 * index) for index, raw in enumerate(LASTING)]
        async with box(tmp_path, *faults) as one:
            for index, raw in enumerate(LASTING):
                await one.until_s(25 + 20 * index)
                assert one.injector.fired(raw["fault"]) == 1
                one.injector.clear(raw["fault"])
            await one.until_s(220)
            assert one.agent.host.is_running
            assert one.agent.health().online
            assert one.worries() == []

    run_virtual(main())


def test_what_cannot_be_done_is_no_firing(tmp_path: Path) -> None:
    async def main() -> None:
        crash = {"fault": "host.crash", "again_s": 5, "down_s": 100, **at_s(10)}
        async with box(tmp_path, crash, {"fault": "host.pause", "for_s": 5, **at_s(20)}) as one:
            await one.until_s(60)
            assert (one.injector.fired("host.crash"), one.injector.fired("host.pause")) == (1, 0)

    run_virtual(main())


def test_the_page_names_every_kind_with_its_parameters() -> None:
    text = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: line for line in text.splitlines() if line.startswith(("| `uplink.", "| `host."))}
    for name, kind in {**UPLINK_KINDS, **HOST_KINDS}.items():
        told = rows.get(name, "")
        assert [field for field in kind.__struct_fields__ if f"`{field}`" not in told] == [], name
    assert not set(rows) - set(UPLINK_KINDS) - set(HOST_KINDS) - {"uplink.*", "host.*"}
