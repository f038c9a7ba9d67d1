"""One misfortune at a time is armed: another is refused, is not told as if it had happened, and comes later."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from sim.habits import Habits
from sim.injector.injector import Injector
from sim.injector.model import Occasion, load_faults
from sim.injector.occasions import Wanted, When
from sim.plant import Plant
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

MODEL = load_faults("china-residential")
OCCUPIED = When(Occasion.OCCUPIED)


def test_what_is_armed_is_not_overwritten(quiet: Witness) -> None:
    quiet.plant.person_comes(0, 8)
    assert quiet.apply(Stimulus.ENTRAP_AT_LANDING) is Effect.ARMED
    assert quiet.apply(Stimulus.OVERSPEED) is Effect.NONE
    assert quiet.until_kind(TruthKind.FAULT).data["fault"] == "door_dead"


@pytest.mark.parametrize("second", [OCCUPIED, 30 * S], ids=str)
def test_a_cause_that_finds_another_armed_strikes_later_and_only_then_counts(second: When | int) -> None:
    truth: list[TruthRecord] = []
    wanted = [Wanted("rubbish_in_sill", 10 * S), Wanted("drive_runaway", second)]
    injector = Injector(MODEL, 1, at_random=False, wanted=wanted)
    plant = Plant(HOUSE, 1, truth.append, injector)
    while len(injector.struck) < 2:
        plant.advance_to(plant.now_ns + 60 * S)
        struck = [str(r.data["cause"]) for r in truth if r.kind is TruthKind.CAUSE]
        assert sorted(struck + injector.pending) in (["drive_runaway", "rubbish_in_sill"], ["rubbish_in_sill"])
    plant.advance_to(plant.now_ns + 3600 * S)
    assert [r.data["fault"] for r in truth if r.kind is TruthKind.FAULT] == ["door_jammed", "overspeed"]


def test_a_habit_that_finds_something_armed_is_left_out() -> None:
    """Everybody both litters and jumps: on each run one of the two happens, and is told."""
    witness = Witness(replace(QUIET_HOUSE, habits=Habits(jumps=1.0, rubbish=1.0)))
    witness.plant.person_comes(0, 8)
    witness.run(60)
    assert [record.data["what"] for record in witness.of(TruthKind.MISUSE)] == ["rubbish in the sill"]
    assert witness.of(TruthKind.FAULT)[0].data["fault"] == "door_jammed"


def test_what_is_building_wide_comes_to_every_car_unless_one_is_named() -> None:
    witness = Witness(replace(QUIET_HOUSE, cars=3))
    witness.plant.apply(Stimulus.EARTHQUAKE, car=1)
    assert [told.data.get("car", 0) for told in witness.of(TruthKind.STIMULUS)] == [1]
    witness.apply(Stimulus.FIRE_RECALL)
    assert [told.data.get("car", 0) for told in witness.of(TruthKind.STIMULUS)] == [1, 0, 1, 2]
    witness.apply(Stimulus.OUT_OF_SERVICE)
    assert [told.data.get("car", 0) for told in witness.of(TruthKind.STIMULUS)] == [1, 0, 1, 2, 0]
