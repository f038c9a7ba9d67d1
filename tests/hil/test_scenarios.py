"""Every shipped scenario passes on the virtual bench, with any seed; and the same run gives the same trace anywhere."""

import asyncio
import os
import subprocess
import sys

import pytest

from edge_agent.app import Ports, Reply, Request
from edge_agent.config_types import AgentConfig
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.loader import as_yaml, load_scenario, parse_scenario, scenario_names
from hil.scenario.run import run
from hil.scenario.verdicts import Outcome
from hil.trace import Lane

SEEDS = (1, 2)
SHUFFLED = "killed-while-people-are-trapped"
HASHED = (SHUFFLED, "damaged-frames", "two-lifts-one-dead", "host-power-cut-while-people-ride", "uplink-reordered")
HASH = f"""
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.loader import load_scenario
from hil.scenario.run import run
for name in {HASHED}:
    print(run(load_scenario(name), VirtualBench(), Settings(7)).record.trace_hash)
"""


SHORT = [name for name in scenario_names() if not load_scenario(name).long]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SHORT)
def test_every_shipped_scenario_passes(name: str, seed: int) -> None:
    record = run(load_scenario(name), VirtualBench(), Settings(seed)).record
    wrong = [f"{one.requirement}: {one.kind} {one.said}" for one in record.verdicts if one.outcome is not Outcome.PASS]
    assert (record.outcome, record.reasons, wrong) == (Outcome.PASS, [], []), record.replay


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_is_the_same_when_it_is_written_back(name: str) -> None:
    scenario = load_scenario(name)
    assert parse_scenario(as_yaml(scenario), f"{name}.yaml") == scenario


def test_the_same_seed_gives_the_same_trace_in_any_process() -> None:
    hashes = {
        subprocess.run(
            [sys.executable, "-c", HASH],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert len(hashes) == 1
    assert [len(one) for one in hashes.pop().split()] == [64] * len(HASHED)


def test_where_the_agent_has_its_files_leaves_no_mark_in_the_trace() -> None:
    scenario = load_scenario("host-disk-read-only")
    one, other = (run(scenario, VirtualBench(), Settings(1)) for _ in range(2))
    assert one.record.trace_hash == other.record.trace_hash
    notes = [note for record in one.trace.of(Lane.MQTT, "health") for note in record.fields["payload"]["notes"]]
    assert any("/agent/journal.sqlite" in note for note in notes)


def test_another_seed_gives_another_trace() -> None:
    scenario = load_scenario("entrapment-between-floors")
    hashes = {run(scenario, VirtualBench(), Settings(seed)).record.trace_hash for seed in (1, 2)}
    assert len(hashes) == 2


def test_verdicts_do_not_depend_on_the_order_of_what_is_ready_at_one_instant() -> None:
    scenario = load_scenario(SHUFFLED)
    records = [run(scenario, VirtualBench(), Settings(seed, shuffle=True)).record for seed in (1, 2, 3)]
    assert [one.outcome for one in records] == [Outcome.PASS] * 3


class SilentAgent:
    """It does nothing at all."""

    def __init__(self, config: AgentConfig, ports: Ports) -> None:
        pass

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()

    async def answer(self, request: Request) -> Reply:
        return Reply(error=f"no {request.op}")


def test_an_agent_that_does_nothing_fails_where_something_must_come() -> None:
    record = run(load_scenario("entrapment-between-floors"), VirtualBench(SilentAgent), Settings(1)).record
    assert (record.outcome, record.verdicts[0].said) == (Outcome.FAIL, "never came")


def test_who_watches_a_run_changes_nothing_of_it() -> None:
    seen: list[float] = []
    scenario = load_scenario("idle-person")
    watched = run(scenario, VirtualBench(), Settings(3, on_progress=seen.append)).record
    assert watched.trace_hash == run(scenario, VirtualBench(), Settings(3)).record.trace_hash
    assert seen == sorted(seen)
    assert 50 <= len(seen) <= 101
    assert seen[-1] > 0.98
