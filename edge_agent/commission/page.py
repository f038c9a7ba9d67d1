"""The report as one HTML page that opens without a network, for a screen, for paper, and for a signature."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from edge_agent.commission.judge import Verdict
from edge_agent.commission.report import Report, SignalReport
from edge_agent.commission.told import VERDICTS
from protocols.upstream.messages import Text

_STYLE: Final = """
body{font:15px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:1.2em auto;max-width:62em;
 padding:0 1em;color:#1a1a1a}
h1{font-size:1.4em;margin:.2em 0}h2{font-size:1.1em;margin:1.4em 0 .4em}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #bbb;padding:.25em .5em;text-align:left;
 vertical-align:top}
th{background:#f2f2f2}.scroll{overflow-x:auto}
.verdict{font-size:1.2em;padding:.5em .8em;margin:.8em 0;border-left:.5em solid}
.passed{border-color:#18794e;background:#e9f7ef}.failed{border-color:#b42318;background:#fdecea}
td.bad{color:#b42318;font-weight:600}td.ok{color:#18794e}td.open{color:#8a5a00}
svg text.n{font-size:9px;fill:#666}svg text.l{font-size:11px}svg text.bad{fill:#b42318}
svg path{fill:none;stroke-width:1.4}svg path.ok{stroke:#1f6feb}svg path.bad{stroke:#b42318}
svg line.step{stroke:#ddd}
.sign td{height:3em;width:33%}small{color:#555}
@media print{body{margin:0;font-size:12px}}
"""
_CLASSES: Final = {Verdict.GOOD.value: "ok", Verdict.UNPROVEN.value: "open"}


def page(report: Report, picture: str) -> str:
    """The whole page; `picture` is an SVG, or ""."""
    title = f"liftwarden {report.ids.lift_id}"
    return "\n".join(
        [
            '<!doctype html><html lang="zh"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            *_head(report),
            *_signals(report.signals),
            *([f'<h2>信号波形 / Signals over time</h2><div class="scroll">{picture}</div>'] if picture else []),
            *_steps(report),
            *_fixes(report),
            *_signature(report),
            "</body></html>",
            "",
        ]
    )


def _both(text: Text) -> str:
    return f"{escape(text.zh)}<br><small>{escape(text.en)}</small>"


def _head(report: Report) -> Iterator[str]:
    yield "<h1>终端投用验收报告 / Commissioning report</h1>"
    if not report.finished:
        verdict = Text("未完成", "Not finished")
    elif report.passed:
        verdict = Text("通过: 信号可信", "Passed: the signals may be believed")
    else:
        verdict = Text("未通过", "Not passed")
    kind = "passed" if report.passed and report.finished else "failed"
    yield f'<div class="verdict {kind}">{_both(verdict)}</div>'
    ids = report.ids
    yield from _table(
        None,
        [
            ("电梯 / Lift", escape(ids.lift_id)),
            ("注册代码 / Registration", escape(ids.register_no or "-")),
            ("96333", escape(ids.code_96333 or "-")),
            ("终端 / Terminal", escape(report.terminal_id)),
            ("到场 / On site from (UTC)", escape(report.record.began or "-")),
            ("判定 / Judged (UTC)", escape(report.at)),
            ("程序 / Program", f"liftwarden {escape(report.version)}"),
            ("接线摘要 / Wiring digest", f"<code>{escape(report.wiring)}</code>"),
            ("终端已采纳 / Taken by the terminal", "是 / yes" if report.accepted else "否 / no"),
        ],
    )


def _table(heads: Iterable[str] | None, rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield '<div class="scroll"><table>'
    if heads is not None:
        yield "<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(cell if cell.startswith("<td") else f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</table></div>"


def _signals(signals: Iterable[SignalReport]) -> Iterator[str]:
    yield "<h2>信号 / Signals</h2>"
    yield from _table(
        ("信号 / Signal", "设备 / Device", "结论 / Verdict", "说明 / What was seen"),
        (
            (
                _both(one.name),
                escape(f"{one.device} {one.channel}" if one.channel else one.device),
                f'<td class="{_CLASSES.get(one.verdict, "bad")}">{_both(VERDICTS[Verdict(one.verdict)])}</td>',
                _both(one.told),
            )
            for one in signals
        ),
    )


def _steps(report: Report) -> Iterator[str]:
    yield "<h2>步骤 / Steps</h2>"
    missing = set(report.missing)
    numbers: dict[str, int] = {}
    for step in report.steps:
        if step.seconds is not None:
            numbers[step.name] = len(numbers) + 1
    yield from _table(
        ("", "做了什么 / What was done", "s"),
        (
            (
                str(numbers.get(step.name, "")),
                _both(step.said),
                _took(step.seconds, is_wanted=step.name in missing, is_suspect=step.name in report.suspect),
            )
            for step in report.steps
        ),
    )


def _took(seconds: float | None, *, is_wanted: bool, is_suspect: bool) -> str:
    if is_suspect:
        return '<td class="bad">未按要求做<br><small>not done as asked</small></td>'
    if seconds is not None:
        return f"{seconds:g}"
    kind = "bad" if is_wanted else "open"
    return f'<td class="{kind}">未做<br><small>not done</small></td>'


def _fixes(report: Report) -> Iterator[str]:
    if report.fixes:
        yield "<h2>配置更正 / Set in the lift's file</h2>"
        heads = ("键 / Key", "原值 / Was", "现值 / Is")
        yield from _table(heads, ((escape(one.where), escape(one.before), escape(one.after)) for one in report.fixes))


def _signature(report: Report) -> Iterator[str]:
    yield "<h2>签字 / Signature</h2>"
    signed = report.signature
    if signed is not None:
        yield from _table(
            ("姓名 / Name", "职务 / Role", "时间 / Time (UTC)"),
            ((escape(signed.by), escape(signed.role or "-"), escape(signed.at)),),
        )
        yield f"<p><small>SHA-256 {escape(signed.digest)}</small></p>"
        return
    yield '<table class="sign"><tr><td>姓名 / Name</td><td>单位 / Company</td><td>日期 / Date</td></tr>'
    yield "<tr><td></td><td></td><td></td></tr></table>"
    yield f"<p><small>SHA-256 {escape(report.digest)}</small></p>"
