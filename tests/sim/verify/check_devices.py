"""Item 6, devices: each held against its limit over random lifts, speeds and loads, from the truth log alone."""

import math
import random
from typing import Final

import msgspec
from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.building import Building, Floor
from sim.plant import Plant
from sim.ride import Protection
from sim.stimuli import Stimulus
from sim.truth import TruthKind, TruthRecord
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.house import HOUSE
from verify.oracle import closed_form_s
from verify.rules import STANDARD_GRAVITY_MPS2, UCM_MOST_M, governor_most

_ROUNDING: Final = 1e-6
_LIMIT_S: Final = 7200.0


class Case(msgspec.Struct, frozen=True):
    """One random lift that a device stopped, and what its log says of that."""

    building: Building
    log: list[TruthRecord]

    def device(self, name: str) -> TruthRecord:
        """When a device acted."""
        return next(record for record in self.log if record.kind is TruthKind.TRIPPED and record.data["device"] == name)

    def last(self, kind: TruthKind) -> TruthRecord:
        """The last record of a kind."""
        return next(record for record in reversed(self.log) if record.kind is kind)


def any_lift(draw: random.Random) -> Building:
    """Up to 6 m/s as high as there is room to be too fast, 4 to 60 floors, 4 to 20 persons; devices set anywhere."""
    storey_m, floors = draw.uniform(2.6, 4.5), draw.randint(4, 60)
    most_mps = min(6.0, 0.4 * math.sqrt(storey_m * floors))
    zone_m = draw.uniform(0.05, 0.35)
    return replace(
        HOUSE,
        floors=tuple(Floor(str(i + 1), storey_m * i) for i in range(floors)),
        capacity_persons=draw.randint(4, 20),
        drive=replace(HOUSE.drive, rated_speed_mps=draw.uniform(0.4, most_mps), accel_mps2=draw.uniform(0.4, 1.5)),
        door=replace(HOUSE.door, zone_m=zone_m),
        traffic=replace(HOUSE.traffic, passengers_per_hour=draw.uniform(20, 400)),
        protection=Protection(
            governor_contact=draw.uniform(1.05, 1.15),
            governor_trip=draw.random(),
            gear_retardation_g=draw.uniform(0.2, 1.0),
            runaway_accel_mps2=draw.uniform(0.8, 3.0),
            ucm_accel_mps2=draw.uniform(0.1, 1.5),
            ucm_response_s=draw.uniform(0, 0.2),
            ucm_decel_mps2=draw.uniform(2.0, 9.0),
        ),
    )


def cases(seed: int, stimulus: Stimulus, count: int) -> list[Case]:
    """That many lifts, each until the stimulus has trapped somebody. Raises PlantWrong if it never does."""
    draw = random.Random(f"{seed}/{stimulus.value}")
    return [_trapped(any_lift(draw), seed * 1000 + number, draw.uniform(0, 900), stimulus) for number in range(count)]


def _trapped(building: Building, seed: int, after_s: float, stimulus: Stimulus) -> Case:
    log: list[TruthRecord] = []
    plant = Plant(building, seed, log.append)
    plant.advance_to(round(after_s * NS_PER_S))
    plant.apply(stimulus)
    until_ns = plant.now_ns + round(_LIMIT_S * NS_PER_S)
    while not any(record.kind is TruthKind.TRAPPED_SINCE for record in log[-8:]):
        due_ns = plant.next_event_ns()
        if due_ns is None or due_ns > until_ns:
            raise PlantWrong(f"{stimulus.value} trapped nobody in {_LIMIT_S:g} s")
        plant.advance_to(due_ns)
    plant.advance_to(plant.now_ns + 60 * NS_PER_S)
    return Case(building, log)


