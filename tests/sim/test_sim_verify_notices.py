"""The plant broken on purpose, in one way each: a check that does not notice is none."""

from collections.abc import Callable

import msgspec
import pytest
from msgspec.structs import replace
from verify import (
    check_arrivals,
    check_devices,
    check_injector,
    check_levelling,
    check_load,
    check_motion,
    check_people,
    check_safety,
    check_stops,
    check_trips,
    check_waiting,
    reference,
)
from verify.findings import Outcome, PlantWrong, Verdict
from verify.rules import Rules, Seen
from verify.trips import case_of
from verify.watch import Watch

from protocols.lift.vocabulary import Direction
from sim import doorway, motion
from sim.agenda import to_ns
from sim.arrivals import HOUR_NS, Arrivals, DayClock
from sim.building import Building
from sim.car import Car, Phase
from sim.controller import Calls, next_stop
from sim.doorway import Doorway
from sim.injector.draws import Gaps, Times
from sim.kinematics import Move
from sim.passengers import Journeys, Passenger, Riders
from sim.people import People
from sim.stimuli import Stimulus

ROW = reference.trips()[4]


def wrong(outcome: Outcome) -> list[str]:
    return [finding.what for finding in outcome.findings if finding.verdict is Verdict.FAIL]


def round_trips() -> list[str]:
    return wrong(check_trips.outcome([check_trips.time_trips(ROW, 3, 100)], 100))


def stops(trips: int = 300) -> list[str]:
    rows = [row for row in reference.stops() if (row.N, row.P) in {(16, 8.0), (10, 4.0), (12, 8.0)}]
    return wrong(check_stops.outcome([check_stops.count(row, 3, trips) for row in rows], trips))


def test_unbroken_nothing_is_noticed() -> None:
    assert round_trips() == stops() == []


def test_a_jerk_one_per_mille_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "Move", lambda d, v, a, j: Move(d, v, a, j * 1.001))
    assert "RTT, each trip" in round_trips()
    assert len(wrong(check_motion.check(3, 5, 2))) == 1  # the runs in the truth log


def test_a_short_move_without_its_jerk_term_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a public simulator's unused path does: 2 a / j too quick."""
    honest = Move.__init__

    def hasty(self: Move, d: float, v: float, a: float, j: float) -> None:
        honest(self, d, v, a, j)
        object.__setattr__(self, "duration_s", self.duration_s - 2 * self.a_peak_mps2 / j)

    monkeypatch.setattr(Move, "__init__", hasty)
    assert len(wrong(check_motion.check(3, 50, 2))) >= 4


def test_a_transfer_three_per_cent_too_slow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = to_ns
    monkeypatch.setattr(doorway, "to_ns", lambda s: honest(s * 1.03) if s == ROW.tp_in else honest(s))
    found = round_trips()
    assert "RTT, each trip" in found and any("by enumeration" in what for what in found)


def test_a_stop_that_nobody_asked_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def keen(calls: Calls, floor: int, heading: Direction, full: bool) -> int | None:
        """Going up from the main floor far, it also looks in at floor 2."""
        target = next_stop(calls, floor, heading, full)
        return 2 if floor == 0 and target is not None and target > 2 else target

    monkeypatch.setattr("sim.operation.next_stop", keen)
    assert {"S, fixed P", "S, Poisson P"} <= set(stops())


def test_destinations_that_are_not_evenly_spread_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Journeys.route

    def lopsided(self: Journeys, now_ns: int = 0) -> tuple[int, int]:
        origin, to = honest(self, now_ns)
        return (origin, to) if to != 1 else honest(self, now_ns)

    monkeypatch.setattr(Journeys, "route", lopsided)
    assert {"H, fixed P", "H, Poisson P"} & set(stops(600))


def test_a_car_that_does_not_wait_for_its_door_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def overlapping(self: Doorway) -> None:
        """The controller hears of a closed door when it is half shut."""
        self._car.enter(Phase.CLOSING, self._car.door.reaches_ns(0.5), self._closed)

    monkeypatch.setattr(Doorway, "_shut", overlapping)
    monkeypatch.setattr(Car, "may_move", property(lambda self: True))
    monkeypatch.setattr("sim.operation.shut_to_ns", lambda *_: 0)
    assert "moves with a door not closed" in check_safety.run_chunk(3, 0, 3).broken
    assert "RTT, each trip" in round_trips()


def drop_from_the_car(riders: Riders, person: Passenger) -> None:
    riders.persons.remove(person)  # and is served by nobody


def drop_from_the_landing(riders: Riders, person: Passenger) -> None:
    riders._crowd.depart(person)
    if person.serial % 7:
        riders.persons.append(person)


@pytest.mark.parametrize(("where", "drop"), [("alight", drop_from_the_car), ("board", drop_from_the_landing)])
def test_a_lost_passenger_is_noticed(
    monkeypatch: pytest.MonkeyPatch, where: str, drop: Callable[[Riders, Passenger], None]
) -> None:
    monkeypatch.setattr(Riders, where, drop)
    with pytest.raises(PlantWrong):
        check_people.check(3, 4, 0)


def test_a_group_that_lets_one_car_do_all_the_work_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.group.chosen", lambda cars, floor, way, times, rule: 0)
    found = wrong(check_waiting.outcome([check_waiting.wait(0.19, 3, 2.0)], 2.0))
    assert "interval of loaded departures from the main floor" in found


