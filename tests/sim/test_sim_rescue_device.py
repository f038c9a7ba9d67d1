"""The automatic rescue device: what a battery does for a car without mains."""

import pytest
from msgspec.structs import replace
from sim_hands import parked_at
from sim_witness import QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.building import RescueDevice, RescueWay
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind

RESCUED = replace(QUIET_HOUSE, rescue_device=RescueDevice(delay_s=20.0, speed_mps=0.15))


@pytest.fixture
def rescued() -> Witness:
    return Witness(RESCUED)


def dark_between_floors(witness: Witness) -> int:
    """Somebody rides, and the mains go between two floors; when."""
    witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.until(lambda now: now.moving)
    witness.run(3.5)
    witness.apply(Stimulus.POWER_LOSS)
    return witness.plant.now_ns


def between(position_m: float) -> tuple[float, float]:
    """The landings below and above."""
    return max(h for h in RESCUED.heights_m if h < position_m), min(h for h in RESCUED.heights_m if h > position_m)


def test_after_its_delay_the_car_creeps_to_a_landing_and_lets_people_out(rescued: Witness) -> None:
    dark_ns = dark_between_floors(rescued)
    stood = rescued.run(19.9)
    assert (stood.mode, stood.moving, stood.door_zone) == (ServiceMode.NORMAL, False, False)
    _, above_m = between(stood.position_m)
    begun = rescued.until_kind(TruthKind.MODE)
    assert (begun.data["mode"], begun.t_ns - dark_ns) == ("battery_rescue", 20 * S)
    assert rescued.now.mode is ServiceMode.EMERGENCY_POWER
    assert 0 < max(rescued.run(0.1).speed_mps for _ in range(40)) <= 0.15
    assert rescued.now.values()["brake_command"] is rescued.now.values()["contactor_command"] is True
    assert rescued.until_kind(TruthKind.ALIGHTED).data["persons"] == 0
    assert rescued.now.position_m == above_m  # one person is lighter than half of the rated load
    assert not rescued.now.mains


@pytest.mark.parametrize(
    ("persons", "way", "rated_kg", "goes"),
    [
        (6, RescueWay.EASIEST, 975.0, "up"),
        (7, RescueWay.EASIEST, 975.0, "down"),
        (1, RescueWay.EASIEST, 150.0, "nearest"),  # as heavy as its counterweight
        (1, RescueWay.NEAREST, 975.0, "nearest"),
        (7, RescueWay.NEAREST, 975.0, "nearest"),
    ],
)
@pytest.mark.parametrize("after_s", [3.2, 3.8, 4.4], ids=["low", "middle", "high"])
def test_it_goes_where_the_load_drives_the_car(
    persons: int, way: RescueWay, rated_kg: float, goes: str, after_s: float
) -> None:
    """The counterweight balances half of the rated load: 487.5 kg of 975 kg are 6.5 persons."""
    device = replace(RESCUED.rescue_device, way=way)
    witness = Witness(replace(RESCUED, rescue_device=device, rated_load_kg=rated_kg))
    for _ in range(persons):
        witness.plant.person_comes(0, 8)
    witness.until_kind(TruthKind.DEPARTED)
    witness.run(after_s)
    witness.apply(Stimulus.POWER_LOSS)
    stood_m = witness.run(15).position_m
    below_m, above_m = between(stood_m)
    nearest_m = above_m if above_m - stood_m < stood_m - below_m else below_m
    witness.until_kind(TruthKind.DOOR_OPENING)
    assert witness.now.position_m == {"up": above_m, "down": below_m, "nearest": nearest_m}[goes]


def test_the_trapped_are_free_when_its_door_is_open(rescued: Witness) -> None:
    dark_between_floors(rescued)
    rescued.run(120)
    trapped, freed = rescued.of(TruthKind.TRAPPED_SINCE, TruthKind.FREED)
    assert (trapped.data["cause"], freed.kind) == ("power", TruthKind.FREED)
    assert freed.t_ns == rescued.of(TruthKind.DOOR_OPEN)[-1].t_ns


def test_then_it_ends_and_the_door_stays_open(rescued: Witness) -> None:
    dark_between_floors(rescued)
    now = rescued.run(3600)
    assert (now.mode, now.door_open, now.persons, now.mains) == (ServiceMode.NORMAL, True, 0, False)
    assert [record.data["mode"] for record in rescued.of(TruthKind.MODE)] == ["battery_rescue", "normal"]
    rescued.apply(Stimulus.POWER_RESTORE)
    rescued.plant.person_comes(5, 0)
    rescued.run(180)
    assert rescued.plant.crowd.served == 2


def test_without_one_people_wait_for_the_mains(quiet: Witness) -> None:
    dark_between_floors(quiet)
    quiet.run(3600)
    assert quiet.of(TruthKind.FREED, TruthKind.MODE) == []


def test_an_empty_car_at_a_landing_needs_none(rescued: Witness) -> None:
    parked_at(rescued, 2)
    rescued.apply(Stimulus.POWER_LOSS)
    now = rescued.run(600)
    assert (now.door_closed, rescued.of(TruthKind.MODE)) == (True, [])


def test_mains_that_come_back_before_its_time_leave_it_nothing_to_do(rescued: Witness) -> None:
    dark_between_floors(rescued)
    rescued.run(10)
    rescued.apply(Stimulus.POWER_RESTORE)
    rescued.run(120)
    assert rescued.of(TruthKind.MODE) == []
    assert rescued.plant.crowd.served == 1


def test_mains_that_come_back_while_it_runs_let_it_arrive_and_people_ride_on(rescued: Witness) -> None:
    dark_between_floors(rescued)
    rescued.run(22)
    assert rescued.now.moving
    rescued.apply(Stimulus.POWER_RESTORE)
    assert rescued.now.mode is ServiceMode.NORMAL
    rescued.run(180)
    assert rescued.of(TruthKind.ALIGHTED)[-1].data["floor"] == 8


def test_it_does_not_move_a_car_that_is_out_of_order(rescued: Witness) -> None:
    rescued.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    rescued.apply(Stimulus.POWER_LOSS)
    stood = rescued.now.position_m
    assert rescued.run(600).position_m == stood


def test_it_leaves_a_car_to_the_technician_who_drives_it(rescued: Witness) -> None:
    rescued.apply(Stimulus.INSPECTION_ON)
    rescued.apply(Stimulus.INSPECTION_UP, 6.0)
    rescued.run(4)
    rescued.apply(Stimulus.POWER_LOSS)
    assert not rescued.run(600).door_zone
    assert all(record.data["mode"] == "inspection" for record in rescued.of(TruthKind.MODE))


def test_it_leaves_a_car_to_the_technician_who_frees_people(rescued: Witness) -> None:
    rescued.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    rescued.apply(Stimulus.RELEASE)
    rescued.until(lambda now: now.moving)
    rescued.run(1)
    rescued.apply(Stimulus.POWER_LOSS)
    rescued.run(120)
    assert len(rescued.of(TruthKind.FREED)) == 1
    assert rescued.of(TruthKind.MODE) == []


def test_a_technician_may_come_first(rescued: Witness) -> None:
    dark_between_floors(rescued)
    rescued.run(5)
    assert rescued.apply(Stimulus.RELEASE) is Effect.NOW
    rescued.run(120)
    assert len(rescued.of(TruthKind.FREED)) == 1
    assert rescued.of(TruthKind.MODE) == []
