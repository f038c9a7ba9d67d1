"""A diagnosis as lines for a person on a narrow screen, and as one object for programs."""

from collections.abc import Iterator
from typing import Final

import msgspec
from rich.text import Text as Styled

from edge_agent.cli.output import PHONE, folded, wrapped
from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_ranking import Suspect, Verdict, in_doubt, tests_of
from edge_agent.diagnose.causes_texts import ADVICE, METERS, NAMES, put_back, to_do
from edge_agent.diagnose.doctor import Finding
from edge_agent.diagnose.probe_plan import (
    Ask,
    Listen,
    ListenElsewhere,
    Prompt,
    SearchLines,
    SearchNeighbours,
    Step,
)
from protocols.language import pick
from protocols.upstream.messages import Text

_NS_PER_S: Final = 1_000_000_000
_GOOD: Final = "green"
_BAD: Final = "bold red"
_DOUBT: Final = "yellow"

_STEPS: Final = {
    Listen: Text("静听", "listening"),
    ListenElsewhere: Text("在其他波特率静听", "listening at other speeds"),
    Ask: Text("询问设备", "asking the device"),
    SearchLines: Text("试其他线路参数", "trying other line settings"),
    SearchNeighbours: Text("试其他地址", "trying other addresses"),
    Prompt: Text("等待操作", "waiting for you"),
}
_WORDS: Final = {
    "healthy": Text("链路正常", "the link is healthy"),
    "named": Text("原因: {name}", "cause: {name}"),
    "group": Text("以下原因无法从字节区分:", "the bytes do not separate these causes:"),
    "cannot_tell": Text("无法判断原因", "cannot tell what it is"),
    "seen": Text("依据", "seen"),
    "do": Text("处理", "do"),
    "line": Text("线路", "line"),
    "meter": Text("仪表", "meter"),
    "test": Text("区分", "test"),
    "also": Text("另有", "also"),
    "maybe": Text("也许", "maybe"),
    "back": Text("复原", "undo"),
    "none": Text(
        "静听和询问没有发现已知的原因; 用示波器看波形, 或用 diag sniff 看字节.",
        "No known cause fits. Look at the waveform with a scope, at the bytes with: liftwarden diag sniff",
    ),
    "left": Text("{step}, 剩 {seconds} 秒", "{step}, {seconds} s left"),
    "enter": Text("完成后按回车; 做不到输入 n 再按回车: ", "Enter when done; n and Enter if you cannot: "),
}
_LABEL_CELLS: Final = 6
_MOST_CLUES: Final = 5


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of the words with its facts filled in."""
    return pick(_WORDS[name], lang).format(**facts)


def step_line(step: Step, left_ns: int, lang: str) -> str:
    """What is being done, and how long the probing can still take."""
    seconds = max(0, -(-left_ns // _NS_PER_S))
    return word("left", lang, step=pick(_STEPS[type(step)], lang), seconds=seconds)


def finding_lines(finding: Finding, lang: str) -> Iterator[Styled]:
    """The verdict, what it rests on, what to do, and what would separate what is not separated."""
    diagnosis = finding.diagnosis
    suspects = diagnosis.suspects
    match diagnosis.verdict:
        case Verdict.HEALTHY:
            yield Styled(word("healthy", lang), style=_GOOD)
        case Verdict.NAMED:
            yield from folded(word("named", lang, name=pick(suspects[0].name, lang)), _BAD)
            yield from _about(suspects[0], finding, lang)
        case Verdict.GROUP:
            yield from folded(word("group", lang), _BAD)
            for suspect in suspects:
                if suspect.cause in diagnosis.group:
                    yield from folded(pick(suspect.name, lang), _BAD, "- ")
                    yield from _about(suspect, finding, lang)
        case Verdict.CANNOT_TELL:
            yield Styled(word("cannot_tell", lang), style=_BAD)
            yield from folded(word("none", lang))
    yield from _others(finding, lang)
    yield from _to_undo(finding, lang)


def _others(finding: Finding, lang: str) -> Iterator[Styled]:
    """Suspects beside the ones told; proven ones too."""
    diagnosis = finding.diagnosis
    told = set() if diagnosis.verdict is Verdict.CANNOT_TELL else set(diagnosis.group)
    for suspect in diagnosis.suspects:
        if suspect.cause not in told:
            label = word("also" if suspect.is_tested else "maybe", lang)
            yield from _row(label, pick(suspect.name, lang), _DOUBT)
            yield from _clues(suspect, lang, most=1)


def _to_undo(finding: Finding, lang: str) -> Iterator[Styled]:
    if finding.to_undo is not None:
        yield from _row(word("back", lang), pick(put_back(finding.to_undo, finding.evidence.subject), lang))


def _about(suspect: Suspect, finding: Finding, lang: str) -> Iterator[Styled]:
    yield from _clues(suspect, lang, _MOST_CLUES)
    test = separating_test(suspect.cause, finding)
    if test is not None:
        yield from _row(word("test", lang), pick(test, lang))
    line = finding.diagnosis.line
    if line and suspect.cause in {Cause.WRONG_SPEED, Cause.WRONG_FORMAT}:
        yield from _row(word("line", lang), line)
    yield from _row(word("do", lang), pick(ADVICE[suspect.cause], lang))
    if suspect.cause in METERS and not suspect.is_tested:
        yield from _row(word("meter", lang), pick(METERS[suspect.cause], lang))


def separating_test(cause: Cause, finding: Finding) -> Text | None:
    """What a person can still do to separate it from the others; None once something is named."""
    evidence = finding.evidence
    if finding.diagnosis.verdict is Verdict.NAMED:
        return None
    doubted = in_doubt(evidence)
    if doubted is not None:
        return to_do(Hand.PUT_BACK, doubted, evidence.subject)
    test = next(iter(tests_of(cause, evidence, with_declined=True)), None)
    return None if test is None else to_do(test, None, evidence.subject)


def _clues(suspect: Suspect, lang: str, most: int) -> Iterator[Styled]:
    speaking_for = [clue for clue in suspect.clues if clue.weight > 0]
    for clue in speaking_for[:most]:
        yield from _row(word("seen", lang), pick(clue.said, lang))


def _row(label: str, value: str, style: str = "") -> Iterator[Styled]:
    yield from wrapped(f" {label}", Styled(value, style=style), _LABEL_CELLS + 1, PHONE)


class ClueView(msgspec.Struct, frozen=True):
    """One clue; a negative weight speaks against the cause."""

    weight: int
    said: Text


class SuspectView(msgspec.Struct, frozen=True):
    """One cause; `test` is the instruction that separates it and was not given yet."""

    cause: Cause
    name: Text
    weight: int
    evidence: list[ClueView]
    advice: Text
    meter: Text | None
    test: Text | None


class FindingView(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    port: str
    slave: int
    line: str
    verdict: Verdict
    group: list[Cause]
    causes: list[SuspectView]
    found_line: str
    followed: list[Hand]
    declined: list[Hand]
    undo: Text | None
    probing_s: float


def view_of(finding: Finding, port: str) -> FindingView:
    """A finding as one object."""
    diagnosis, evidence = finding.diagnosis, finding.evidence
    undo = None if finding.to_undo is None else put_back(finding.to_undo, evidence.subject)
    return FindingView(
        port=port,
        slave=evidence.subject.slave,
        line=str(evidence.subject.line),
        verdict=diagnosis.verdict,
        group=list(diagnosis.group),
        causes=[_suspect_view(suspect, finding) for suspect in diagnosis.suspects],
        found_line=diagnosis.line,
        followed=list(evidence.tried),
        declined=sorted(evidence.declined, key=lambda hand: hand.value),
        undo=undo,
        probing_s=round(finding.probing_ns / _NS_PER_S, 1),
    )


def _suspect_view(suspect: Suspect, finding: Finding) -> SuspectView:
    test = separating_test(suspect.cause, finding)
    return SuspectView(
        cause=suspect.cause,
        name=NAMES[suspect.cause],
        weight=suspect.weight,
        evidence=[ClueView(clue.weight, clue.said) for clue in suspect.clues],
        advice=ADVICE[suspect.cause],
        meter=METERS.get(suspect.cause),
        test=test,
    )
