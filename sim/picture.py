"""The position-time diagram of a run: where each car was, with doors, people waiting, faults and entrapments."""

from io import BytesIO
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from sim import SimError, spells
from sim import spans as found
from sim.history import Head, History
from sim.picture_cars import (
    MOVING,
    OUT_OF_ORDER,
    OUT_OF_ORDER_BAND,
    TRAPPED,
    TRAPPED_BAND,
    WIDE,
    Lane,
    draw_car,
    draw_landings,
    lanes,
    offset_sample,
    trapped_text,
)
from sim.picture_people import draw_counts, draw_waits, samples
from sim.report import Report
from sim.truth import TruthKind

TRAPPED_SHADE: Final = "#fadadf"
_METADATA: Final[dict[str, dict[str, str | None]]] = {
    ".svg": {"Date": None, "Creator": None},
    ".png": {"Software": None},
}
_TICKS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200)
_TICKS_DAYS: Final = (1, 2, 5, 14, 30, 60)
_WIDE_S: Final = 100 * 3600
"""From there on a time has room for fewer beside it."""
_FLOOR_IN: Final = 0.32
_LANE_IN: Final = 0.09
"""The picture's height for each floor, and more of it for each car after the first."""
_STRIP: Final = 0.025
"""Of the diagram's height."""
_ROW_POINTS: Final = 12
"""The height of one row of labels above the diagram."""
_ROWS_MOST: Final = 8
"""How many rows have words; above them is nothing."""
_LABEL_SHARE: Final = 0.13
"""Of the picture's width, for one label."""


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
    labels, waits = _labels(history, window_ns), spells.waits(history, head)
    _title(way, head, report, window_ns, 1 + max((row for row, _ in labels), default=-1))
    _landings(way, head)
    if len(rows) == 1:
        _shade(way, people, history, window_ns)
    draw_landings(way, head.building, rows)
    _deeds(way, labels, len(rows) > 1)
    draw_waits(way, waits, head, _thin(window_ns))
    for lane in rows:
        draw_car(way, history, lane, (_s(window_ns[0]), _s(window_ns[1])), _thin(window_ns))
    draw_counts(people, history, waits)
    _time(people, window_ns, head.building.traffic.starts_at_h)
    figure.legend(handles=_legend(history, rows, waits), loc="outside lower center", ncols=5, frameon=False)
    return figure


def _thin(window_ns: tuple[int, int]) -> float:
    """How much thinner lines are drawn in a picture of more than an hour."""
    return float(min(1.0, (3_600_000_000_000 / (window_ns[1] - window_ns[0])) ** 0.35))


def _title(axes: Axes, head: Head, report: Report, window_ns: tuple[int, int], rows: int) -> None:
    wait_s = report.awt_to_opening_s
    waited = "nobody rode" if wait_s is None else f"waited {wait_s:.0f} s on average until a door opened"
    trapped = f", {report.trapped_people} trapped" if report.entrapments else ""
    told = f"{report.starts} starts, {report.served} served, {waited}{trapped}"
    start_s, end_s, whole = _s(window_ns[0]), _s(window_ns[1]), _clock(report.simulated_s)
    is_part = round(end_s - start_s) < round(report.simulated_s)
    told = (
        f"{_clock(start_s)}\u2013{_clock(end_s)} of {whole}; the whole run: {told}" if is_part else f"{whole}, {told}"
    )
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
    """Times in which nobody is served; before them those with people trapped, below a strip of what lies behind."""
    for axes, height in ((way, 1 - _STRIP), (people, 1.0)):
        for span in spells.not_serving(history):
            axes.axvspan(_s(span.start_ns), _s(span.end_ns), facecolor=OUT_OF_ORDER, edgecolor="none", zorder=0.2)
        for span in found.trapped(history):
            start_s, end_s = _s(span.start_ns), _s(span.end_ns)
            axes.axvspan(start_s, end_s, ymax=height, facecolor=TRAPPED_SHADE, edgecolor="none", zorder=0.3)
    for span in found.trapped(history):
        middle_ns = (max(span.start_ns, window_ns[0]) + min(span.end_ns, window_ns[1])) / 2
        told = trapped_text(span)
        where = (middle_ns / 1e9, 1 - _STRIP - 0.015)
        way.annotate(
            told, where, xycoords=("data", "axes fraction"), color=TRAPPED, ha="center", va="top", weight="bold"
        )


