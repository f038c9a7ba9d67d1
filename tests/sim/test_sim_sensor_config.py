"""A sensor that cannot be as stated is one clear line."""

import pytest
from sim_witness import HOUSE, QUIET_HOUSE

from hil.setup import BenchSetup
from protocols.strictyaml import ConfigError, load_yaml
from sim.plant import Plant
from sim.sensors import SensorError
from sim.sensors import config as wrong
from sim.sensors.check import check
from sim.sensors.config import Imperfections
from sim.sensors.layer import Sensors

BENCH = """devices:
  - profile: stm32-lift-sensor
sensors:
  person:
"""


@pytest.mark.parametrize(
    ("item", "imperfections", "says"),
    [
        ("persn", Imperfections(), "sensors: no item 'persn'; did you mean person?"),
        ("mains", Imperfections(vane=wrong.Vane()), "sensors: mains: vane: only at door_zone"),
        ("mains", Imperfections(still=wrong.Still()), "sensors: mains: still: only at person"),
        ("floor", Imperfections(bounce=wrong.Bounce()), "sensors: floor: bounce: only at what is on or off"),
        (
            "speed_mps",
            Imperfections(late=wrong.Late()),
            "sensors: speed_mps: late: a measured value can only be stuck: remove late",
        ),
        (
            "speed_mps",
            Imperfections(stuck=wrong.Stuck()),
            "sensors: speed_mps: stuck: a measured value needs the value it is stuck at, and no after_changes",
        ),
        ("mains", Imperfections(stuck=wrong.Stuck(value=1)), "sensors: mains: stuck: value wants true or false, not 1"),
        (
            "floor",
            Imperfections(stuck=wrong.Stuck(value=True)),
            "sensors: floor: stuck: value wants a whole number, not True",
        ),
        (
            "mode",
            Imperfections(stuck=wrong.Stuck(value=1)),
            "sensors: mode: stuck: remove value: it can stay only at what it tells",
        ),
        (
            "mains",
            Imperfections(swapped=wrong.Swapped(item="main")),
            "sensors: mains: swapped: no item 'main'; did you mean mains?",
        ),
        ("mains", Imperfections(swapped=wrong.Swapped(item="mains")), "sensors: mains: swapped: name another item"),
        (
            "mains",
            Imperfections(swapped=wrong.Swapped(item="floor")),
            "sensors: mains: swapped: floor is of another kind (int, not bool)",
        ),
    ],
)
def test_what_a_sensor_cannot_be_is_named(item: str, imperfections: Imperfections, says: str) -> None:
    with pytest.raises(SensorError) as refused:
        check({item: imperfections})
    assert str(refused.value) == says


@pytest.mark.parametrize(
    ("said", "line", "what"),
    [
        ("    bouncy: {}", 5, "sensors.person.bouncy: unknown key; did you mean bounce?"),
        (
            "    bounce: {longest_ms: 301}",
            5,
            "sensors.person.bounce.longest_ms: must be at most 300 milliseconds, not 301",
        ),
        ("    still: {after_s: 0}", 5, "sensors.person.still.after_s: must be more than 0 seconds, not 0"),
    ],
)
def test_a_bench_file_that_is_wrong_names_its_line(said: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_yaml(BENCH + said, "bench.yaml", BenchSetup)
    assert str(refused.value) == f"bench.yaml:{line}: {what}"


def test_a_bench_file_with_a_sensor_that_cannot_be_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^bench.yaml.*: sensors: person: vane: only at door_zone$"):
        load_yaml(BENCH + "    vane: {shift_mm: 5}", "bench.yaml", BenchSetup)


def test_a_signal_that_the_lift_does_not_have_is_named() -> None:
    with pytest.raises(SensorError, match=r"^sensors: doors.rear.open: this lift has no doors.rear.open; "):
        Sensors({"doors.rear.open": Imperfections(late=wrong.Late())}, Plant(QUIET_HOUSE, 1))


def test_a_vane_that_leaves_nothing_is_named() -> None:
    with pytest.raises(
        SensorError, match=r"^sensors: door_zone: vane: narrower_mm 195 leaves nothing of a zone of 200"
    ):
        Sensors({"door_zone": Imperfections(vane=wrong.Vane(narrower_mm=195))}, Plant(HOUSE, 1))


def test_a_switch_that_is_not_there_is_named() -> None:
    sensors = Sensors({"person": Imperfections(late=wrong.Late())}, Plant(HOUSE, 1))
    with pytest.raises(SensorError, match=r"^no imperfection 'person.lat' here; did you mean person.late\?$"):
        sensors.switch("person", "lat", on=True)
