"""The position-time diagram of a run: where each car was, with doors, people waiting, faults and entrapments."""

from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from sim import SimError
from sim import spans as found
from sim.history import Head, History
from sim.report import Report
from sim.track import Knot, between
from sim.truth import TruthKind

CARS: Final = ("#1b4f8f", "#7a4aa0", "#00796b", "#8d5524", "#455a64", "#ad1457", "#558b2f", "#5d4037")
"""One for each car of a group of up to eight."""
WIDE: Final = "#58b368"
MOVING: Final = "#b5dfbc"
WAITING: Final = "#e08a00"
TRAPPED: Final = "#d7263d"
TRAPPED_SHADE: Final = "#fadadf"
OUT_OF_ORDER: Final = "#dcdcdc"
_METADATA: Final[dict[str, dict[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
}
_TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_POINTS: Final = 12
"""Between two knots; the cubic is drawn as so many straight pieces."""
_STRIP: Final = 0.025
"""Of the diagram's height."""
_ROW_POINTS: Final = 12
"""The height of one row of labels above the diagram."""
_LABEL_SHARE: Final = 0.13
"""Of the picture's width, for one label."""
_STACK_M: Final = 0.22
_STACK_MOST: Final = 10
"""From one person waiting at a landing to the next, in the picture, and how many until the next floor is near."""


def draw(history: History, head: Head, report: Report, window_ns: tuple[int, int], out: Path) -> None:
    """Write the picture of what happened in the window; its suffix is svg or png. Raises SimError."""
    picture = BytesIO()
    with mpl.rc_context():
        _style()
        figure = figure_of(history, head, report, window_ns)
        figure.savefig(picture, format=out.suffix[1:], dpi=150, metadata=_METADATA[out.suffix])
    try:
        out.write_bytes(picture.getvalue())
    except OSError as error:
        raise SimError(f"{out}: cannot write: {error.strerror}; choose a writable file") from error


def _style() -> None:
    """The same everywhere: no settings of the person's own, text as outlines, and a salt instead of random names."""
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "font.family": "sans-serif",
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "svg.hashsalt": "liftwarden",
            "svg.fonttype": "path",
            "text.parse_math": False,
        }
    )


def figure_of(history: History, head: Head, report: Report, window_ns: tuple[int, int]) -> Figure:
    """The picture, to be shown or saved; it is drawn in the style that is set."""
    floors = len(head.building.floors)
    figure = Figure(figsize=(12, min(4.2 + 0.32 * floors, 14)), layout="constrained")
    way, people = figure.subplots(2, 1, sharex=True, height_ratios=[1.6 + 0.32 * floors, 1])
    labels = _labels(history, window_ns)
    _title(way, head, report, 1 + max((row for row, _ in labels), default=-1))
    _landings(way, head)
    _shade(way, people, history, window_ns)
    _stimuli(way, labels)
    _waits(way, history, head, _thin(window_ns))
    for index, (car, knots) in enumerate(sorted(history.tracks.items())):
        _car(way, history, car, knots, CARS[index % len(CARS)], _thin(window_ns))
    _people(people, history)
    _time(people, window_ns)
    figure.legend(handles=_legend(history), loc="outside lower center", ncols=5, frameon=False)
    return figure


def _thin(window_ns: tuple[int, int]) -> float:
    """How much thinner lines are drawn in a picture of more than an hour."""
    return float(min(1.0, (3_600_000_000_000 / (window_ns[1] - window_ns[0])) ** 0.35))


def _title(axes: Axes, head: Head, report: Report, rows: int) -> None:
    waited = "nobody rode" if report.awt_to_opening_s is None else f"waited {report.awt_to_opening_s:.0f} s on average"
    trapped = f", {report.trapped_people} trapped" if report.entrapments else ""
    told = f"{_clock(report.simulated_s)}, {report.starts} starts, {report.served} served, {waited}{trapped}"
    name, above = f"{head.building.title.en}  ·  seed {head.seed}", 8 + _ROW_POINTS * rows
    axes.set_title(name, loc="left", fontweight="bold", fontsize=12, pad=above + 16)
    axes.annotate(
        told, (0, 1), xycoords="axes fraction", xytext=(0, above), textcoords="offset points", color="#444444"
    )


