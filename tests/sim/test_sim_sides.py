"""A car with two doors: which opens at which landing, what its contacts say, and that all are shut when it moves."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, Witness
from verify.watch import Watch

from protocols.lift.vocabulary import DoorSide
from sim.building import Building, RearDoor
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from sim.truth import TruthKind

FRONT, REAR = DoorSide.FRONT, DoorSide.REAR
S = 1_000_000_000


def through(house: Building) -> Building:
    """Its floors open in turn to the front, to the rear, and to both; the rear door is the slower one."""
    sides = [(FRONT,), (REAR,), (FRONT, REAR)]
    floors = tuple(replace(floor, sides=sides[i % 3]) for i, floor in enumerate(house.floors))
    return replace(house, floors=floors, rear_door=RearDoor(opening_s=4.0, closing_s=5.0))


def doors(now: PlantSignals) -> tuple[object, ...]:
    values = now.values()
    return tuple(values[f"doors.{side.value}.{end}"] for side in DoorSide for end in ("open", "closed"))


@pytest.mark.parametrize(
    ("floor", "wide"),
    [
        (0, (True, False, False, True)),
        (1, (False, True, True, False)),
        (2, (True, False, True, False)),
    ],
)
def test_at_a_landing_the_doors_open_that_it_has(floor: int, wide: tuple[bool, ...]) -> None:
    witness = Witness(through(QUIET_HOUSE))
    for _ in range(floor):
        witness.apply(Stimulus.RIDE_UP)
        witness.run(60)
    assert doors(witness.now) == (False, True, False, True)
    witness.apply(Stimulus.OPEN_BUTTON, 20)
    witness.run(10)
    assert doors(witness.now) == wide
    assert not witness.now.safety_chain and not witness.now.landing_lock
    assert doors(witness.run(60)) == (False, True, False, True)
    assert witness.now.safety_chain


def test_nobody_passes_before_the_slower_door_is_open_and_nothing_starts_before_it_is_shut() -> None:
    """The rear door needs 4.0 s and 5.0 s; both contacts make 2 % before the end of its way."""
    witness = Witness(through(QUIET_HOUSE))
    for _ in range(2):
        witness.apply(Stimulus.RIDE_UP)
        witness.run(60)
    witness.truth.clear()
    witness.apply(Stimulus.OPEN_BUTTON, 20)
    witness.run(60)
    at = {record.kind: record.t_ns for record in witness.truth}
    assert at[TruthKind.DOOR_OPEN] - at[TruthKind.DOOR_OPENING] == pytest.approx(3.92 * S, abs=2)
    assert at[TruthKind.DOOR_CLOSED] - at[TruthKind.DOOR_CLOSING] == pytest.approx(4.90 * S, abs=2)


def test_who_is_at_a_landing_of_the_rear_door_alone_gets_in_and_out() -> None:
    witness = Witness(through(HOUSE))
    witness.run(7200)
    assert witness.plant.crowd.served > 60
    landings = {record.data["floor"] for record in witness.of(TruthKind.ALIGHTED)}
    assert landings == set(range(9))


def test_a_power_cut_stops_both_doors_and_its_end_closes_them() -> None:
    witness = Witness(through(QUIET_HOUSE))
    witness.apply(Stimulus.RIDE_UP)
    witness.run(60)
    witness.apply(Stimulus.OPEN_BUTTON)
    witness.run(1)
    witness.apply(Stimulus.POWER_LOSS)
    assert doors(witness.run(60)) == (False, True, False, False)
    witness.apply(Stimulus.POWER_RESTORE)
    assert doors(witness.run(60)) == (False, True, False, True)


def test_a_lift_without_a_rear_door_says_nothing_of_one() -> None:
    assert not [item for item in Witness(QUIET_HOUSE).now.values() if "rear" in item]


def test_a_landing_that_opens_to_the_rear_needs_a_rear_door() -> None:
    with pytest.raises(ValueError, match="no rear_door"):
        replace(through(QUIET_HOUSE), rear_door=None)


def test_a_car_with_two_doors_keeps_the_safety_rules() -> None:
    watch = Watch(through(HOUSE), 5)
    for stimulus in (Stimulus.DOOR_JAMMED_AJAR, Stimulus.RELEASE, Stimulus.POWER_LOSS, Stimulus.POWER_RESTORE):
        watch.advance(watch.plant.now_ns + 300 * S)
        watch.apply(stimulus, 10)
    watch.advance(watch.plant.now_ns + 1800 * S)
    assert watch.finish().starts > 20