def test_a_door_that_opens_again_for_everybody_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = check_waiting.group

    def obliging(rate_per_s: float) -> Building:
        building = honest(rate_per_s)
        return replace(building, door=replace(building.door, hall_call_reopens=True))

    monkeypatch.setattr(check_waiting, "group", obliging)
    found = wrong(check_waiting.outcome([check_waiting.wait(0.13, 3, 2.0)], 2.0))
    assert sum(what.startswith("waiting time over interval") for what in found) == 2


def test_people_who_come_more_often_than_they_should_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Journeys.next_gap_ns
    monkeypatch.setattr(Journeys, "next_gap_ns", lambda self, now_ns: round((honest(self, now_ns) or 0) * 0.85))
    assert "Little, L = lambda W per landing and in the car" in wrong(check_people.check(3, 24, 0))


def test_an_overload_that_holds_no_door_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    run: check_safety.Run = (3, "busy", [(30.0, Stimulus.OVERLOAD, 60.0, 0)], 60.0)
    check_safety.play(run)
    monkeypatch.setattr(People, "keep_open", lambda self: None)
    monkeypatch.setattr("sim.hands.Hands.door_until_ns", property(lambda self: 0))
    with pytest.raises(PlantWrong, match="begins while overload"):
        check_safety.play(run)


def test_a_rear_door_open_between_floors_is_noticed() -> None:
    watch = Watch(check_safety.THROUGH, 3)
    before = watch.plant.signals()
    Rules(check_safety.THROUGH, lambda: before, Seen()).look()
    between = msgspec.structs.replace(before, position_m=1.5, door_zone=False, rear_closed=False)
    with pytest.raises(PlantWrong, match="door open outside the unlocking zone"):
        Rules(check_safety.THROUGH, lambda: between, Seen()).look()


def test_whichever_car_of_a_group_breaks_a_rule_is_noticed() -> None:
    watch = Watch(check_safety.GROUP, 3)
    watch.advance(10**9)
    watch.plant._lift_of(2).car.motion = motion.Rest(1.5, 0)
    with pytest.raises(PlantWrong, match="jumps 1500"):
        watch.apply(Stimulus.ALARM_BUTTON, 1.0)


def test_re_levelling_as_fast_as_a_run_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.levelling.Run", lambda a, b, t, limits: motion.Run(a, b, t, (1.0, 9.0, 1000.0)))
    assert len(wrong(check_levelling.check(3, 3, 1))) == 1


DEVICES = {
    "governor trips": ("sim.runaway.trip_speed_mps", lambda protection, rated: 1.6 * rated),
    "safety gear": ("sim.runaway.STANDARD_GRAVITY_MPS2", 30.0),
    "run-time limiter": ("sim.runaway.run_limit_s", lambda heights_m, limits: 46.0),
    "unintended movement": (
        "sim.runaway.ucm_top_mps",
        lambda it, detected_m: 2.2 * (2 * it.ucm_accel_mps2 * detected_m) ** 0.5,
    ),
}


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_beyond_its_limit_is_noticed(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(*DEVICES[device])
    assert [what for what in wrong(check_devices.check(3, 12)) if what.startswith(device)]


def test_a_door_one_per_mille_slower_is_noticed() -> None:
    _, building = case_of(ROW)
    slower = replace(building, door=replace(building.door, opening_s=building.door.opening_s * 1.001))
    timed = check_trips.time_in(building=slower, row=ROW, seed=3, trips=100)
    assert "RTT, each trip" in wrong(check_trips.outcome([timed], 100))


def test_a_car_that_takes_more_than_it_may_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.load.OVERLOAD_AT_LEAST_KG", 74.0)
    assert wrong(check_load.check(3, 6, 1))
    monkeypatch.undo()
    monkeypatch.setattr(Riders, "overloaded", property(lambda self: False))
    assert wrong(check_load.check(3, 2, 1))


def injected() -> list[str]:
    drawn = [check_injector.draw_lifts(2, 1000)]
    return wrong(check_injector.outcome(drawn, [check_injector.play_lift(2000, 10, 3.0)], 2))


def test_a_cause_that_comes_a_tenth_too_often_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Gaps.next
    monkeypatch.setattr(Gaps, "next", lambda gaps: round(right(gaps) / 1.1))
    assert "rates, 20000 lift-years of draws" in injected()


def test_lifts_that_are_all_alike_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_injector, "factor", lambda model, seed: 1.0)
    assert any(what.startswith("how unlike lifts are") for what in injected())


def test_a_technician_who_takes_a_tenth_longer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Times.next_ns
    monkeypatch.setattr(Times, "next_ns", lambda times: round(right(times) * 1.1))
    assert sum("times, drawn" in what for what in injected()) == 3


def test_a_day_whose_clock_is_an_hour_slow_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = DayClock._time_of_day_ns
    monkeypatch.setattr(DayClock, "_time_of_day_ns", lambda self, t_ns: honest(self, t_ns - HOUR_NS))
    assert [what.split(",")[0] for what in wrong(check_arrivals.check(3, 1000, 10))] == [
        "people in each hour of the day"
    ]


def test_batches_and_mixes_that_are_a_little_off_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Arrivals.batch
    monkeypatch.setattr(Arrivals, "batch", lambda self: min(honest(self), 4))
    monkeypatch.setattr(Arrivals, "mix", lambda self, now_ns: (self._steady_mix[0] - 0.02, self._steady_mix[1] + 0.02))
    noticed = wrong(check_arrivals.check(3, 20_000, 1))
    assert noticed[:2] == ["mean size of batches", "origins and destinations: incoming, outgoing, between upper floors"]
