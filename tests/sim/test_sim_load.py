"""What people weigh, and what a controller does with the load: EN 81-20 5.12.1.2, and practice at 80 %."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.building import Building, Traffic
from sim.demand import Thing
from sim.load import Bodies, Body, Limits
from sim.stimuli import Stimulus
from sim.truth import TruthKind

SPREAD = Traffic(passengers_per_hour=0.0, mass_spread_kg=15.0)


def small_car(rated_load_kg: float, persons: int = 10) -> Building:
    return replace(QUIET_HOUSE, rated_load_kg=rated_load_kg, capacity_persons=persons)


def people_come(witness: Witness, *masses_kg: float, to: int = 5, origin: int = 0) -> None:
    for mass_kg in masses_kg:
        witness.plant._lift.person_comes(origin, to, Body(mass_kg))


@pytest.mark.parametrize(
    ("rated_load_kg", "overload_kg"), [(320, 395), (630, 705), (750, 825), (1000, 1100), (1600, 1760)]
)
def test_overload_is_a_tenth_more_and_at_least_75_kg_more(rated_load_kg: float, overload_kg: float) -> None:
    assert Limits.of(small_car(rated_load_kg)).overload_kg == pytest.approx(overload_kg)


def test_the_rated_load_is_75_kg_a_person_if_it_is_not_said() -> None:
    assert QUIET_HOUSE.rated_kg == 13 * 75
    assert small_car(1000, 13).rated_kg == 1000


def test_masses_have_their_mean_and_spread() -> None:
    """Normal: the standard error of the spread of n draws is spread over the root of 2 n."""
    bodies, n = Bodies(SPREAD, 5), 10_000
    masses = [bodies.next().mass_kg for _ in range(n)]
    mean = sum(masses) / n
    spread = (sum((mass - mean) ** 2 for mass in masses) / n) ** 0.5
    assert abs(mean - 75) < 4 * 15 / n**0.5
    assert abs(spread - 15) < 4 * 15 / (2 * n) ** 0.5


def test_things_are_brought_by_their_shares_and_weigh() -> None:
    things = (Thing("bicycle", 15, 0.10), Thing("bed", 150, 0.05))
    bodies, n = Bodies(Traffic(things=things), 5), 20_000
    drawn = [bodies.next() for _ in range(n)]
    assert {body.thing: body.mass_kg for body in drawn} == {"": 75, "bicycle": 90, "bed": 225}
    for thing in things:
        found = sum(body.thing == thing.name for body in drawn) / n
        assert abs(found - thing.share) < 4 * (thing.share * (1 - thing.share) / n) ** 0.5


def test_more_than_everybody_brings_nothing() -> None:
    with pytest.raises(ValueError, match="more than the whole"):
        Traffic(things=(Thing("bicycle", 15, 0.6), Thing("bed", 150, 0.5)))


def test_a_car_carries_its_people_until_they_leave() -> None:
    witness = Witness(small_car(1000))
    people_come(witness, 60.0, 90.0)
    witness.until(lambda now: now.moving)
    assert witness.now.load_kg == 150
    assert "load_kg" not in witness.now.values()
    assert witness.run(120).load_kg == 0


@pytest.mark.parametrize(("last_kg", "overloaded"), [(94.9, False), (95.0, True)])
def test_overload_begins_at_its_limit(last_kg: float, overloaded: bool) -> None:
    """320 kg rated: 395 kg is an overload."""
    witness = Witness(small_car(320))
    people_come(witness, 100.0, 100.0, 100.0, last_kg)
    assert not witness.now.overload
    witness.until(lambda now: now.persons == 4)
    assert witness.now.overload is witness.now.values()["overload"] is overloaded
    assert bool(witness.of(TruthKind.OVERLOADED)) is overloaded


def test_an_overloaded_car_waits_open_until_the_last_one_in_has_stepped_out() -> None:
    witness = Witness(small_car(320))
    people_come(witness, 100.0, 100.0, 100.0, 95.0)
    overloaded = witness.until_kind(TruthKind.OVERLOADED)
    assert overloaded.data["load_kg"] == 395
    out = witness.until_kind(TruthKind.STEPPED_OUT)
    assert out.t_ns - overloaded.t_ns == (4.0 + 1.5) * S
    assert (out.data["person"], out.data["persons"], witness.now.overload) == (4, 3, False)
    assert witness.until_kind(TruthKind.DEPARTED).data["persons"] == 3
    after = [record.kind for record in witness.truth if record.t_ns >= out.t_ns]
    assert after == [TruthKind.STEPPED_OUT, TruthKind.DOOR_CLOSING, TruthKind.DOOR_CLOSED, TruthKind.DEPARTED]


def test_who_stepped_out_is_fetched_by_the_next_trip() -> None:
    witness = Witness(small_car(320))
    people_come(witness, 100.0, 100.0, 100.0, 95.0)
    witness.run(300)
    crowd = witness.plant.crowd
    assert (crowd.served, crowd.waiting, crowd.riding) == (4, 0, 0)
    assert [record.data["floor"] for record in witness.of(TruthKind.ALIGHTED)] == [5] * 4


def test_who_leaves_here_makes_room_before_anybody_must_step_out() -> None:
    """Full at floor 3: one gets out there, a heavier one gets in, and steps out again."""
    witness = Witness(small_car(320))
    people_come(witness, 100.0, 100.0, to=5)
    people_come(witness, 50.0, to=3)
    people_come(witness, 199.0, to=6, origin=3)
    out = witness.until_kind(TruthKind.STEPPED_OUT)
    assert (out.data["person"], out.data["floor"]) == (4, 3)
    witness.run(300)
    assert witness.plant.crowd.served == 4


def test_a_heavy_car_passes_hall_calls_by() -> None:
    """Two of 128 kg are 80 % of 320 kg; of 127 kg they are not."""
    served: dict[float, list[object]] = {}
    for mass_kg in (127.0, 128.0):
        witness = Witness(small_car(320))
        people_come(witness, mass_kg, mass_kg, to=8)
        people_come(witness, 60.0, to=8, origin=4)
        witness.run(300)
        served[mass_kg] = [record.data["floor"] for record in witness.of(TruthKind.ARRIVED)][:1]
    assert served == {127.0: [4], 128.0: [8]}


def test_a_car_full_of_light_people_passes_hall_calls_by() -> None:
    """No place left at half the rated load: stopping for others would take nobody in."""
    witness = Witness(small_car(1000, persons=3))
    people_come(witness, 50.0, 50.0, 50.0, to=8)
    people_come(witness, 60.0, to=8, origin=4)
    assert witness.until_kind(TruthKind.ARRIVED).data["floor"] == 8


def test_an_electric_bicycle_rides_and_weighs() -> None:
    witness = Witness(QUIET_HOUSE)
    witness.apply(Stimulus.E_BIKE_ENTERS)
    came = witness.of(TruthKind.WAITING)[-1]
    assert (came.data["thing"], came.data["mass_kg"]) == ("e_bike", 75 + 50)
    witness.until(lambda now: now.moving and now.persons > 0)
    assert witness.now.load_kg == 125


def test_without_power_everybody_walks_out_of_an_overloaded_car_and_nobody_is_lost() -> None:
    witness = Witness(small_car(320))
    people_come(witness, 100.0, 100.0, 100.0, 95.0)
    witness.until_kind(TruthKind.OVERLOADED)
    witness.run(2)
    witness.apply(Stimulus.POWER_LOSS)
    now = witness.run(60)
    assert (now.persons, now.load_kg, now.overload) == (0, 0, False)
    crowd = witness.plant.crowd
    assert crowd.came == 4 == crowd.served + crowd.abandoned + crowd.waiting
    witness.apply(Stimulus.POWER_RESTORE)
    assert witness.run(60).mode is ServiceMode.NORMAL


def test_who_is_too_heavy_for_an_empty_car_goes_away_and_the_next_one_rides() -> None:
    witness = Witness(small_car(320))
    people_come(witness, 400, 75)
    witness.run(300)
    kinds = [record.kind for record in witness.truth if record.data.get("person") == 1]
    assert kinds == [TruthKind.WAITING, TruthKind.BOARDED, TruthKind.STEPPED_OUT, TruthKind.ABANDONED]
    crowd = witness.plant.crowd
    assert (crowd.came, crowd.served, crowd.abandoned, crowd.waiting) == (2, 1, 1, 0)
