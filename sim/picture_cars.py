"""The cars in the position-time diagram. In a group each has a lane, so that cars at one landing are all seen.

Cars are told apart without colour vision too: by their numbers on the line, by lightness, and from the fifth by dashes.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, Literal

import msgspec
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim import spans as found
from sim import spells
from sim.building import Building
from sim.history import History
from sim.track import Knot, between
from sim.truth import TruthKind

WIDE: Final = "#58b368"
MOVING: Final = "#b5dfbc"
TRAPPED: Final = "#d7263d"
TRAPPED_BAND: Final = "#f1a3ac"
OUT_OF_ORDER: Final = "#dcdcdc"
OUT_OF_ORDER_BAND: Final = "#c6c6c6"
COLORS: Final = ("#1b4f8f", "#b8588f", "#111111", "#56b4e9", "#4b2a75", "#8d5524", "#b0b0b0", "#1d9a9c")
"""One for each car of a group of up to eight. The four solid lines are of clearly different lightness, so are the four
dashed ones."""
_DASHED_FROM: Final = 4
_DASHES: Final = (0.0, (5.0, 1.5))
_POINTS: Final = 12
"""Between two knots; the cubic is drawn as so many straight pieces."""
_LANES_SHARE: Final = 0.36
"""Of the least distance between landings, for all lanes together; below them is who waits."""
_LANDING: Final = "#f1f1f1"
_NUMBERS: Final = 5
"""How often a car's number stands on its line."""


class Lane(msgspec.Struct, frozen=True):
    """How a car is drawn: `off_m` above where it is, and `alone` without a number."""

    car: int
    off_m: float
    alone: bool

    @property
    def color(self) -> str:
        """The car's own."""
        return COLORS[self.car % len(COLORS)]

    @property
    def dashes(self) -> Literal["solid"] | tuple[float, tuple[float, ...]]:
        """The car's own line style."""
        return "solid" if self.car % len(COLORS) < _DASHED_FROM else _DASHES

    def sample(self) -> Line2D:
        """For the legend."""
        label = "car" if self.alone else f"car {self.car + 1}"
        return Line2D([], [], color=self.color, linestyle=self.dashes, linewidth=1.7, label=label)


def lanes(history: History, building: Building) -> list[Lane]:
    """One for each car that has a way."""
    cars, heights_m = sorted(history.tracks), building.heights_m
    least_m = min(above - below for below, above in pairwise(heights_m))
    pitch_m = _LANES_SHARE * least_m / len(cars) if len(cars) > 1 else 0.0
    return [Lane(car, index * pitch_m, len(cars) == 1) for index, car in enumerate(cars)]


def draw_landings(axes: Axes, building: Building, rows: list[Lane]) -> None:
    """Of a group: at each landing a band in which all cars are drawn that stand there."""
    for height_m in building.heights_m if len(rows) > 1 else ():
        axes.axhspan(height_m, height_m + rows[-1].off_m, facecolor=_LANDING, edgecolor="none", zorder=0.1)


def offset_sample(rows: list[Lane]) -> Patch:
    """For the legend of a group: how the cars are moved apart."""
    return Patch(facecolor=_LANDING, edgecolor="#c9c9c9", label=f"one landing: each car {rows[1].off_m:.2f} m higher")


def trapped_text(span: found.Span) -> str:
    """How many are trapped, and how long."""
    minutes, seconds = divmod(round((span.end_ns - span.start_ns) / 1e9), 60)
    hours, minutes = divmod(minutes, 60)
    time = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f"{span.persons} trapped\n{time}"