def check(seed: int, lifts: int) -> Outcome:
    """A finding for each device."""
    fast = cases(seed, Stimulus.OVERSPEED, lifts)
    return Outcome(
        (
            _within(
                f"governor trips, {lifts} random lifts",
                "EN 81-20 5.6.2.2.1.1 (limits.csv, A)",
                "1.15 v .. 1.25 v + 0.25/v; 1.5 m/s up to 1.0 m/s",
                [_trip_share(case) for case in fast],
                (0.0, 1.0),
                "{:.3f} .. {:.3f} of the window",
            ),
            _within(
                f"the governor's contact opens before it trips, {lifts} random lifts",
                "electrical before mechanical; the share of v is an assumption of the building's",
                "above v, not above the trip",
                [_contact_share(case) for case in fast],
                (0.0, 1.0),
                "{:.3f} .. {:.3f} of the way from v to the trip",
            ),
            _within(
                f"safety gear, mean retardation, {lifts} random lifts",
                "EN 81-20 5.6.2.1 (limits.csv, B); speed and way from the truth log",
                "0.2 .. 1.0 g",
                [_retardation_g(case) for case in fast],
                (0.2, 1.0),
                "{:.3f} .. {:.3f} g",
            ),
            _within(
                f"run-time limiter, {lifts} random lifts that do not start, {lifts} whose ropes slip",
                "EN 81-20 5.9.2.7 (limits.csv, C); full travel by the closed form of Peters 1995",
                "min(45 s, T + 10 s), 20 s if T < 10 s; 1e-6 s",
                [
                    _limiter_off_s(case)
                    for what in (Stimulus.NO_MOTION, Stimulus.ROPE_SLIP)
                    for case in cases(seed, what, lifts)
                ],
                (-_ROUNDING, _ROUNDING),
                "{:.1e} .. {:.1e} s off",
            ),
            _within(
                f"unintended movement ends, {lifts} random lifts",
                "EN 81-20 5.6.7.5 (limits.csv, C)",
                f"at most {UCM_MOST_M:.2f} m from the landing",
                [_away_m(case) for case in cases(seed, Stimulus.UCM, lifts)],
                (0.0, UCM_MOST_M),
                "{:.3f} .. {:.3f} m",
            ),
        )
    )


def _within(
    what: str, source: str, tolerance: str, values: list[float], bounds: tuple[float, float], text: str
) -> Finding:
    least, most = min(values), max(values)
    right = bounds[0] - _ROUNDING <= least and most <= bounds[1] + _ROUNDING
    return Finding(6, what, source, tolerance, text.format(least, most), judged(right))


def _trip_share(case: Case) -> float:
    rated = case.building.drive.rated_speed_mps
    speed = _number(case.device("safety_gear"), "speed_mps")
    return (speed - 1.15 * rated) / (governor_most(rated) - 1.15 * rated)


def _contact_share(case: Case) -> float:
    rated = case.building.drive.rated_speed_mps
    contact, trip = (_number(case.device(name), "speed_mps") for name in ("governor", "safety_gear"))
    return (contact - rated) / (trip - rated)


def _retardation_g(case: Case) -> float:
    gear, stopped = case.device("safety_gear"), case.last(TruthKind.STOPPED)
    way_m = abs(_number(stopped, "position_m") - _number(gear, "position_m"))
    return _number(gear, "speed_mps") ** 2 / (2 * way_m * STANDARD_GRAVITY_MPS2)


def _limiter_off_s(case: Case) -> float:
    heights_m = case.building.heights_m
    full_s = closed_form_s(heights_m[-1], *case.building.motion_limits)
    wanted_s = 20.0 if full_s < 10 else min(45.0, full_s + 10)
    ran_ns = case.device("run_limiter").t_ns - case.last(TruthKind.DEPARTED).t_ns
    return ran_ns / NS_PER_S - wanted_s


def _away_m(case: Case) -> float:
    stopped = _number(case.last(TruthKind.STOPPED), "position_m")
    landing = int(_number(case.last(TruthKind.DOOR_OPENING), "floor"))
    return abs(stopped - case.building.heights_m[landing])


def _number(record: TruthRecord, name: str) -> float:
    return float(str(record.data[name]))
