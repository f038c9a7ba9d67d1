"""The fault model as data: the shipped rates are those of their sources, and a bad file says what is wrong."""

import math
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from protocols.resources import NoSuchName
from protocols.strictyaml import ConfigError
from sim import SimError
from sim.injector.model import Booked, Driver, FaultModel, load_faults

MODEL = load_faults("china-residential")
SHIPPED = Path(__file__).parents[2] / "configs" / "faults" / "china-residential.yaml"


def yearly(*names: str) -> float:
    return sum(rate.per_lift_year for name in names if (rate := MODEL.causes[name].rate) is not None)


def test_rubbish_force_and_holding_trap_as_often_as_published() -> None:
    """simulation.md 3.5: 0.0172 per lift-year for rubbish, force and holding; 0.0157 for other misuse and overload."""
    assert yearly("rubbish_in_sill", "vigorous_motion", "door_held_to_a_fault") == pytest.approx(0.0172, abs=5e-5)
    assert yearly("other_misuse", "overload_stop") == pytest.approx(0.0157, abs=5e-5)


def test_all_entrapments_but_those_of_power_cuts_are_the_published_ones() -> None:
    """simulation.md 3.5: 0.0625, of which 0.0129 are external; how many people a cut traps is for the plant to say."""
    rated = {name for name, cause in MODEL.causes.items() if cause.rate is not None and not cause.whole_feeder}
    assert yearly(*rated) == pytest.approx(0.0625 - 0.0129, abs=5e-5)


@pytest.mark.parametrize(
    ("booked", "per_lift_year"),
    [
        (Booked.DOOR_SYSTEM, 0.0073),
        (Booked.CONTROL_SYSTEM, 0.0046),
        (Booked.ELECTRICAL, 0.0013),
        (Booked.TRACTION, 0.0002),
        (Booked.OTHER_EQUIPMENT, 0.0033),
    ],
)
def test_equipment_traps_as_often_as_published(booked: Booked, per_lift_year: float) -> None:
    """simulation.md 3.5."""
    trapping = {"A01", "A02"}
    causes = [name for name, cause in MODEL.causes.items() if cause.booked is booked and trapping & set(cause.codes)]
    assert yearly(*causes) == pytest.approx(per_lift_year, abs=5e-5)


def test_a_technicians_times_are_the_published_ones() -> None:
    """Arrival: median 11.2 min, mean 11.9. Release: mean 4.9 min. Repair: median 4.1 h, by the fit 3.9 h."""
    arrival, release, repair = MODEL.technician.arrival, MODEL.technician.release, MODEL.technician.repair
    assert math.exp(arrival.mu) == pytest.approx(11.2, abs=0.05)
    assert math.exp(arrival.mu + arrival.sigma**2 / 2) == pytest.approx(11.9, abs=0.05)
    assert math.exp(release.mu + release.sigma**2 / 2) == pytest.approx(4.9, abs=0.05)
    assert (repair.mu, repair.sigma, repair.unit) == (1.37, 1.25, "h")


def test_a_rate_per_year_becomes_one_per_start_and_door_cycle() -> None:
    """simulation.md 3.5: 0.0625 per lift-year are 8.6e-7 per start at 200 starts a day; 0.0172 are 2.1e-7 per cycle."""
    rate = MODEL.causes["rubbish_in_sill"].rate
    assert rate is not None
    per_start = replace(rate, per_lift_year=0.0625, driver=Driver.START)
    per_cycle = replace(rate, per_lift_year=0.0172, driver=Driver.DOOR_CYCLE)
    assert MODEL.per_unit(per_start) == pytest.approx(8.6e-7, rel=0.01)
    assert MODEL.per_unit(per_cycle) == pytest.approx(2.1e-7, rel=0.02)


def test_every_rate_says_where_it_is_from() -> None:
    assert all(cause.rate.origin for cause in MODEL.causes.values() if cause.rate is not None)


def load(tmp_path: Path, text: str) -> FaultModel:
    path = tmp_path / "faults.yaml"
    path.write_text(text, encoding="utf-8")
    return load_faults(str(path))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("stimulus: power_loss", "stimulus: power_los", "did you mean power_loss"),
        ("driver: hour", "driver: hours", "did you mean hour"),
        ("per_lift_year: 0.5", "per_lift_year: -1", "per_lift_year"),
        ("driver: hour", "driver: start", "what comes to a whole feeder has a rate that counts hours"),
        ("occasion: occupied", "occasion: floor", "a cause cannot wait for floor"),
        ("{stimulus: power_loss}", "{stimulus: power_loss, after_s: 1}", "comes at once"),
        ("codes: [D08]", "codes: [D8]", "codes"),
        ("    ends: mains", "    end: mains", "did you mean ends"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(ConfigError, match=r"faults\.yaml:\d+: .*" + re.escape(said)):
        load(tmp_path, text.replace(old, new, 1))


def test_an_unknown_model_is_named_with_its_nearest() -> None:
    with pytest.raises(NoSuchName, match="no fault model 'china-residental'; did you mean china-residential"):
        load_faults("china-residental")


def test_a_model_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"cannot read faults .*absent\.yaml: No such file"):
        load_faults(str(tmp_path / "absent.yaml"))
