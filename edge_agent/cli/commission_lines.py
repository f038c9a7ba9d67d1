"""What `liftwarden commission` says: the step under way, the findings, on lines of 40 columns."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from rich.text import Text as Styled

from edge_agent.cli.output import PHONE, folded, wrapped
from edge_agent.commission.amend import scalar
from edge_agent.commission.fixes import Fix
from edge_agent.commission.judge import Finding, Judgement, Verdict
from edge_agent.commission.letters import shortest, spoken
from edge_agent.commission.reading import Signal, Trace
from edge_agent.commission.session import Session
from edge_agent.commission.steps import Step
from edge_agent.commission.told import VERDICTS, name_of, told, where_of
from edge_agent.commission.words import does_as_told, should_move
from protocols.language import pick
from protocols.upstream.messages import Text

_SHOWN: Final = 20
"""Lines of signals: with the rest they fit a phone."""
_WORDS: Final[Mapping[str, Text]] = {
    "keys": Text("[回车]已做 [s]做不了 [q]停止", "[Enter] done  [s] can't  [q] stop"),
    "more_keys": Text("[r]重做此步 [b]退回上一步", "[r] step again  [b] one step back"),
    "wanted": Text("必做步骤, 否则不能通过; 再按 s: 跳过", "wanted for passing; s again: leave it out"),
    "reading": Text("正在读取, 保持不动: 最多 {seconds} 秒", "reading, keep it so: up to {seconds} s"),
    "real": Text(
        "验收期间报警照常上传; 请先告知救援中心",
        "alarms go out for real during the visit: tell the rescue centre first",
    ),
    "suspect": Text(
        "第 {number} 步可能未按要求做, 多个信号在该步不符: {said}",
        "step {number} was probably not done as asked, several signals did otherwise there: {said}",
    ),
    "redo": Text("重做:", "do them again:"),
    "sure": Text(
        "有信号未按预期动作 (..): 可等待, r 重做, 再按回车照此继续",
        "some (..) did not do as expected: wait, r to do it again, Enter to go on as it is",
    ),
    "passed": Text("通过: 信号可信", "passed: the signals may be believed"),
    "not_passed": Text("未通过", "not passed"),
    "nothing": Text("什么也没做", "nothing was done; nothing is written"),
    "unfinished": Text("未完成", "not finished"),
    "missing": Text("必做而未做: 第 {number} 步, {said}", "not done, and wanted: step {number}, {said}"),
    "unproven": Text("未验证: {items}", "not proved: {items}"),
    "can_mend": Text("可在配置文件中更正:", "can be set in the lift's file:"),
    "left": Text("更正后还剩 {count} 项", "left after that: {count}"),
    "mend": Text("现在写入?", "Write it now?"),
    "mended": Text("已写入; 原文件:", "written; as it was before:"),
    "restart": Text("用更正后的文件重启终端程序, 然后:", "restart the agent with the mended file, then:"),
    "report": Text("报告:", "report:"),
    "go_on": Text("继续:", "go on with:"),
    "withdrawn": Text("报警带 commissioned: false", "alarms carry commissioned: false"),
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
    "not_passed_either": Text("注意: 该报告未通过", "mind that this report did not pass"),
    "signed": Text("{by} 已签字: {file}, {page}", "signed by {by}: {file}, {page}"),
}


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of the words with its facts filled in."""
    return pick(_WORDS[name], lang).format(**facts)


def whole(text: str) -> Styled:
    """What somebody will copy, on one line however long it is."""
    return Styled(text, no_wrap=True, overflow="ignore")


def script_lines(steps: Sequence[Step], lang: str) -> Iterator[Styled]:
    """Everything that will be asked for."""
    for number, step in enumerate(steps, start=1):
        optional = f" ({word('optional', lang)})" if step.is_optional else ""
        yield from wrapped(f"{number}.", Styled(pick(step.said, lang) + optional), 4, PHONE)