def draw_car(axes: Axes, history: History, lane: Lane, window_s: tuple[float, float], thin: float) -> None:
    """One car: its doors, its way, its faults; in a group its number, and when it served nobody or held people."""
    knots = history.tracks[lane.car]
    _doors(axes, history, lane, knots)
    if not lane.alone:
        _bands(axes, history, lane, knots, window_s)
        _numbers(axes, history, lane, knots, window_s)
    times, places = _way(knots, lane)
    (line,) = axes.plot(times, places, color=lane.color, linewidth=1.7 * thin, zorder=3, solid_joinstyle="round")
    line.set_linestyle(lane.dashes)
    for fault in (line for line in history.truth if line.kind == TruthKind.FAULT and line.car == lane.car):
        where = fault.t_ns / 1e9, found.position_at(knots, fault.t_ns) + lane.off_m
        axes.plot(*where, marker="X", color=TRAPPED, markersize=9, markeredgecolor="white", zorder=4, clip_on=True)
        told = str(fault.data.get("fault", "fault")).replace("_", " ")
        axes.annotate(
            told, where, xytext=(8, 6), textcoords="offset points", fontsize=8, color=TRAPPED, annotation_clip=True
        )


def _doors(axes: Axes, history: History, lane: Lane, knots: list[Knot]) -> None:
    for spans, tint in ((found.not_closed(history), MOVING), (found.wide_open(history), WIDE)):
        mine = [span for span in spans if span.where == lane.car]
        places = [found.position_at(knots, span.start_ns) + lane.off_m for span in mine]
        bars = [
            [(span.start_ns / 1e9, place), (span.end_ns / 1e9, place)] for span, place in zip(mine, places, strict=True)
        ]
        width = 7 if lane.alone else 3.6
        axes.add_collection(LineCollection(bars, colors=tint, linewidths=width, capstyle="butt", zorder=2.5))


def _bands(axes: Axes, history: History, lane: Lane, knots: list[Knot], window_s: tuple[float, float]) -> None:
    for span in (span for span in spells.not_serving(history) if span.where == lane.car):
        axes.plot(*_stretch(knots, span, lane), color=OUT_OF_ORDER_BAND, linewidth=14, zorder=1.6)
    for span in (span for span in found.trapped(history) if span.where == lane.car):
        times, places = _stretch(knots, span, lane)
        axes.plot(times, places, color=TRAPPED_BAND, linewidth=10, zorder=1.7)
        middle_s = (max(times[0], window_s[0]) + min(times[-1], window_s[1])) / 2
        told, where = trapped_text(span).replace("\n", ", "), (middle_s, places[0])
        axes.annotate(
            told,
            where,
            xytext=(0, -8),
            textcoords="offset points",
            fontsize=8,
            color=TRAPPED,
            ha="center",
            va="top",
            annotation_clip=True,
        )


def _stretch(knots: list[Knot], span: found.Span, lane: Lane) -> tuple[list[float], list[float]]:
    inside = [knot.t_ns for knot in knots if span.start_ns < knot.t_ns < span.end_ns]
    times = [span.start_ns, *inside, span.end_ns]
    return [t_ns / 1e9 for t_ns in times], [found.position_at(knots, t_ns) + lane.off_m for t_ns in times]


def _numbers(axes: Axes, history: History, lane: Lane, knots: list[Knot], window_s: tuple[float, float]) -> None:
    for t_s in _number_times(lane.car, len(history.tracks), window_s):
        place = found.position_at(knots, round(t_s * 1e9)) + lane.off_m
        box = {"boxstyle": "circle,pad=0.18", "facecolor": lane.color, "edgecolor": "white", "linewidth": 0.6}
        told = str(lane.car + 1)
        axes.text(t_s, place, told, fontsize=6.5, color="white", ha="center", va="center", bbox=box, zorder=3.5)


def _number_times(car: int, cars: int, window_s: tuple[float, float]) -> Iterator[float]:
    step_s = (window_s[1] - window_s[0]) / _NUMBERS
    for index in range(_NUMBERS):
        yield window_s[0] + step_s * (index + (car % cars + 0.5) / cars)


def _way(knots: list[Knot], lane: Lane) -> tuple[list[float], list[float]]:
    times, places = [knots[0].t_ns / 1e9], [knots[0].position_m + lane.off_m]
    for before, after in pairwise(knots):
        moves = before.position_m != after.position_m
        for index in range(1, _POINTS + 1) if moves else (_POINTS,):
            t_ns = before.t_ns + (after.t_ns - before.t_ns) * index // _POINTS
            times.append(t_ns / 1e9)
            places.append(between(before, after, t_ns) + lane.off_m)
    return times, places
