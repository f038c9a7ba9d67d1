"""Item 5: nobody is lost at any event, Little's law, and the same seed tells the same story in every process."""

from typing import Final

import msgspec
from hash_seeds import printed

from sim.agenda import NS_PER_S
from sim.building import Building
from sim.plant import Plant
from verify.findings import Finding, Outcome, PlantWrong, Table, judged
from verify.house import BUSY, LIVELY, play, random_deeds
from verify.ledger import Ledger
from verify.samples import distance

HASH_SEEDS: Final = ("0", "1", "4711", "random")
MOST_SE: Final = 4.0


class Followed(msgspec.Struct):
    """A run that was followed event by event. Integrals are of people over time, counted in the plant itself."""

    ledger: Ledger
    end_ns: int
    events: int = 0
    waiting_ns: list[int] = []
    riding_ns: int = 0


def follow(building: Building, seed: int, hours: float, deeds: int = 0) -> Followed:
    """Every event of some hours, the books compared after each. Raises PlantWrong."""
    floors = len(building.floors)
    ledger = Ledger(floors, obedient=not deeds)
    plant = Plant(building, seed, ledger.hear)
    run = Followed(ledger, round(hours * 3600 * NS_PER_S), waiting_ns=[0] * floors)

    def step(plant: Plant, t_ns: int) -> None:
        while plant.now_ns < t_ns:
            due_ns = plant.next_event_ns()
            upto_ns = t_ns if due_ns is None else min(due_ns, t_ns)
            passed_ns = upto_ns - plant.now_ns
            for floor, queue in enumerate(plant.crowd._waiting):
                run.waiting_ns[floor] += passed_ns * len(queue)
            run.riding_ns += passed_ns * plant.crowd.riding
            plant.advance_to(upto_ns)
            ledger.compare(plant)
            run.events += 1

    play(plant, random_deeds(seed, deeds, hours * 3600), run.end_ns, step)
    return run


def check(seed: int, hours: float, mishap_runs: int) -> Outcome:
    """Some hours of two houses, and runs with mishaps."""
    runs = [follow(LIVELY, seed, hours), follow(BUSY, seed, hours / 4)]
    broken = [follow((LIVELY, BUSY)[i % 2], seed * 1000 + i, 1.0, 30) for i in range(mishap_runs)]
    every = [*runs, *broken]
    came, gone = sum(run.ledger.came for run in every), sum(run.ledger.abandoned for run in every)
    exact, law = little_exact(every), little_law(runs[0], LIVELY)
    worst = max(abs(z) for *_, z in law)
    return Outcome(
        (
            Finding(
                5,
                "arrived = served + waiting + riding + abandoned; everybody on their own way, out where they wanted",
                f"books kept from the truth log alone, {came} people, {gone} of them gave up",
                "equal at every event",
                f"equal at {sum(run.events for run in every)} events ({mishap_runs} runs with mishaps)",
                judged(came > 0 and gone > 0),
            ),
            Finding(
                5,
                "Little, exact: people in the plant over time, landings and car",
                f"sum of everybody's stays in the truth log, {len(every)} runs",
                "0 ns",
                f"off by at most {exact} ns",
                judged(exact == 0),
            ),
            Finding(
                5,
                "Little, L = lambda W per landing and in the car",
                f"lambda as configured, {hours:g} h of 60 people an hour",
                f"{MOST_SE:g} standard errors",
                f"at most {worst:.2f}",
                judged(worst < MOST_SE),
            ),
            hash_seeds(seed),
        ),
        (_table(law, hours),),
    )


def little_exact(runs: list[Followed]) -> int:
    """How far the integral of people over time is from the sum of their stays."""
    farthest = 0
    for run in runs:
        ledger = run.ledger
        for floor, queue in enumerate(ledger.waiting):
            stays_ns = sum(ledger.stays_ns[floor]) + sum(run.end_ns - since_ns for since_ns in queue.values())
            farthest = max(farthest, abs(run.waiting_ns[floor] - stays_ns))
        rides_ns = sum(ledger.stays_ns[None]) + sum(run.end_ns - since_ns for since_ns in ledger.riding.values())
        farthest = max(farthest, abs(run.riding_ns - rides_ns))
    return farthest


def little_law(run: Followed, building: Building) -> list[tuple[str, float, float, float, float]]:
    """Place, L, lambda a second, W, distance; of a run in which next to nobody gave up."""
    traffic, end_s = building.traffic, run.end_ns / NS_PER_S
    rate, others = traffic.passengers_per_hour / 3600, len(building.floors) - 1
    lines = []
    for floor, waited_ns in enumerate(run.waiting_ns):
        share = traffic.incoming if floor == building.main_floor else (1 - traffic.incoming) / others
        lines.append(_line(f"landing {building.floors[floor].label}", waited_ns, run, floor, rate * share, end_s))
    return [*lines, _line("car", run.riding_ns, run, None, rate, end_s)]


def _line(
    place: str, integral_ns: int, run: Followed, where: int | None, rate: float, end_s: float
) -> tuple[str, float, float, float, float]:
    stays_ns = run.ledger.stays_ns[where]
    if not stays_ns:
        raise PlantWrong(f"nobody was ever at {place}")
    people, wait_s = integral_ns / NS_PER_S / end_s, sum(stays_ns) / len(stays_ns) / NS_PER_S
    error = wait_s * (rate / end_s) ** 0.5
    return place, people, rate, wait_s, distance(people - rate * wait_s, error)


def hash_seeds(seed: int) -> Finding:
    """The same run in processes whose sets and dictionaries are hashed differently."""
    script = f"from verify.house import *; print(log_digest(LIVELY, {seed}, 2), log_digest(BUSY, {seed}, 1))"
    digests = printed(script, HASH_SEEDS)
    return Finding(
        5,
        "same seed, same truth log (two houses, 3 h, 80 mishaps)",
        f"the same in processes with PYTHONHASHSEED {', '.join(HASH_SEEDS)}",
        "byte by byte",
        "identical" if len(digests) == 1 else f"{len(digests)} different logs",
        judged(len(digests) == 1),
    )


def _table(law: list[tuple[str, float, float, float, float]], hours: float) -> Table:
    head = ("place", "L", "lambda 1/h", "W s", "z")
    rows = tuple(
        (place, f"{people:.4f}", f"{rate * 3600:.2f}", f"{wait_s:.2f}", f"{z:+.2f}")
        for place, people, rate, wait_s, z in law
    )
    return Table(f"Little's law, {hours:g} h", head, rows)