def step_lines(session: Session, step: Step, known: Collection[Signal], *, note: str, lang: str) -> list[Styled]:
    """The step under way: what to do, what its signals did so far, the keys."""
    head = f"{session.done + 1}/{len(session.steps)}"
    lines = wrapped(head, Styled(pick(step.said, lang), style="bold"), 6, PHONE)
    moving = list(_signal_lines(step, session.so_far(), known, lang))
    hidden = len(moving) - _SHOWN
    lines += moving[:_SHOWN]
    if hidden > 0:
        lines.append(Styled(f"  ... +{hidden}", style="dim"))
    if note:
        lines += folded(note, "yellow")
    return [*lines, *(Styled(pick(_WORDS[name], lang), style="dim") for name in ("keys", "more_keys"))]


def _signal_lines(step: Step, traces: Mapping[Signal, Trace], known: Collection[Signal], lang: str) -> Iterator[Styled]:
    items = [signal.item for signal in traces]
    for signal, trace in traces.items():
        is_right = does_as_told(step, signal.item, trace.word)
        if is_right and not should_move(step, signal.item, trace.word[:1]):
            continue
        mark, style = ("ok", "green") if is_right else ("!!", "red") if signal in known else ("..", "yellow")
        wanted = pick(spoken(shortest(step.expects[signal.item], trace.word[:1])), lang)
        whose = f" ({signal.device})" if items.count(signal.item) > 1 else ""
        value = pick(spoken(trace.word[-1:]), lang)
        said = Styled(f"{value} ({wanted}) {pick(name_of(signal.item), lang)}{whose}", style=style)
        yield from wrapped(f" {mark}", said, 4, PHONE)


def not_as_told(session: Session, step: Step) -> set[Signal]:
    """The signals that did something else so far than the step says."""
    return {signal for signal, trace in session.so_far().items() if not does_as_told(step, signal.item, trace.word)}


def finding_lines(judgement: Judgement, steps: Sequence[Step], lang: str) -> Iterator[Styled]:
    """What is wrong, what is open, and the verdict."""
    for one in judgement.faulty:
        yield from _faulty(one, steps, lang)
    for one in judgement.findings:
        if one.alike and one not in judgement.faulty:
            yield from folded(f"? {pick(where_of(one.signal), lang)} {pick(name_of(one.signal.item), lang)}:", "yellow")
            yield from folded(pick(told(one, steps), lang))
    open_items = [pick(name_of(one.signal.item), lang) for one in judgement.unproven]
    if open_items:
        yield from folded(word("unproven", lang, items=", ".join(open_items)), "yellow")
    for number, step in enumerate(steps, start=1):
        for name, names in (("suspect", judgement.suspect), ("missing", judgement.missing)):
            if step.name in names:
                yield from folded(word(name, lang, number=number, said=pick(step.said, lang)), "yellow")
    passed = judgement.passed
    yield Styled(word("passed" if passed else "not_passed", lang), style="bold green" if passed else "bold red")


def _faulty(one: Finding, steps: Sequence[Step], lang: str) -> Iterator[Styled]:
    where, name = pick(where_of(one.signal), lang), pick(name_of(one.signal.item), lang)
    verdict = pick(VERDICTS[Verdict(one.verdict)], lang)
    yield from folded(f"! {where}, {name}: {verdict}", "bold red")
    yield from folded(pick(told(one, steps), lang))


def fix_lines(fix: Fix, file: object, lang: str) -> Iterator[Styled]:
    """What would be set in the lift's file."""
    yield from folded(word("can_mend", lang))
    yield whole(f"  {file}")
    for edit in fix.edits:
        yield from folded(f"  {edit.where}: {scalar(edit.before)} -> {scalar(edit.value)}", "cyan")
    if fix.judgement.faulty:
        yield from folded(word("left", lang, count=len(fix.judgement.faulty)))