def _labels(history: History, window_ns: tuple[int, int]) -> list[tuple[int, found.Span]]:
    """What happened to the lift within the window, each with the lowest row in which its label has room."""
    room_ns, free_ns, labels = (window_ns[1] - window_ns[0]) * _LABEL_SHARE, list[int](), list[tuple[int, found.Span]]()
    for span in spells.deeds(history):
        if window_ns[0] <= span.start_ns <= window_ns[1]:
            row = next((row for row, ns in enumerate(free_ns) if ns <= span.start_ns), len(free_ns))
            free_ns[row : row + 1] = [span.start_ns + round(room_ns)]
            labels.append((row, span))
    return labels


def _deeds(axes: Axes, labels: list[tuple[int, found.Span]], many: bool) -> None:
    top = axes.get_ylim()[1]
    for row, span in labels:
        where, told = (_s(span.start_ns), top), span.note.replace("_", " ")
        told = f"{told}, car {span.where + 1}" if many else told
        offset = (0, 7 + _ROW_POINTS * row)
        if row < _ROWS_MOST:
            axes.annotate(told, where, xytext=offset, textcoords="offset points", ha="center", fontsize=8)
        axes.plot(*where, marker="v", color="black", markersize=5, clip_on=False)


def _time(axes: Axes, window_ns: tuple[int, int], starts_at_h: float) -> None:
    start_s, end_s = _s(window_ns[0]), _s(window_ns[1])
    axes.set_xlim(start_s, end_s)
    most = 14 if end_s < _WIDE_S else 11
    steps_s = (*_TICKS_S, *(days * 86_400 for days in _TICKS_DAYS))
    step_s = next((step for step in steps_s if (end_s - start_s) / step <= most), steps_s[-1])
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _clock(value)))
    hours, minutes = divmod(round(starts_at_h * 60), 60)
    since = f"the start at {hours:02d}:{minutes:02d}" if starts_at_h else "the start"
    axes.set_xlabel(f"time since {since} ({'h:mm:ss' if end_s >= 3600 else 'm:ss'})")


def _legend(history: History, rows: list[Lane], waits: list[found.Wait]) -> list[Line2D | Patch]:
    """What may be seen; of mishaps only what happened."""
    many = len(rows) > 1
    out, trapped = (OUT_OF_ORDER_BAND, TRAPPED_BAND) if many else (OUT_OF_ORDER, TRAPPED_SHADE)
    kinds = {line.kind for line in history.truth}
    fault = Line2D([], [], color=TRAPPED, marker="X", linestyle="none", markersize=9, label="fault")
    deed = Line2D([], [], color="black", marker="v", linestyle="none", markersize=5, label="cause, or done to the lift")
    return [
        *(lane.sample() for lane in rows),
        *([offset_sample(rows)] if many else []),
        Line2D([], [], color=WIDE, linewidth=7, label="doors open"),
        Line2D([], [], color=MOVING, linewidth=7, label="doors moving or ajar"),
        *samples(waits, many=many),
        *([fault] if TruthKind.FAULT in kinds else []),
        *([Patch(facecolor=out, label="serves nobody")] if spells.not_serving(history) else []),
        *([Patch(facecolor=trapped, label="people trapped")] if TruthKind.TRAPPED_SINCE in kinds else []),
        *([deed] if spells.deeds(history) else []),
    ]


def _s(t_ns: int) -> float:
    return t_ns / 1e9


def _clock(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