def _landings(axes: Axes, head: Head) -> None:
    heights = head.building.heights_m
    axes.set_yticks(heights, [floor.label for floor in head.building.floors])
    axes.set_ylim(heights[0] - 1.3, heights[-1] + 2.6)
    axes.set_ylabel("floor")
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0)


def _shade(way: Axes, people: Axes, history: History, window_ns: tuple[int, int]) -> None:
    """Times out of order; before them those with people trapped, below a strip of what lies behind."""
    for axes, height in ((way, 1 - _STRIP), (people, 1.0)):
        for span in found.out_of_order(history):
            axes.axvspan(_s(span.start_ns), _s(span.end_ns), facecolor=OUT_OF_ORDER, edgecolor="none", zorder=0.2)
        for span in found.trapped(history):
            start_s, end_s = _s(span.start_ns), _s(span.end_ns)
            axes.axvspan(start_s, end_s, ymax=height, facecolor=TRAPPED_SHADE, edgecolor="none", zorder=0.3)
    for span in found.trapped(history):
        middle_ns = (max(span.start_ns, window_ns[0]) + min(span.end_ns, window_ns[1])) / 2
        told = f"{span.persons} trapped\n{_clock(_s(span.end_ns - span.start_ns))}"
        where = (middle_ns / 1e9, 1 - _STRIP - 0.015)
        way.annotate(
            told, where, xycoords=("data", "axes fraction"), color=TRAPPED, ha="center", va="top", weight="bold"
        )


def _labels(history: History, window_ns: tuple[int, int]) -> list[tuple[int, found.Span]]:
    """What was done to the lift within the window, each with the lowest row in which its label has room."""
    room_ns, free_ns, labels = (window_ns[1] - window_ns[0]) * _LABEL_SHARE, list[int](), list[tuple[int, found.Span]]()
    for span in found.stimuli(history):
        if window_ns[0] <= span.start_ns <= window_ns[1]:
            row = next((row for row, ns in enumerate(free_ns) if ns <= span.start_ns), len(free_ns))
            free_ns[row : row + 1] = [span.start_ns + round(room_ns)]
            labels.append((row, span))
    return labels


def _stimuli(axes: Axes, labels: list[tuple[int, found.Span]]) -> None:
    top = axes.get_ylim()[1]
    for row, span in labels:
        where, told = (_s(span.start_ns), top), span.note.replace("_", " ")
        offset = (0, 7 + _ROW_POINTS * row)
        axes.annotate(told, where, xytext=offset, textcoords="offset points", ha="center", fontsize=8)
        axes.plot(*where, marker="v", color="black", markersize=5, clip_on=False)


def _waits(axes: Axes, history: History, head: Head, thin: float) -> None:
    heights, queues = head.building.heights_m, dict[int, list[found.Wait]]()
    rows: list[tuple[float, found.Wait]] = []
    for wait in found.waits(history):
        queue = [one for one in queues.get(wait.floor, []) if one.end_ns > wait.start_ns]
        queues[wait.floor] = [*queue, wait]
        rows.append((heights[wait.floor] - _STACK_M * (1 + len(queue) % _STACK_MOST), wait))
    lines = [[(_s(wait.start_ns), height), (_s(wait.end_ns), height)] for height, wait in rows]
    axes.add_collection(LineCollection(lines, colors=WAITING, linewidths=1.6 * thin, zorder=2))
    for marker, upwards in (("^", True), ("v", False), ("o", None)):
        mine = [(_s(wait.start_ns), height) for height, wait in rows if wait.upwards is upwards]
        _marks(axes, mine, marker, thin)
    _marks(axes, [(_s(wait.end_ns), height) for height, wait in rows if wait.gave_up], "x", thin)


def _marks(axes: Axes, places: list[tuple[float, float]], marker: str, thin: float) -> None:
    times, heights = [t for t, _ in places], [height for _, height in places]
    axes.plot(times, heights, marker=marker, linestyle="none", color=WAITING, markersize=4.5 * thin, zorder=2.1)


