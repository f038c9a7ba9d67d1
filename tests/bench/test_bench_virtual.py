"""The bench's parts in virtual time: what they measure is what they say."""

import pytest

from hil.bench.efficiency import Load, measure_efficiency
from hil.bench.plant import measure_plant
from hil.bench.slaves import LATENCY_NS
from hil.bench.speed import measure_speed
from protocols.modbus.line import LineSettings

BYTES_OF_AN_EXCHANGE = 8 + 44
"""A read request; 19 and by turns 20 registers with slave, function, count and CRC (Modbus application protocol V1.1b3,
6.3)."""


@pytest.mark.parametrize("slaves", [1, 16])
@pytest.mark.parametrize(("baud", "t35_ns"), [(9600, 3_645_834), (19200, 1_822_917), (115200, 1_750_000)])
def test_the_least_exchange_is_wire_latency_and_silence(baud: int, t35_ns: int, slaves: int) -> None:
    load = Load.flat_out(LineSettings.parse(f"{baud} 8N1"), slaves)
    wire_ns = BYTES_OF_AN_EXCHANGE * 10 * 1_000_000_000 / baud
    assert load.exchange_ns == pytest.approx(wire_ns + LATENCY_NS + t35_ns, abs=2)


@pytest.mark.parametrize("slaves", [1, 16])
@pytest.mark.parametrize("baud", [9600, 19200, 115200])
def test_the_schedule_always_wants_more_than_the_wire_can_carry(baud: int, slaves: int) -> None:
    load = Load.flat_out(LineSettings.parse(f"{baud} 8N1"), slaves)
    cycle_ns = load.slaves * load.blocks * load.exchange_ns
    assert 0.1e9 <= load.period_s * 1e9 <= cycle_ns - load.exchange_ns


@pytest.mark.parametrize("slaves", [1, 16])
@pytest.mark.parametrize("baud", [9600, 19200, 115200])
def test_no_master_is_better_than_the_wire_and_the_agent_loses_nothing_to_the_bare_one(baud: int, slaves: int) -> None:
    measured = measure_efficiency(LineSettings.parse(f"{baud} 8N1"), slaves, exchanges=60)
    assert measured.agent.exchanges >= 60
    assert measured.bare.exchanges >= 60
    assert measured.bare.efficiency == pytest.approx(1, abs=1e-6)
    assert 0.98 <= measured.agent.efficiency <= 1 + 1e-6
    assert measured.agent.exchange_ms * measured.agent.efficiency == pytest.approx(measured.least_exchange_ms)


def test_both_masters_poll_the_virtual_lift_at_the_same_rates() -> None:
    """In 30 s the sensors' registers every 0.5 s, the counters every 1 s: the plan of the sensor terminal."""
    measured = measure_speed(virtual_s=30.0, seed=3)
    assert measured.bare.polls == measured.agent.polls == 60 + 30
    assert measured.plant.polls == 0
    assert measured.published > 0
    for pace in (measured.plant, measured.bare, measured.agent):
        assert pace.times_real * pace.real_s == pytest.approx(30.0)


def test_the_plant_and_the_least_model_live_under_the_same_load_and_looking_makes_no_event() -> None:
    """100 people a day make about 176 starts in the reference's model (simulation.md 5.2)."""
    measured = measure_plant(100, seed=3)
    assert measured.plant.starts_per_day == measured.truth.starts_per_day == measured.signals.starts_per_day
    assert measured.plant.events_per_start == measured.truth.events_per_start == measured.signals.events_per_start
    assert measured.plant.starts_per_day == pytest.approx(176, rel=0.1)
    assert measured.bare.starts_per_day == pytest.approx(176, rel=0.1)
    assert 1 < measured.kib_per_lift < 100
