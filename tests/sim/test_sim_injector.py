"""Causes on the plant: when they strike, what they do, who comes, and that nothing else changes."""

import pytest
from msgspec.structs import replace
from sim_witness import HOUSE, QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import ServiceMode
from sim import SimError
from sim.injector.injector import Injector
from sim.injector.model import Driver, FaultModel, Occasion, Rate, load_faults
from sim.injector.occasions import Wanted, When
from sim.plant import Plant
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

MODEL = load_faults("china-residential")
OCCUPIED = When(Occasion.OCCUPIED)


class Told:
    """A plant with an injector, and its truth."""

    def __init__(self, *wanted: Wanted, seed: int = 3, model: FaultModel = MODEL, at_random: bool = False) -> None:
        self.truth: list[TruthRecord] = []
        self.injector = Injector(model, seed, at_random=at_random, wanted=wanted)
        self.plant = Plant(HOUSE, seed, self.truth.append, self.injector)

    def run(self, hours: float) -> "Told":
        self.plant.advance_to(round(hours * 3600 * S))
        return self

    def of(self, kind: TruthKind) -> list[TruthRecord]:
        return [record for record in self.truth if record.kind is kind]

    def first(self, kind: TruthKind) -> TruthRecord:
        return self.of(kind)[0]

    def does(self, what: str) -> TruthRecord:
        return next(record for record in self.of(TruthKind.TECHNICIAN) if record.data["does"] == what)


def power_of(truth: list[TruthRecord], car: int) -> list[tuple[int, object]]:
    """When a car's mains went and came."""
    of_car = [r for r in truth if r.kind is TruthKind.POWER and r.data.get("car", 0) == car]
    return [(record.t_ns, record.data["mains"]) for record in of_car]


def often(cause: str, per_lift_year: float, driver: Driver) -> FaultModel:
    """A model with one cause alone, that comes often."""
    rate = Rate(per_lift_year, driver, "test", "D")
    return replace(MODEL, causes={cause: replace(MODEL.causes[cause], rate=rate)})


def test_a_cause_is_told_as_it_is_booked_and_as_it_is_seen() -> None:
    record = Told(Wanted("rubbish_in_sill", 60 * S)).run(1).first(TruthKind.CAUSE)
    assert record.t_ns == 60 * S
    assert record.data == {"cause": "rubbish_in_sill", "booked": "misuse", "symptom": "door"}


def test_a_cause_does_its_stimulus_and_people_are_trapped() -> None:
    told = Told(Wanted("rubbish_in_sill", OCCUPIED)).run(1)
    assert told.first(TruthKind.STIMULUS).data["stimulus"] == "door_jammed_ajar"
    assert told.first(TruthKind.TRAPPED_SINCE).data["cause"] == "door_jammed"


def test_a_technician_is_called_comes_lets_people_out_and_repairs() -> None:
    told = Told(Wanted("rubbish_in_sill", OCCUPIED)).run(24)
    assert [record.data["does"] for record in told.of(TruthKind.TECHNICIAN)] == [
        "called",
        "arrived",
        "released",
        "repaired",
    ]
    assert told.does("called").t_ns == told.first(TruthKind.FAULT).t_ns
    assert told.does("arrived").t_ns < told.first(TruthKind.FREED).t_ns
    assert told.of(TruthKind.STIMULUS)[1].data["stimulus"] == "release"


def test_a_lift_under_repair_is_out_of_service_and_serves_again_behind_it() -> None:
    told = Told(Wanted("rubbish_in_sill", OCCUPIED)).run(24)
    from_ns, to_ns = told.first(TruthKind.FREED).t_ns, told.does("repaired").t_ns
    boarded = [record.t_ns for record in told.of(TruthKind.BOARDED)]
    assert not [t_ns for t_ns in boarded if from_ns < t_ns < to_ns]
    assert boarded[-1] > to_ns


def test_a_night_switch_does_not_end_a_repair() -> None:
    told = Told(Wanted("rubbish_in_sill", OCCUPIED)).run(0.01)
    while not told.of(TruthKind.TECHNICIAN) or told.of(TruthKind.TECHNICIAN)[-1].data["does"] != "released":
        told.plant.advance_to(told.plant.now_ns + 60 * S)
    told.plant.apply(Stimulus.OUT_OF_SERVICE)
    told.plant.apply(Stimulus.IN_SERVICE)
    assert told.plant.signals().mode is ServiceMode.OUT_OF_SERVICE