def _car(axes: Axes, history: History, car: int, knots: list[Knot], color: str, thin: float) -> None:
    for spans, tint in ((found.not_closed(history), MOVING), (found.wide_open(history), WIDE)):
        mine = [span for span in spans if span.where == car]
        places = [found.position_at(knots, span.start_ns) for span in mine]
        bars = [
            [(_s(span.start_ns), place), (_s(span.end_ns), place)] for span, place in zip(mine, places, strict=True)
        ]
        axes.add_collection(LineCollection(bars, colors=tint, linewidths=7, capstyle="butt", zorder=2.5))
    times, places = _way(knots)
    axes.plot(times, places, color=color, linewidth=1.7 * thin, zorder=3, solid_joinstyle="round")
    for fault in (line for line in history.truth if line.kind == TruthKind.FAULT and line.car == car):
        where = _s(fault.t_ns), found.position_at(knots, fault.t_ns)
        axes.plot(*where, marker="X", color=TRAPPED, markersize=9, markeredgecolor="white", zorder=4, clip_on=True)
        told = str(fault.data.get("fault", "fault")).replace("_", " ")
        axes.annotate(
            told, where, xytext=(8, 6), textcoords="offset points", fontsize=8, color=TRAPPED, annotation_clip=True
        )


def _way(knots: list[Knot]) -> tuple[list[float], list[float]]:
    times, places = [_s(knots[0].t_ns)], [knots[0].position_m]
    for before, after in pairwise(knots):
        moves = before.position_m != after.position_m
        for index in range(1, _POINTS + 1) if moves else (_POINTS,):
            t_ns = before.t_ns + (after.t_ns - before.t_ns) * index // _POINTS
            times.append(_s(t_ns))
            places.append(between(before, after, t_ns))
    return times, places


def _people(axes: Axes, history: History) -> None:
    riding, waiting = found.counts(history)
    axes.step([_s(t) for t, _ in waiting], [n for _, n in waiting], where="post", color=WAITING, linewidth=1.4)
    times, counts = [_s(t) for t, _ in riding], [n for _, n in riding]
    axes.fill_between(times, counts, step="post", color=CARS[0], alpha=0.25, linewidth=0)
    axes.step(times, counts, where="post", color=CARS[0], linewidth=1.2)
    axes.set_ylim(0, max(2, *(n for _, n in riding), *(n for _, n in waiting)) + 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.set_ylabel("people")
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.8)
    axes.tick_params(axis="y", length=0)


def _time(axes: Axes, window_ns: tuple[int, int]) -> None:
    start_s, end_s = _s(window_ns[0]), _s(window_ns[1])
    axes.set_xlim(start_s, end_s)
    step_s = next((step for step in _TICKS_S if (end_s - start_s) / step <= 14), _TICKS_S[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _clock(value)))
    axes.set_xlabel("time since the start (h:mm:ss)" if end_s >= 3600 else "time since the start (m:ss)")


def _legend(history: History) -> list[Line2D | Patch]:
    """What may be seen; of mishaps only what happened."""
    many = len(history.tracks) > 1
    cars = [
        Line2D([], [], color=CARS[index % len(CARS)], linewidth=1.7, label=f"car {car + 1}" if many else "car")
        for index, car in enumerate(sorted(history.tracks))
    ]
    kinds = {line.kind for line in history.truth}
    fault = Line2D([], [], color=TRAPPED, marker="X", linestyle="none", markersize=9, label="fault")
    stimulus = Line2D([], [], color="black", marker="v", linestyle="none", markersize=5, label="done to the lift")
    return [
        *cars,
        Line2D([], [], color=WIDE, linewidth=7, label="doors open"),
        Line2D([], [], color=MOVING, linewidth=7, label="doors moving or ajar"),
        Line2D([], [], color=WAITING, marker="^", markersize=4.5, label="waiting to go up"),
        Line2D([], [], color=WAITING, marker="v", markersize=4.5, label="waiting to go down"),
        Patch(facecolor=CARS[0], alpha=0.25, label="people in the car"),
        *([fault] if TruthKind.FAULT in kinds else []),
        *([Patch(facecolor=OUT_OF_ORDER, label="out of order")] if found.out_of_order(history) else []),
        *([Patch(facecolor=TRAPPED_SHADE, label="people trapped")] if TruthKind.TRAPPED_SINCE in kinds else []),
        *([stimulus] if TruthKind.STIMULUS in kinds else []),
    ]


def _s(t_ns: int) -> float:
    return t_ns / 1e9


def _clock(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
