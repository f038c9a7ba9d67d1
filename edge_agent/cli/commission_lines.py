"""What `liftwarden commission` says: the step under way, the findings, on lines of 40 columns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.text import Text as Styled

from edge_agent.cli.output import wrapped
from edge_agent.commission.fixes import Fix
from edge_agent.commission.judge import Finding, Judgement, Verdict
from edge_agent.commission.reading import Signal, Trace
from edge_agent.commission.session import Session
from edge_agent.commission.steps import Step
from edge_agent.commission.told import VERDICTS, name_of, told, where_of
from edge_agent.commission.words import does_as_told, should_move
from protocols.language import pick
from protocols.upstream.messages import Text

WIDTH: Final = 40
_SHOWN: Final = 12
_LETTERS: Final[Mapping[str, Text]] = {
    "T": Text("是", "on"),
    "F": Text("否", "off"),
    "U": Text("上行", "up"),
    "D": Text("下行", "down"),
    "-": Text("无", "none"),
    "S": Text("待机", "standby"),
    "X": Text("故障", "fault"),
    "N": Text("正常", "normal"),
    "I": Text("检修", "inspection"),
    "o": Text("其他", "other"),
    "": Text("无数据", "no data"),
}
_WORDS: Final[Mapping[str, Text]] = {
    "keys": Text("[回车] 已做  [s] 做不了  [q] 停止", "[Enter] done  [s] can't  [q] stop"),
    "reading": Text("正在读取 ...", "reading ..."),
    "sure": Text(
        "有信号未按预期动作 (..); 再按回车: 照此继续", "some (..) did not do as expected; Enter again: go on as it is"
    ),
    "passed": Text("通过: 信号可信", "passed: the signals may be believed"),
    "not_passed": Text("未通过", "not passed"),
    "nothing": Text("什么也没做", "nothing was done; nothing is written"),
    "unfinished": Text("未完成", "not finished"),
    "missing": Text("未做的必做步骤: {steps}", "steps not done that are wanted: {steps}"),
    "unproven": Text("未验证: {items}", "not proved: {items}"),
    "can_mend": Text("可在配置文件中更正 ({file}):", "can be set in {file}:"),
    "left": Text("更正后还剩 {count} 项", "left after that: {count}"),
    "mend": Text("现在写入?", "Write it now?"),
    "mended": Text("已写入 {file}; 原文件: {kept}", "written to {file}; as it was: {kept}"),
    "restart": Text(
        "重启终端程序, 然后: liftwarden commission --from {report}",
        "restart the agent, then: liftwarden commission --from {report}",
    ),
    "report": Text("报告: {page}", "report: {page}"),
    "go_on": Text("继续: liftwarden commission --from {report}", "go on: liftwarden commission --from {report}"),
    "accepted": Text(
        "终端已采纳: 报警将带 commissioned: true", "the agent took it: alarms carry commissioned: true from now on"
    ),
    "other_file": Text(
        "{lift}: 运行中的终端程序读取方式与 {file} 不同; 用此文件重启后再试",
        "{lift}: the running agent reads it otherwise than {file} says; restart it with this file, then try again",
    ),
    "other_report": Text("{file}: 是电梯 {lift} 的报告", "{file}: is a report of lift {lift}; name it with --lift"),
    "which": Text("有多台电梯, 用 --lift 指定: {lifts}", "several lifts; say which with --lift: {lifts}"),
    "none": Text("没有电梯 {lift}; 有: {lifts}", "no lift {lift}; there are: {lifts}"),
    "optional": Text("如不允许可跳过", "may be left out"),
    "sign_unfinished": Text("{file}: 未完成, 不能签字", "{file}: not finished; finish it with --from first"),
    "signed_already": Text("{by} 已于 {at} 签字", "{by} signed it already, {at}"),
    "signed": Text("{by} 已签字: {file}, {page}", "signed by {by}: {file}, {page}"),
}


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of the words with its facts filled in."""
    return pick(_WORDS[name], lang).format(**facts)