def test_a_technician_is_not_called_before_there_is_anything_wrong() -> None:
    """Armed at night, it waits for somebody who rides."""
    told = Told(Wanted("door_drive_dead", OCCUPIED)).run(24)
    assert told.does("called").t_ns >= told.first(TruthKind.FAULT).t_ns > told.first(TruthKind.CAUSE).t_ns


def test_the_mains_come_back_by_themselves_and_nobody_repairs_them() -> None:
    told = Told(Wanted("power_cut", 60 * S)).run(24)
    assert [record.data["mains"] for record in told.of(TruthKind.POWER)] == [False, True]
    assert "repaired" not in {record.data["does"] for record in told.of(TruthKind.TECHNICIAN)}


def test_people_whom_a_power_cut_traps_are_let_out() -> None:
    told = Told(Wanted("power_cut", OCCUPIED)).run(24)
    assert told.first(TruthKind.TRAPPED_SINCE).data["cause"] == "power"
    released, freed = told.does("released"), told.first(TruthKind.FREED)
    assert told.does("arrived").t_ns < freed.t_ns
    assert released.t_ns <= freed.t_ns


@pytest.mark.parametrize(
    ("when", "kind", "wait_s"),
    [
        (When(Occasion.OCCUPIED), TruthKind.DEPARTED, 2.0),
        (When(Occasion.RUNNING), TruthKind.DEPARTED, 2.0),
        (When(Occasion.DOORS_OPEN), TruthKind.DOOR_OPEN, 0.0),
        (When(Occasion.FLOOR, 4), TruthKind.ARRIVED, 0.0),
    ],
    ids=str,
)
def test_an_occasion_is_waited_for(when: When, kind: TruthKind, wait_s: float) -> None:
    told = Told(Wanted("cabinet_open", when)).run(3)
    matching = [
        record
        for record in told.of(kind)
        if (when.occasion is not Occasion.OCCUPIED or record.data["persons"])
        and (when.occasion is not Occasion.FLOOR or record.data["floor"] == 4)
    ]
    assert told.first(TruthKind.CAUSE).t_ns == matching[0].t_ns + round(wait_s * S)
    assert len(told.of(TruthKind.CAUSE)) == 1


def test_starts_are_counted() -> None:
    told = Told(Wanted("cabinet_open", When(Occasion.STARTS, 7))).run(3)
    assert told.first(TruthKind.CAUSE).t_ns == told.of(TruthKind.DEPARTED)[6].t_ns


def test_what_waits_for_an_occasion_that_never_comes_is_still_pending() -> None:
    told = Told(Wanted("cabinet_open", When(Occasion.FLOOR, 40))).run(3)
    assert told.injector.pending == ["cabinet_open"]
    assert told.injector.struck == []


def test_the_injector_says_what_the_lift_felt() -> None:
    told = Told(Wanted("power_cut", 10 * S), Wanted("power_cut", 11 * S)).run(0.1)
    assert [struck.effect for struck in told.injector.struck] == [Effect.NOW, Effect.NONE]


@pytest.mark.parametrize("driver", Driver)
def test_a_rate_counts_what_drives_it(driver: Driver) -> None:
    """Once an hour on average by the model's usage, over 100 h: within 5 standard deviations of a Poisson count."""
    told = Told(seed=5, model=often("alarm_by_mistake", 8760, driver), at_random=True).run(100)
    per_hour = {
        Driver.HOUR: 1.0,
        Driver.START: len(told.of(TruthKind.DEPARTED)) / 100 * 24 / MODEL.usage.starts_per_day,
        Driver.DOOR_CYCLE: len(told.of(TruthKind.DOOR_CLOSED)) / 100 * 24 / MODEL.usage.door_cycles_per_day,
    }[driver]
    expected = 100 * per_hour * told.injector.fates[0].factor
    assert len(told.injector.struck) == pytest.approx(expected, abs=5 * expected**0.5)


def test_same_seed_same_truth_and_another_seed_another() -> None:
    model = often("power_cut", 2000, Driver.HOUR)
    logs = [Told(seed=seed, model=model, at_random=True).run(48).truth for seed in (3, 3, 4)]
    assert logs[0] == logs[1] != logs[2]


def test_without_causes_that_strike_nothing_changes() -> None:
    plain = Witness(HOUSE, 3)
    plain.run(24 * 3600)
    assert Told(seed=3, at_random=True).run(24).truth == plain.truth


