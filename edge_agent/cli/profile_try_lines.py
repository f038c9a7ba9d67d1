"""A trial as a person reads it: rows with their marks while it runs, and what came of it at the end."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.text import Text as Styled

from edge_agent.cli.profile_try_tally import Key, Mark, RowReport, Summary, key_of
from edge_agent.cli.registers import Look, row_text, value_text
from protocols.language import pick
from protocols.upstream.messages import Text

_STYLES: Final = {
    Mark.MOVED: "bold reverse",
    Mark.STILL: "dim",
    Mark.PLAIN: "",
    Mark.MEANINGLESS: "bold yellow",
    Mark.OUT_OF_RANGE: "bold red",
}
_WRONG: Final = "bold red"
WORDS: Final[Mapping[str, Text]] = {
    "legend": Text(
        "* 刚变化  = 从未变化  ? 含义未知  ! 超出范围",
        "* changed  = never changed  ? unknown meaning  ! out of range",
    ),
    "looks": Text("读取次数 {looks}, 应答 {answered}", "looks: {looks}, answers: {answered}"),
    "fits": Text("型号: 相符", "identity: as described"),
    "untold": Text("型号: 配置未给出核对值", "identity: the profile gives no value to compare"),
    "wrong": Text("型号: 不符! {why}", "identity: WRONG: {why}"),
    "latency": Text(
        "应答延迟: 中位 {median:g} ms, 最长 {most:g} ms, 配置 {stated:g} ms",
        "answers began after: {median:g} ms (median), {most:g} ms at most; stated {stated:g} ms",
    ),
    "longer": Text(
        "  ! 比配置的长: 把 latency_ms 改为至少 {most:g}", "  ! longer than stated: set latency_ms to {most:g} or more"
    ),
    "moved": Text("变化过 ({count}):", "moved ({count}):"),
    "still": Text(
        "从未变化 ({count}): 在现场动作后再看", "never moved ({count}); make the lift do it, and look again:"
    ),
    "meaningless": Text("出现过未知值:", "raw values without a meaning:"),
    "out": Text("超出可能的范围:", "out of what can be:"),
    "refused": Text("未得到数据的请求:", "not answered with words:"),
    "times": Text("  {block}: {why} (x{times})", "  {block}: {why} (x{times})"),
    "alone": Text("    单独读取时被拒: {rows}", "    refused when asked alone: {rows}"),
    "none_refused": Text("全部请求都有应答", "every request was answered"),
    "nothing": Text(
        "没有任何应答; 检查电源, A/B 接线, 地址, 线路参数", "no answer at all; check power, A/B, address and line"
    ),
    "stub": Text(
        "{name} 是未完成的配置 (stub: true): 寄存器表不完整, 轮询可能影响设备",
        "{name} is a stub: its map is not known, and polling it may upset the device",
    ),
    "loss": Text("读取结束后设备可能: {effect}", "when this ends, nobody asks any more, and: {effect}"),
    "go_on": Text("仍要读取?", "Read it all the same?"),
    "not_started": Text("未开始", "not started; --yes answers for you"),
    "from_words": Text("推导", "derived"),
}


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of WORDS with its facts filled in."""
    return pick(WORDS[name], lang).format(**facts)


def look_lines(look: Look, marks: Mapping[Key, Mark], lang: str) -> list[Styled]:
    """Every row with its mark, a heading for each block; then what is wrong, and what the marks mean."""
    lines: list[Styled] = []
    heading = ""
    for row in look.rows:
        if row.block != heading:
            heading = row.block
            lines.append(Styled(row.block, style="bold"))
        mark = marks[key_of(row)]
        text = row_text(row) if row.words else f"{word('from_words', lang)}: {row.name} = {value_text(row.value)}"
        lines.append(Styled(f"{mark.value} {text}", style=_STYLES[mark]))
    lines += [Styled(problem, style=_WRONG) for problem in look.problems]
    return [*lines, Styled(word("legend", lang), style="dim")]


def summary_lines(summary: Summary, lang: str) -> Iterator[Styled]:
    """What came of the trial."""
    yield Styled(word("looks", lang, looks=summary.looks, answered=summary.answered))
    if not summary.answered:
        yield Styled(word("nothing", lang), style=_WRONG)
        yield from _refusals(summary, lang)
        return
    yield _identity(summary, lang)
    yield from _latency(summary, lang)
    moved = [row for row in summary.rows if row.moved]
    still = [row for row in summary.rows if not row.moved]
    if moved:
        yield Styled(word("moved", lang, count=len(moved)), style="bold")
    for row in moved:
        values = ", ".join(value_text(value) for value in row.values)
        yield Styled(f"  {_name(row)}: {values} (x{row.changes})")
    if still:
        yield Styled(word("still", lang, count=len(still)), style="bold")
    for row in still:
        yield Styled(f"  {_name(row)}: {value_text(row.values[0])}")
    yield from _odd(summary, lang)
    yield from _refusals(summary, lang)


def _identity(summary: Summary, lang: str) -> Styled:
    if summary.identity is None:
        return Styled(word("untold", lang))
    if summary.identity:
        return Styled(word("wrong", lang, why=summary.identity), style=_WRONG)
    return Styled(word("fits", lang))


def _latency(summary: Summary, lang: str) -> Iterator[Styled]:
    latency = summary.latency
    if latency is None:
        return
    yield Styled(word("latency", lang, median=latency.median_ms, most=latency.most_ms, stated=latency.stated_ms))
    if latency.is_longer:
        yield Styled(word("longer", lang, most=latency.most_ms), style="bold yellow")


def _odd(summary: Summary, lang: str) -> Iterator[Styled]:
    for title, seen in (
        ("meaningless", [(row, row.meaningless) for row in summary.rows if row.meaningless]),
        ("out", [(row, row.out_of_range) for row in summary.rows if row.out_of_range]),
    ):
        if seen:
            yield Styled(word(title, lang), style="bold yellow")
        for row, raws in seen:
            words = ", ".join(" ".join(f"{one:04X}" for one in raw) for raw in raws)
            yield Styled(f"  {row.address:04X} {_name(row)}: {words}")


def _refusals(summary: Summary, lang: str) -> Iterator[Styled]:
    if not summary.refusals:
        yield Styled(word("none_refused", lang))
        return
    yield Styled(word("refused", lang), style=_WRONG)
    for refusal in summary.refusals:
        yield Styled(word("times", lang, block=refusal.block, why=refusal.why, times=refusal.times))
        if refusal.rows:
            yield Styled(word("alone", lang, rows=", ".join(refusal.rows)))


def _name(row: RowReport) -> str:
    return f"{row.name} -> {row.item}" if row.item not in {"", row.name} else row.name
