"""The position-time diagram of a run: where each car was, with doors, people waiting, faults and entrapments."""

from io import BytesIO
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
from sim.picture_cars import (
    COLORS,
    MOVING,
    OUT_OF_ORDER,
    OUT_OF_ORDER_BAND,
    TRAPPED,
    TRAPPED_BAND,
    WIDE,
    Lane,
    draw_car,
    lanes,
)
from sim.report import Report
from sim.truth import TruthKind

WAITING: Final = "#e08a00"
TRAPPED_SHADE: Final = "#fadadf"
_METADATA: Final[dict[str, dict[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
}
_TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_FLOOR_IN: Final = 0.32
_LANE_IN: Final = 0.05
"""The picture's height for each floor, and more of it for each car after the first."""
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
    rows = lanes(history, head.building)
    floors_in = len(head.building.floors) * (_FLOOR_IN + _LANE_IN * (len(rows) - 1))
    figure = Figure(figsize=(12, min(4.2 + floors_in, 14 if len(rows) == 1 else 20)), layout="constrained")
    way, people = figure.subplots(2, 1, sharex=True, height_ratios=[1.6 + floors_in, 1])
    labels = _labels(history, window_ns)
    _title(way, head, report, 1 + max((row for row, _ in labels), default=-1))
    _landings(way, head)
    if len(rows) == 1:
        _shade(way, people, history, window_ns)
    _stimuli(way, labels, len(rows) > 1)
    _waits(way, history, head, _thin(window_ns))
    for lane in rows:
        draw_car(way, history, lane, (_s(window_ns[0]), _s(window_ns[1])), _thin(window_ns))
    _people(people, history)
    _time(people, window_ns)
    figure.legend(handles=_legend(history, rows), loc="outside lower center", ncols=5, frameon=False)
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


def _stimuli(axes: Axes, labels: list[tuple[int, found.Span]], many: bool) -> None:
    top = axes.get_ylim()[1]
    for row, span in labels:
        where, told = (_s(span.start_ns), top), span.note.replace("_", " ")
        told = f"{told}, car {span.where + 1}" if many else told
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


def _people(axes: Axes, history: History) -> None:
    riding, waiting = found.counts(history)
    axes.step([_s(t) for t, _ in waiting], [n for _, n in waiting], where="post", color=WAITING, linewidth=1.4)
    times, counts = [_s(t) for t, _ in riding], [n for _, n in riding]
    axes.fill_between(times, counts, step="post", color=COLORS[0], alpha=0.25, linewidth=0)
    axes.step(times, counts, where="post", color=COLORS[0], linewidth=1.2)
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


def _legend(history: History, rows: list[Lane]) -> list[Line2D | Patch]:
    """What may be seen; of mishaps only what happened."""
    many = len(rows) > 1
    out, trapped = (OUT_OF_ORDER_BAND, TRAPPED_BAND) if many else (OUT_OF_ORDER, TRAPPED_SHADE)
    kinds = {line.kind for line in history.truth}
    fault = Line2D([], [], color=TRAPPED, marker="X", linestyle="none", markersize=9, label="fault")
    stimulus = Line2D([], [], color="black", marker="v", linestyle="none", markersize=5, label="done to the lift")
    return [
        *(lane.sample() for lane in rows),
        Line2D([], [], color=WIDE, linewidth=7, label="doors open"),
        Line2D([], [], color=MOVING, linewidth=7, label="doors moving or ajar"),
        Line2D([], [], color=WAITING, marker="^", markersize=4.5, label="waiting to go up"),
        Line2D([], [], color=WAITING, marker="v", markersize=4.5, label="waiting to go down"),
        Patch(facecolor=COLORS[0], alpha=0.25, label="people in the cars" if many else "people in the car"),
        *([fault] if TruthKind.FAULT in kinds else []),
        *([Patch(facecolor=out, label="out of order")] if found.out_of_order(history) else []),
        *([Patch(facecolor=trapped, label="people trapped")] if TruthKind.TRAPPED_SINCE in kinds else []),
        *([stimulus] if TruthKind.STIMULUS in kinds else []),
    ]


def _s(t_ns: int) -> float:
    return t_ns / 1e9


def _clock(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
