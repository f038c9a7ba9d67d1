"""Runs in memory, and lines written by hand."""

from sim_witness import HOUSE, S

from sim.building import Building
from sim.history import Head, History, Line
from sim.plan import parse_planned
from sim.report import Report, Tally
from sim.run import Run


def run(seconds: float, *plan: str, seed: int = 1, building: Building = HOUSE, tracked: bool = True) -> list[Line]:
    """The lines of a run."""
    lines: list[Line] = []
    planned = [parse_planned(text) for text in plan]
    it = Run(Head(building, seed, building.cars), round(seconds * S), planned, lines.append, tracked=tracked)
    for _ in it.steps():
        pass
    it.close()
    return lines


def history_of(lines: list[Line]) -> History:
    history = History()
    for line in lines:
        history.add(line)
    return history


def at(seconds: float, kind: str, **data: object) -> Line:
    return Line(round(seconds * S), kind, data)


def report_of(*lines: Line, end_s: float = 1000.0, building: Building = HOUSE) -> Report:
    tally = Tally(Head(building, 1, building.cars))
    for line in lines:
        tally.add(line)
    return tally.report(round(end_s * S))
