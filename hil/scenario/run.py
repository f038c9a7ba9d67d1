"""Runs scenarios on a bench: plays, judges, and makes the record."""

import tempfile
import time
from pathlib import Path

import msgspec

from edge_agent import AgentError
from hil import BenchError
from hil.benches.bench import AGENT_LOG, Bench, Settings
from hil.scenario import record as records
from hil.scenario.agent_log import kept_log
from hil.scenario.judges import judge
from hil.scenario.matching import Evidence
from hil.scenario.model import Scenario
from hil.scenario.record import RunRecord
from hil.scenario.streams import breaches, numbered_of
from hil.scenario.verdicts import Outcome
from hil.trace import Trace
from protocols import ProtocolError
from protocols.profiles.loader import load_profile
from sim import SimError
from sim.building import load_building


class Run(msgspec.Struct, frozen=True):
    """A run's record and its trace, and what an agent in this process said; a skipped one has an empty trace."""

    record: RunRecord
    trace: Trace
    log: tuple[str, ...] = ()


def run(scenario: Scenario, bench: Bench, settings: Settings, source: str | None = None) -> Run:
    """Play and judge a scenario; never raises for what the scenario or the agent does wrong: that is the outcome.

    `source` is how the scenario is named in the replay command; its own name if not given.
    """
    began_s = time.perf_counter()
    trace = Trace()
    missing = records.missing_of(scenario.required, bench.capabilities, bench.name)
    missing += records.unmakeable(scenario, bench.capabilities, bench.cannot)
    with kept_log() as said:
        problem = "" if missing else _play(scenario, bench, settings, trace, said)
    record = _judged(scenario, bench, settings, trace, problem, missing)
    where = scenario.name if source is None else source
    return Run(
        msgspec.structs.replace(
            record,
            real_s=round(time.perf_counter() - began_s, 3),
            replay=records.replay_line(where, bench.name, settings.seed, settings.shuffle),
        ),
        trace,
        tuple(said),
    )


def _play(scenario: Scenario, bench: Bench, settings: Settings, trace: Trace, said: list[str]) -> str:
    """What went wrong with the bench itself, or ""; what an agent in a process of its own said is added to `said`."""
    with tempfile.TemporaryDirectory(prefix="liftwarden-hil-") as name:
        directory = Path(name) / "agent"
        directory.mkdir()
        try:
            bench.play(scenario, settings, trace, directory)
        except (BenchError, SimError, ProtocolError, AgentError) as error:
            return str(error)
        except OSError as error:
            return f"{type(error).__name__}: {error}"
        finally:
            log = directory / AGENT_LOG
            if log.exists():
                said += log.read_text(encoding="utf-8", errors="replace").splitlines()
    return ""


def _judged(
    scenario: Scenario, bench: Bench, settings: Settings, trace: Trace, problem: str, missing: list[str]
) -> RunRecord:
    faults, lag_ns = records.faults_of(trace), records.lag_of(trace)
    verdicts = [] if problem or missing else judge(scenario.expect, Evidence(trace), bench.uncertainty_ns)
    deaths = [] if missing else [*records.deaths_of(trace), *breaches(numbered_of(trace))]
    doubted = [] if missing else records.doubts(trace, faults, lag_ns, bench.uncertainty_ns)
    outcome = records.outcome_of(verdicts, deaths, doubted) if verdicts else Outcome.ERROR
    return RunRecord(
        name=scenario.name,
        bench=bench.name,
        seed=settings.seed,
        shuffle=settings.shuffle,
        outcome=Outcome.SKIPPED if missing else outcome,
        reasons=[*missing, *filter(None, [problem]), *deaths, *doubted],
        verdicts=verdicts,
        faults=faults,
        uncertainty_ns=bench.uncertainty_ns,
        lag_ns=lag_ns,
        duration_ns=trace.end_ns,
        trace_hash=trace.hash() if len(trace) else "",
        config_hash=config_hash(scenario),
        versions=records.versions(),
        scenario=scenario,
    )


def config_hash(scenario: Scenario) -> str:
    """Over the scenario and the bench, building and profiles that it names; "" if one cannot be had."""
    try:
        setup = scenario.world.setup(0)
        building = load_building(setup.building, setup.building_set)
        profiles = [load_profile(device.profile) for device in setup.devices]
    except (BenchError, SimError, ProtocolError):
        return ""
    return records.digest(scenario, setup, building, profiles)
