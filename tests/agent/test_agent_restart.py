"""Through a stop, a start and a broken surrounding: what was concluded stays, and nothing fails in silence."""

import asyncio
from pathlib import Path

import pytest

from edge_agent import AgentError
from edge_agent.app import Agent, Ports
from edge_agent.journal.entries import Batch
from edge_agent.journal.journal import Journal
from edge_agent.lift_runtime import LiftRuntime
from hil.loop import run_virtual
from hil.world import VirtualWorld
from protocols.resources import config_text
from protocols.strictyaml import ConfigError
from protocols.upstream.messages import Phase, Stream, Trapped
from sim.stimuli import Stimulus
from sim.truth import TruthKind
from tests.support.virtual_agent import NO_TRAFFIC, STM32, VirtualAgent, virtual_agent


async def trapped(bench: VirtualAgent) -> float:
    bench.world.at(5, Stimulus.PERSON_ENTERS)
    bench.world.at(6, Stimulus.ENTRAP_BETWEEN_FLOORS)
    await bench.until_s(40)
    (record,) = bench.world.truth_of(TruthKind.TRAPPED_SINCE)
    return record.t_ns / 1e9


def test_a_window_goes_on_through_a_restart_in_order(tmp_path: Path) -> None:
    """10 s were counted when the agent was stopped; it was away for 5 s, which count for nothing."""

    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            since_s = await trapped(bench)
            await bench.until_s(since_s + 10)
            await bench.stop()
            await asyncio.sleep(5)
            bench.start()
            await bench.until_s(since_s + 60)
            received_s, alarm = bench.first("A01", Phase.RAISED)
            assert since_s + 35 <= received_s <= since_s + 37
            assert alarm.trapped is not Trapped.NO

    run_virtual(main())


def test_an_alarm_has_one_identity_through_restarts_at_any_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            since_s = await trapped(bench)
            for pause_s in (20, 9, 4, 3, 30):
                await bench.until_s(bench.world.clock.now_ns() / 1e9 + pause_s)
                await bench.stop()
                bench.start()
            await bench.until_s(since_s + 200)
            raised = [one for _, one in bench.received() if one.phase is Phase.RAISED]
            assert len({one.event_id for one in raised}) == 1
            assert {(one.stream, one.seq) for one in raised} == {(Stream.ALARM, 1)}

    run_virtual(main())


def test_a_lost_state_gives_no_event_id_a_second_time(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            since_s = await trapped(bench)
            await bench.until_s(since_s + 35)
            await bench.stop()
            journal = await Journal.open(bench.config.journal.path, bench.world.clock, bench.config.journal)
            await journal.append(Batch(states={"lift-1": b'{"version": 99}'}, sync=True))
            await journal.close()
            bench.start()
            await bench.until_s(since_s + 140)
            raised = {one.event_id: one.seq for _, one in bench.received() if one.phase is Phase.RAISED}
            assert sorted(raised.values()) == [1, 2], "told again, as another happening: nobody knows it is the same"

    run_virtual(main())


def test_a_failing_look_at_a_lift_ends_the_agent_instead_of_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC) as bench:
            since_s = await trapped(bench)

            def fail(_self: LiftRuntime, *_args: object) -> None:
                raise KeyError("A01")

            monkeypatch.setattr(LiftRuntime, "_entry", fail)
            with pytest.raises(ExceptionGroup):
                await bench.until_s(since_s + 60)
            monkeypatch.undo()
            bench.start()
            await bench.until_s(since_s + 120)
            assert bench.steps() == [("F04", Phase.BEGIN), ("A01", Phase.RAISED)]

    run_virtual(main())


def test_a_catalogue_of_ones_own_must_name_every_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = config_text("catalogue", "events")
    (tmp_path / "catalogue").mkdir()
    own = tmp_path / "catalogue" / "events.yaml"
    own.write_text(text.replace("\n  A01:", "\n  A91:"), encoding="utf-8")
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))

    async def main() -> None:
        world = VirtualWorld((STM32,))
        ports = Ports(open_bus=world.open_bus, broker=world.broker, clock=world.clock, local=False)
        with pytest.raises(ConfigError, match=rf"^{own}: lacks A01; copy the rows from the shipped catalogue$"):
            Agent(world.agent_config(tmp_path), ports)

    run_virtual(main())


def test_a_journal_that_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    async def main() -> None:
        world = VirtualWorld((STM32,))
        config = world.agent_config(tmp_path / "absent")
        ports = Ports(open_bus=world.open_bus, broker=world.broker, clock=world.clock, local=False)
        with pytest.raises(AgentError, match=r"there is no directory .*absent: create it, or set journal.path"):
            await Agent(config, ports).run(asyncio.Event())

    run_virtual(main())


def test_a_slow_poll_finds_people_in_time_too(tmp_path: Path) -> None:
    async def main() -> None:
        async with virtual_agent(tmp_path, building_set=NO_TRAFFIC, poll_period_s=1.5) as bench:
            since_s = await trapped(bench)
            await bench.until_s(since_s + 40)
            received_s, _ = bench.first("A01", Phase.RAISED)
            assert since_s + 30 <= received_s <= since_s + 30 + 1.5 + 0.5

    run_virtual(main())
