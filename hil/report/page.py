"""`report.html`: one run for people, in one file that opens without a network; verdicts on top, then the timeline.

What can be read without drawing is plain HTML, in both languages; `timeline.js` draws the lanes. The page's own policy
forbids the browser to load anything from elsewhere.
"""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec

from hil.report import figures
from hil.report.lane import Group, Lane, Mark, Span
from hil.scenario.explain import DID, PHASES, TRUTHS
from hil.scenario.parts import duration_of
from hil.scenario.record import RunRecord
from hil.scenario.teller import OUTCOMES
from hil.scenario.verdicts import Verdict
from protocols.upstream.messages import Text
from sim.stimuli import Stimulus

PAGE_FILE: Final = "report.html"
MOST_TOLD: Final = 5_000
"""Of one lane: marks beyond that are shown without what was sent, which the trace has; a day of states is 20 MB."""
_NS_PER_US: Final = 1000
_WORDS: Final[dict[Group, dict[str, Text]]] = {
    Group.LIFT: {**{kind.value: text for kind, text in TRUTHS.items()}, "trapped": Text("困人", "trapped")},
    Group.DONE: {one.value: Text(one.zh, one.en) for one in Stimulus},
    Group.AGENT: {
        **{did.value: text for did, text in DID.items()},
        "running": Text("运行中", "running"),
        "online": Text("在线", "online"),
        "offline": Text("离线", "offline"),
        "up": Text("正常", "up"),
        "degraded": Text("部分正常", "degraded"),
        "probing": Text("探测中", "probing"),
        "down": Text("中断", "down"),
    },
    Group.ALARMS: {phase.value: text for phase, text in PHASES.items()},
}
"""What stands in the picture in the words of `hil explain`; other labels are the trace's own."""
_HEADS: Final = (
    ("", Text("结果", "Outcome")),
    ("", Text("需求", "Requirement")),
    ("", Text("判据", "Expectation")),
    ("said", Text("观察", "Seen")),
    ("n", Text("实测", "Observed")),
    ("n", Text("限值", "Limit")),
    ("n", Text("不确定度", "Uncertainty")),
)


def write_page(record: RunRecord, lanes: Sequence[Lane], folder: Path) -> None:
    """Write it. Raises OSError."""
    (folder / PAGE_FILE).write_text(page(record, lanes), encoding="utf-8")


def page(record: RunRecord, lanes: Sequence[Lane]) -> str:
    """The whole page."""
    room = files("hil.report")
    style, script = (room.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "timeline.js"))
    title = escape(f"{record.name} · {record.bench} · {record.seed}")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
            "script-src 'unsafe-inline'\">",
            f"<title>{title}</title><style>{style}</style></head><body>",
            *_head(record),
            *_verdicts(record.verdicts),
            *_TIMELINE,
            f'<script type="application/json" id="run">{_embedded(_data(record, lanes))}</script>',
            f"<script>{script}</script></body></html>",
            "",
        ]
    )


def _both(text: Text) -> str:
    return f'<span class="zh">{escape(text.zh)}</span><span class="en">{escape(text.en)}</span>'


def _head(record: RunRecord) -> Iterator[str]:
    outcome = f'<span class="outcome {record.outcome.value}">{_both(OUTCOMES[record.outcome])}</span>'
    title = Text(record.scenario.title.zh, record.scenario.title.en)
    yield f"<header><h1>{_both(title)}</h1>{outcome}"
    yield '<div><button type="button" data-lang="zh">中文</button>'
    yield '<button type="button" data-lang="en">English</button></div></header>'
    lasted, u, late = duration_of(record.duration_ns), duration_of(record.uncertainty_ns), duration_of(record.lag_ns)
    told = Text(
        f"台架 {record.bench}, 种子 {record.seed}, 时长 {lasted}, 不确定度 {u}, 台架最大滞后 {late}",
        f"bench {record.bench}, seed {record.seed}, {lasted} long, uncertainty {u}, the bench at most {late} late",
    )
    versions = ", ".join(f"{name} {number}" for name, number in record.versions.items() if number)
    yield f'<p class="about"><b>{escape(record.name)}</b> · {_both(told)}<br>{escape(versions)}</p>'
    yield f'<p class="about">{_both(Text("重现", "Again"))}: <code>{escape(record.replay)}</code></p>'
    if record.reasons:
        reasons = "".join(f"<li>{escape(one)}</li>" for one in record.reasons)
        yield f'<div class="reasons"><ul>{reasons}</ul></div>'


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    if not verdicts:
        return
    yield f"<h2>{_both(Text('判定', 'Verdicts'))}</h2><table><thead><tr>"
    yield "".join(f'<th class="{kind}">{_both(text)}</th>' for kind, text in _HEADS)
    yield "</tr></thead><tbody>"
    yield from (_verdict(one) for one in verdicts)
    yield "</tbody></table>"