def test_a_cause_more_leaves_the_others_where_they_were() -> None:
    one = often("alarm_by_mistake", 8760, Driver.HOUR)
    two = replace(one, causes=one.causes | often("cabinet_open", 8760, Driver.HOUR).causes)
    strikes = [
        [struck.t_ns for struck in Told(model=model, at_random=True).run(48).injector.struck if "alarm" in struck.cause]
        for model in (one, two)
    ]
    assert strikes[0] == strikes[1]


def test_a_power_cut_comes_to_the_whole_feeder_at_once() -> None:
    model = often("power_cut", 1000, Driver.HOUR)
    cuts = []
    for seed, feeder in ((1, 9), (2, 9), (1, 8)):
        injector, truth = Injector(model, seed, feeder=feeder), list[TruthRecord]()
        Plant(QUIET_HOUSE, seed, truth.append, injector).advance_to(100 * 3600 * S)
        cuts.append([(record.t_ns, record.data["mains"]) for record in truth if record.kind is TruthKind.POWER])
    assert cuts[0] == cuts[1] != cuts[2]


def test_an_unknown_cause_is_named_with_its_nearest() -> None:
    with pytest.raises(SimError, match="no cause 'rubish_in_sill' in china-residential; did you mean rubbish_in_sill"):
        Injector(MODEL, 1, wanted=[Wanted("rubish_in_sill", 0)])


def test_people_whom_somebody_else_trapped_are_let_out_as_well() -> None:
    told = Told()
    told.run(0.1).plant.apply(Stimulus.ENTRAP_BETWEEN_FLOORS)
    told.run(2)
    assert told.does("released").t_ns <= told.first(TruthKind.FREED).t_ns


def test_each_car_of_a_group_has_its_own_fate_and_a_power_cut_is_everybodys() -> None:
    model = replace(
        MODEL, causes=often("power_cut", 2000, Driver.HOUR).causes | often("cabinet_open", 9000, Driver.HOUR).causes
    )
    injector, truth = Injector(model, 3), list[TruthRecord]()
    Plant(replace(HOUSE, cars=2), 3, truth.append, injector).advance_to(48 * 3600 * S)
    opened: list[list[int]] = [[], []]
    for struck in injector.struck:
        if struck.cause == "cabinet_open":
            opened[struck.car].append(struck.t_ns)
    assert opened[0] != opened[1]
    cuts = [power_of(truth, car) for car in (0, 1)]
    assert cuts[0] == cuts[1] != []
    assert {record.data.get("car", 0) for record in truth if record.kind is TruthKind.CAUSE} == {0, 1}


def test_a_lift_that_breaks_again_while_it_is_repaired_comes_back_too() -> None:
    told = Told(Wanted("rubbish_in_sill", OCCUPIED)).run(0.1)
    while not any(record.data["does"] == "released" for record in told.of(TruthKind.TECHNICIAN)):
        told.run(told.plant.now_ns / 3600 / S + 0.02)
    told.plant.apply(Stimulus.ENTRAP_BETWEEN_FLOORS)
    told.run(48)
    assert len(told.of(TruthKind.TRAPPED_SINCE)) == len(told.of(TruthKind.FREED)) == 2
    assert told.of(TruthKind.ARRIVED)[-1].t_ns > 47 * 3600 * S


@pytest.mark.parametrize("when", [60 * S, OCCUPIED], ids=str)
def test_a_wanted_power_cut_reaches_every_car_and_all_have_power_again_at_once(when: int | When) -> None:
    truth: list[TruthRecord] = []
    injector = Injector(MODEL, 3, at_random=False, wanted=[Wanted("power_cut", when)])
    Plant(replace(HOUSE, cars=3), 3, truth.append, injector).advance_to(24 * 3600 * S)
    first, *others = [power_of(truth, car) for car in range(3)]
    assert [mains for _, mains in first] == [False, True]
    assert others == [first, first]


def test_a_wanted_power_cut_leaves_the_feeders_own_where_they_were() -> None:
    """A cut that does not overlap with the wanted one begins and ends as it does without it."""
    model = often("power_cut", 400, Driver.HOUR)
    cuts = []
    for wanted in ([], [Wanted("power_cut", 60 * S)]):
        truth: list[TruthRecord] = []
        Plant(QUIET_HOUSE, 1, truth.append, Injector(model, 1, feeder=1, wanted=wanted)).advance_to(400 * 3600 * S)
        cuts.append(power_of(truth, 0))
    own, both = cuts
    assert len(own) > 10
    assert both[0] == (60 * S, False)
    assert set(own) < set(both)
