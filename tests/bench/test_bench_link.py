"""The bench's measures of the link layer: what they measure is what they say, and targets tell met from missed."""

from pathlib import Path

import msgspec
import pytest

from hil.bench.age import measure_age, quantile_ns
from hil.bench.crowd import measure_crowd
from hil.bench.machine import this_machine
from hil.bench.results import Age, Results, Work
from hil.bench.saturated import measure_saturated
from hil.bench.tables import as_markdown
from hil.bench.targets import targets
from hil.bench.work import measure_work
from protocols.modbus.line import LineSettings

MS = 1_000_000
AGE = Age(
    profile="stm32-lift-sensor",
    line="9600 8N1",
    fast_period_s=0.1,
    bus_use=0.5,
    p50_ms=70.0,
    p99_ms=200.0,
    max_ms=210.0,
)


@pytest.mark.process
async def test_a_saturated_pty_is_measured_for_both_masters(tmp_path: Path) -> None:
    line = LineSettings.parse("115200 8N1")
    steps: list[str] = []
    measured = await measure_saturated(tmp_path, line, steps.append, seconds=1.0, settle_s=0.1)
    # 8 and by turns 83 and 85 bytes (Modbus application protocol V1.1b3, 6.3), 2 ms of latency, 1.75 ms of silence.
    assert measured.least_exchange_ms == pytest.approx(92 * 10 / 115.2 + 2 + 1.75, abs=1e-4)
    for drive in (measured.agent, measured.bare):
        assert drive.polls > 10
        assert 0 < drive.efficiency <= 1
        assert drive.wake_ups_per_poll > 0
    assert measured.cpu_ratio * measured.bare.cpu_us_per_poll == pytest.approx(measured.agent.cpu_us_per_poll)
    assert measured.efficiency_ratio * measured.bare.efficiency == pytest.approx(measured.agent.efficiency)
    assert steps[-1].endswith("1 s left")


def test_own_work_is_measured_on_both_masters_over_as_many_polls() -> None:
    measured = measure_work(rounds=2)
    assert (measured.registers, measured.polls) == (39, 400)
    assert 0 < measured.bare_us < measured.agent_us
    assert measured.items > 5


def test_the_quantile_of_a_saw_tooth_is_that_of_its_instants() -> None:
    """A tooth from 10 to 110 ms spends the same time at every age; one a tenth as long counts a tenth as much."""
    assert quantile_ns([(10 * MS, 110 * MS)], 0.5) == 60 * MS
    assert quantile_ns([(10 * MS, 110 * MS)], 0.99) == 109 * MS
    assert quantile_ns([(0, 100 * MS), (100 * MS, 200 * MS)], 0.5) == 100 * MS
    assert quantile_ns([(0, 90 * MS), (500 * MS, 510 * MS)], 0.95) == 505 * MS


def test_the_age_of_fast_items_is_between_an_exchange_and_what_the_plan_promises() -> None:
    measured = measure_age("stm32-lift-sensor", seconds=20)
    period_ms = measured.fast_period_s * 1000
    assert period_ms / 2 < measured.p50_ms < measured.p99_ms <= measured.max_ms
    assert period_ms < measured.max_ms < 2 * period_ms + 100


def test_a_dead_slave_of_sixteen_is_seen_to_cost_nothing() -> None:
    measured = measure_crowd("dies")
    assert (measured.before, measured.least, measured.mean) == (1, 1, 1)
    assert measured.period_s < measured.longest_gap_s < measured.period_s + 0.2


def test_a_number_on_its_bound_meets_the_target_and_one_beyond_it_does_not() -> None:
    results = Results(machine=this_machine(), age=(AGE,))
    assert [one.is_met for one in targets(results)] == [True]
    worse = msgspec.structs.replace(results, age=(msgspec.structs.replace(AGE, p99_ms=200.1),))
    assert [one.is_met for one in targets(worse)] == [False]
    assert "| <= 200 | yes |" in as_markdown(results)
    assert "| <= 200 | NO |" in as_markdown(worse)


def test_only_what_was_measured_has_a_target() -> None:
    work = Work(registers=39, items=9, polls=1, agent_us=100.0, bare_us=20.0, ratio=5.0)
    names = [one.name for one in targets(Results(machine=this_machine(), work=work))]
    assert names == ["own work per 39-register poll, us"]
    assert list(targets(Results(machine=this_machine()))) == []