def _verdict(one: Verdict) -> str:
    figured = (figures.observed(one), figures.limit(one), figures.uncertainty(one))
    cells = [
        f'<span class="outcome {one.outcome.value}">{_both(OUTCOMES[one.outcome])}</span>',
        escape(one.requirement),
        escape(one.kind),
        _both(Text(one.said_zh or one.said, one.said)),
        *(escape(figure) for figure in figured),
    ]
    where = "" if one.t_ns is None else f' data-t="{one.t_ns / _NS_PER_US:g}" tabindex="0"'
    columns = (
        f'<td class="{kind}" data-head-zh="{text.zh}" data-head-en="{text.en}">{cell}</td>'
        for (kind, text), cell in zip(_HEADS, cells, strict=True)
    )
    return f"<tr{where}>{''.join(columns)}</tr>"


_HINT: Final = Text(
    "拖动平移; 双指或 Ctrl+滚轮缩放; 点击查看详情; 橙色底为故障布设时段",
    "drag to move, two fingers or Ctrl + wheel to zoom, tap for details; orange: a fault is armed",
)
_TIMELINE: Final = (
    f'<h2 id="timeline">{_both(Text("时间线", "Timeline"))}</h2>',
    '<div class="tools"><button type="button" data-act="in">+</button><button type="button" data-act="out">−</button>',
    '<button type="button" data-act="left">◀</button><button type="button" data-act="right">▶</button>',
    f'<button type="button" data-act="all">{_both(Text("全部", "All"))}</button>',
    f'<p class="about">{_both(_HINT)}</p></div>',
    '<div id="overview"></div><div id="axis"></div><div id="lanes"></div><div id="told" hidden></div>',
    f"<noscript>{_both(Text('时间线需要 JavaScript', 'the timeline needs JavaScript'))}</noscript>",
)


def _data(record: RunRecord, lanes: Sequence[Lane]) -> dict[str, Any]:
    """What the script draws; times in whole microseconds, which a JavaScript number holds exactly."""
    return {
        "end": max(1, record.duration_ns // _NS_PER_US),
        "lanes": [_lane(one) for one in lanes],
        "verdicts": [
            {"t": None if one.t_ns is None else one.t_ns // _NS_PER_US, "outcome": one.outcome}
            for one in record.verdicts
        ],
        "words": {group.value: words for group, words in _WORDS.items()},
    }


def _lane(lane: Lane) -> dict[str, Any]:
    curve = lane.curve
    drawn = (
        None
        if curve is None
        else {
            "points": [[t_ns // _NS_PER_US, round(value, 4)] for t_ns, value in curve.points],
            "least": curve.least,
            "most": curve.most,
            "unit": curve.unit,
            "grid": curve.grid,
        }
    )
    is_wire = lane.group is Group.WIRE  # the label says it all
    return {
        "id": lane.id,
        "group": lane.group,
        "zh": lane.title.zh,
        "en": lane.title.en,
        "curve": drawn,
        "spans": [_span(one, with_data=not is_wire) for one in sorted(lane.spans, key=_start_of)],
        "marks": [_mark(one, with_data=len(lane.marks) <= MOST_TOLD) for one in lane.marks],
    }


def _start_of(span: Span) -> int:
    return span.start_ns


def _span(one: Span, *, with_data: bool) -> dict[str, Any]:
    times = {"t0": one.start_ns // _NS_PER_US, "t1": one.end_ns // _NS_PER_US}
    return {**times, "label": one.label, "tone": one.tone, **({"data": one.data} if with_data else {})}


def _mark(one: Mark, *, with_data: bool) -> dict[str, Any]:
    mark = {"t": one.t_ns // _NS_PER_US, "label": one.label, "tone": one.tone}
    return {**mark, **({"data": one.data} if with_data else {})}


def _embedded(value: object) -> str:
    """JSON that cannot end the element it stands in."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