def folded(text: str, style: str = "", indent: int = 0) -> list[Styled]:
    """A sentence on lines of 40 columns."""
    return wrapped("", Styled(text, style=style), indent, WIDTH)


def script_lines(steps: Sequence[Step], lang: str) -> Iterator[Styled]:
    """Everything that will be asked for."""
    for number, step in enumerate(steps, start=1):
        optional = f" ({word('optional', lang)})" if step.is_optional else ""
        yield from wrapped(f"{number}.", Styled(pick(step.said, lang) + optional), 4, WIDTH)


def step_lines(session: Session, step: Step, *, note: str, lang: str) -> list[Styled]:
    """The step under way: what to do, what its signals did so far, the keys."""
    head = f"{session.done + 1}/{len(session.steps)}"
    lines = wrapped(head, Styled(pick(step.said, lang), style="bold"), 6, WIDTH)
    moving = list(_signal_lines(step, session.so_far(), lang))
    hidden = len(moving) - _SHOWN
    lines += moving[:_SHOWN]
    if hidden > 0:
        lines.append(Styled(f"  ... +{hidden}", style="dim"))
    if note:
        lines += folded(note, "yellow")
    return [*lines, Styled(pick(_WORDS["keys"], lang), style="dim")]


def _signal_lines(step: Step, traces: Mapping[Signal, Trace], lang: str) -> Iterator[Styled]:
    for signal, trace in traces.items():
        is_right = does_as_told(step, signal.item, trace.word)
        if is_right and not should_move(step, signal.item, trace.word[:1]):
            continue
        mark, style = ("ok", "green") if is_right else ("..", "yellow")
        value = pick(_LETTERS.get(trace.word[-1:], Text("?", "?")), lang)
        name = pick(name_of(signal.item), lang)
        yield wrapped(f" {mark}", Styled(f"{name}: {value}", style=style), 4, WIDTH)[0]


def is_as_told(session: Session, step: Step) -> bool:
    """Whether every signal did so far what the step says."""
    return all(does_as_told(step, signal.item, trace.word) for signal, trace in session.so_far().items())


def finding_lines(judgement: Judgement, *, finished: bool, lang: str) -> Iterator[Styled]:
    """What is wrong, what is open, and the verdict; of a visit that is not over only what is wrong by now."""
    for one in judgement.faulty:
        yield from _faulty(one, lang)
    if not finished:
        yield Styled(word("unfinished", lang), style="bold yellow")
        return
    for one in judgement.findings:
        if one.alike and one not in judgement.faulty:
            yield from folded(f"? {pick(where_of(one.signal), lang)} {pick(name_of(one.signal.item), lang)}:", "yellow")
            yield from folded(pick(told(one), lang))
    open_items = [pick(name_of(one.signal.item), lang) for one in judgement.unproven]
    if open_items:
        yield from folded(word("unproven", lang, items=", ".join(open_items)), "yellow")
    if judgement.missing:
        yield from folded(word("missing", lang, steps=", ".join(judgement.missing)), "yellow")
    passed = judgement.passed
    yield Styled(word("passed" if passed else "not_passed", lang), style="bold green" if passed else "bold red")


def _faulty(one: Finding, lang: str) -> Iterator[Styled]:
    where, name = pick(where_of(one.signal), lang), pick(name_of(one.signal.item), lang)
    verdict = pick(VERDICTS[Verdict(one.verdict)], lang)
    yield from folded(f"! {where}, {name}: {verdict}", "bold red")
    yield from folded(pick(told(one), lang))


def fix_lines(fix: Fix, file: object, lang: str) -> Iterator[Styled]:
    """What would be set in the lift's file."""
    yield from folded(word("can_mend", lang, file=file))
    for edit in fix.edits:
        yield from folded(f"  {edit.where}: {edit.before} -> {edit.value}", "cyan")
    if fix.judgement.faulty:
        yield from folded(word("left", lang, count=len(fix.judgement.faulty)))
