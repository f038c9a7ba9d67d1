"""The visit as a picture: one line for each signal, high while it is on, over time, with the steps marked. SVG."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from edge_agent.commission.reading import Reading, Signal, Trace
from edge_agent.commission.record import StepRecord
from edge_agent.commission.told import name_of, where_of
from protocols.upstream.messages import Text

_LABEL_PX: Final = 190
_PLOT_PX: Final = 780
_ROW_PX: Final = 22
_TOP_PX: Final = 22
_NUMBER_PX: Final = 14
_HIGH: Final = frozenset("TUDI")
_NS_PER_S: Final = 1_000_000_000


def svg(reading: Reading, steps: Sequence[StepRecord], faulty: frozenset[Signal]) -> str:
    """The picture; "" if there is nothing to show. Faulty signals are red."""
    signals = [signal for signal, traces in reading.items() if any(trace.word for trace in traces.values())]
    done = [step for step in steps if not step.declined]
    if not signals or not done or done[-1].to_ns <= done[0].from_ns:
        return ""
    scale = _Scale(done[0].from_ns, done[-1].to_ns)
    height = _TOP_PX + _ROW_PX * len(signals) + 6
    rows = [
        line
        for number, signal in enumerate(signals)
        for line in _row(signal, reading, done, scale, _TOP_PX + number * _ROW_PX, signal in faulty)
    ]
    width = _LABEL_PX + _PLOT_PX + 10
    head = f'<svg viewBox="0 0 {width} {height}" width="100%" role="img" xmlns="http://www.w3.org/2000/svg">'
    return "\n".join([head, *_marks(done, scale, height), *rows, "</svg>"])


class _Scale:
    def __init__(self, from_ns: int, to_ns: int) -> None:
        self._from_ns = from_ns
        self._px_per_ns = _PLOT_PX / (to_ns - from_ns)

    def x(self, t_ns: int) -> float:
        return round(_LABEL_PX + (t_ns - self._from_ns) * self._px_per_ns, 1)


def _marks(steps: Sequence[StepRecord], scale: _Scale, height: int) -> Iterator[str]:
    written_px = 0.0
    for number, step in enumerate(steps, start=1):
        x = scale.x(step.from_ns)
        seconds = (step.to_ns - step.from_ns) / _NS_PER_S
        yield f'<line x1="{x}" y1="14" x2="{x}" y2="{height}" class="step"/>'
        if x - written_px >= _NUMBER_PX:
            written_px = x
            title = f"{escape(step.name)}, {seconds:.0f} s"
            yield f'<text x="{x + 2}" y="12" class="n">{number}<title>{title}</title></text>'


def _row(
    signal: Signal, reading: Reading, steps: Sequence[StepRecord], scale: _Scale, y: int, is_faulty: bool
) -> Iterator[str]:
    kind = "bad" if is_faulty else "ok"
    yield f'<text x="0" y="{y + 15}" class="l {kind}">{escape(_label(signal))}</text>'
    points = [
        (t_ns, letter) for step in steps for t_ns, letter in _letters(step, reading[signal].get(step.name, Trace()))
    ]
    path = ""
    for t_ns, letter in points:
        level = y + (4 if letter in _HIGH else 17)
        path += f" H{scale.x(t_ns)} V{level}" if path else f"M{scale.x(t_ns)},{level}"
    if path:
        yield f'<path d="{path} H{scale.x(steps[-1].to_ns)}" class="{kind}"/>'


def _letters(step: StepRecord, trace: Trace) -> Iterator[tuple[int, str]]:
    if trace.word:
        yield step.from_ns, trace.word[0]
        for change in trace.changes:
            yield max(step.from_ns, change.to_ns), change.letter


def _label(signal: Signal) -> str:
    name: Text = name_of(signal.item)
    place = where_of(signal).en.replace(" channel ", "/")
    return f"{name.zh} {place}"
