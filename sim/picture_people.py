"""The people in the position-time diagram: who waits where until when, and below it how many ride and wait."""

from typing import Final

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim import spells
from sim.history import Head, History
from sim.picture_cars import COLORS
from sim.spans import Wait

WAITING: Final = "#e08a00"
_STACK_M: Final = 0.22
_STACK_MOST: Final = 10
"""From one person waiting at a landing to the next, in the picture, and how many until the next floor is near."""


def draw_waits(axes: Axes, waits: list[Wait], head: Head, thin: float) -> None:
    """Below each landing a line for everybody who waits there, with a cross where somebody gives up."""
    heights, queues = head.building.heights_m, dict[int, list[Wait]]()
    rows: list[tuple[float, Wait]] = []
    for wait in waits:
        queue = [one for one in queues.get(wait.floor, []) if one.end_ns > wait.start_ns]
        queues[wait.floor] = [*queue, wait]
        rows.append((heights[wait.floor] - _STACK_M * (1 + len(queue) % _STACK_MOST), wait))
    lines = [[(wait.start_ns / 1e9, height), (wait.end_ns / 1e9, height)] for height, wait in rows]
    axes.add_collection(LineCollection(lines, colors=WAITING, linewidths=1.6 * thin, zorder=2))
    for marker, upwards in (("^", True), ("v", False), ("o", None)):
        mine = [(wait.start_ns / 1e9, height) for height, wait in rows if wait.upwards is upwards]
        _marks(axes, mine, marker, thin)
    _marks(axes, [(wait.end_ns / 1e9, height) for height, wait in rows if wait.gave_up], "x", thin)


def _marks(axes: Axes, places: list[tuple[float, float]], marker: str, thin: float) -> None:
    times, heights = [t for t, _ in places], [height for _, height in places]
    axes.plot(times, heights, marker=marker, linestyle="none", color=WAITING, markersize=4.5 * thin, zorder=2.1)


def draw_counts(axes: Axes, history: History, waits: list[Wait]) -> None:
    """How many ride, and how many wait, over time."""
    riding, waiting = spells.counts(history, waits)
    axes.step([t / 1e9 for t, _ in waiting], [n for _, n in waiting], where="post", color=WAITING, linewidth=1.4)
    times, counts = [t / 1e9 for t, _ in riding], [n for _, n in riding]
    axes.fill_between(times, counts, step="post", color=COLORS[0], alpha=0.25, linewidth=0)
    axes.step(times, counts, where="post", color=COLORS[0], linewidth=1.2)
    axes.set_ylim(0, max(2, *(n for _, n in riding), *(n for _, n in waiting)) + 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axes.set_ylabel("people")
    axes.grid(axis="y", color="#e3e3e3", linewidth=0.8)
    axes.tick_params(axis="y", length=0)


def samples(waits: list[Wait], *, many: bool) -> list[Line2D | Patch]:
    """For the legend."""
    gave_up = Line2D([], [], color=WAITING, marker="x", markersize=4.5, label="gave up waiting")
    return [
        Line2D([], [], color=WAITING, marker="^", markersize=4.5, label="waiting to go up"),
        Line2D([], [], color=WAITING, marker="v", markersize=4.5, label="waiting to go down"),
        *([gave_up] if any(wait.gave_up for wait in waits) else []),
        Line2D([], [], color=WAITING, linewidth=1.4, label="all who wait (below)"),
        Patch(facecolor=COLORS[0], alpha=0.25, label=f"people in the {'cars' if many else 'car'} (below)"),
    ]
