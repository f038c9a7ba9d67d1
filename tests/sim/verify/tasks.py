"""Every check as groups of tasks for all cores; a plant that crashes in one is a finding, not the end."""

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec
from msgspec.structs import replace

from verify import (
    check_apart,
    check_arrivals,
    check_devices,
    check_injector,
    check_levelling,
    check_load,
    check_motion,
    check_observer,
    check_people,
    check_safety,
    check_stops,
    check_trips,
    check_waiting,
    reference,
)
from verify.findings import Finding, Outcome, Verdict
from verify.open_items import OPEN

Result = TypeVar("Result")
Say = Callable[[str], None]
ADVANCE_CASE: Final = "C05"


class Effort(msgspec.Struct, frozen=True):
    """How much of everything."""

    moves: int = 2000
    run_hours: float = 48.0
    observed_runs: int = 3
    observed_minutes: float = 15.0
    stop_trips: int = 500
    round_trips: int = 1500
    waiting_runs: int = 2
    waiting_hours: float = 8.0
    people_hours: float = 96.0
    mishap_runs: int = 40
    drawn_lifts: int = 5000
    injected_lifts: int = 40
    injected_days: float = 20.0
    poor_lifts: int = 30
    journeys: int = 100_000
    resident_days: int = 100
    apart_hours: float = 24.0
    crowded_houses: int = 20
    device_lifts: int = 200
    safety_s: float = 60.0


class Crashed(msgspec.Struct, frozen=True):
    """A task that did not end, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Group(Generic[Result]):
    """Tasks that are told together."""

    item: int
    what: str
    tasks: Sequence[Callable[[], Result]]
    tell: Callable[[list[Result]], Outcome]

    def start(self, pool: Executor) -> "Started[Result]":
        """All tasks wait for a core."""
        return Started(self, [pool.submit(guarded, task) for task in self.tasks])

    def told(self, results: Sequence[Result | Crashed]) -> Outcome:
        """The findings; one that says so if a task crashed."""
        crashed = [result for result in results if isinstance(result, Crashed)]
        if crashed:
            return Outcome((Finding(self.item, self.what, "-", "ends", crashed[0].why, Verdict.FAIL),))
        return self.tell([result for result in results if not isinstance(result, Crashed)])


@dataclass(frozen=True, slots=True)
class Started(Generic[Result]):
    """A group whose tasks run."""

    group: Group[Result]
    futures: Sequence[Future[Result | Crashed]]

    def end(self, say: Say) -> Outcome:
        """Wait for all of it."""
        for done, _ in enumerate(as_completed(self.futures), 1):
            say(f"item {self.group.item}, {self.group.what}: {done} of {len(self.futures)}")
        return self.group.told([future.result() for future in self.futures])


def guarded(task: Callable[[], Result]) -> Result | Crashed:
    """The task's result, or how it ended."""
    try:
        return task()
    except Exception as error:  # noqa: BLE001  # whatever a plant raises under a check is what the check found
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Crashed(f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})")


def run(pool: Executor, jobs: int, seed: int, effort: Effort, say: Say) -> list[Outcome]:
    """All items, in their order; safety last, because it takes all cores for its time."""
    singles = [
        _alone(1, "kinematics", partial(check_motion.check, seed, effort.moves, effort.run_hours)),
        _alone(2, "observer", partial(check_observer.check, seed, effort.observed_runs, effort.observed_minutes)),
        _alone(5, "people", partial(check_people.check, seed, effort.people_hours, effort.mishap_runs)),
        _alone(5, "arrivals", partial(check_arrivals.check, seed, effort.journeys, effort.resident_days)),
        _alone(3, "knock-out", partial(check_trips.knock_out, seed, effort.round_trips)),
        _alone(6, "overload", partial(check_load.check, seed, effort.crowded_houses)),
        _alone(6, "brake and doors", partial(check_apart.check, seed, effort.apart_hours)),
        _alone(6, "re-levelling", partial(check_levelling.check, seed, effort.poor_lifts, 2.0)),
    ]
    stops, timed = _stops(seed, effort.stop_trips).start(pool), [one.start(pool) for one in _timed(seed, effort)]
    injector, waiting = _injector(seed, effort).start(pool), _waiting(seed, effort).start(pool)
    devices = _alone(6, "devices", partial(check_devices.check, seed, effort.device_lifts)).start(pool)
    motion, observer, people, arrivals, textbook, load, apart, level = [single.start(pool) for single in singles]
    counted, rounds = stops.end(say), [one.end(say) for one in timed]
    rounds.append(waiting.end(say))
    ends = [one.end(say) for one in (motion, observer, textbook, people, arrivals, load, apart, level)]
    safety = Group(
        6,
        "safety",
        [partial(check_safety.run_for, seed, worker, jobs, effort.safety_s) for worker in range(jobs)],
        lambda chunks: check_safety.outcome(chunks, effort.safety_s),
    )
    say(f"item 6, safety rules for {effort.safety_s:g} s")
    ends += [devices.end(say), injector.end(say)]
    return [*ends[:2], counted, *rounds, *ends[2:5], safety.start(pool).end(say), *ends[5:], Outcome(OPEN)]


def _stops(seed: int, trips: int) -> Group[check_stops.Counted]:
    counts = [partial(check_stops.count, row, seed * 1000 + 2 * i, trips) for i, row in enumerate(reference.stops())]
    return Group(3, "stops and highest floor", counts, lambda done: check_stops.outcome(done, trips))


def _timed(seed: int, effort: Effort) -> list[Group[check_trips.Timed]]:
    rows, trips = reference.trips(), effort.round_trips
    ahead = next(row for row in rows if row.case == ADVANCE_CASE)
    cases = [partial(check_trips.time_trips, row, seed * 1000 + i, trips) for i, row in enumerate(rows)]
    khaleel = [partial(check_trips.time_trips, reference.KHALEEL_CASE, seed, trips)]
    both = [partial(check_trips.time_trips, row, seed, trips // 3) for row in (ahead, replace(ahead, t_adv=0.0))]
    return [
        Group(3, "round trips", cases, lambda done: check_trips.outcome(done, trips)),
        Group(3, "Khaleel 2013", khaleel, lambda done: check_trips.khaleel(done[0])),
        Group(3, "advance opening", both, lambda done: check_trips.advance_opening(*done)),
    ]


def _waiting(seed: int, effort: Effort) -> Group[check_waiting.Waited]:
    hours, runs = effort.waiting_hours, effort.waiting_runs
    played = [
        partial(check_waiting.wait, rate, seed * 1000 + 10 * i + run, hours)
        for i, rate in enumerate(check_waiting.RATES_PER_S)
        for run in range(runs)
    ]
    return Group(4, "waiting", played, lambda done: check_waiting.outcome(done, runs * hours))


def _injector(seed: int, effort: Effort) -> Group[check_injector.Tally]:
    parts = 4
    drawn = [partial(check_injector.draw_lifts, seed * parts + i, effort.drawn_lifts // parts) for i in range(parts)]
    seeds = range(seed * 1000, seed * 1000 + effort.injected_lifts)
    played = [partial(check_injector.play_lift, one, effort.injected_days, 3.0) for one in seeds]
    return Group(
        7, "injector", [*drawn, *played], lambda done: check_injector.outcome(done[:parts], done[parts:], seed)
    )


def _alone(item: int, what: str, task: Callable[[], Outcome]) -> Group[Outcome]:
    return Group(item, what, [task], lambda done: done[0])
