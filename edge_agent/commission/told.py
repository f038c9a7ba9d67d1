"""Each finding as a sentence for people, with what to do about it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from edge_agent.commission.judge import Finding, Verdict
from edge_agent.commission.letters import shortest, spoken
from edge_agent.commission.reading import Signal
from edge_agent.commission.steps import Step
from protocols.lift.vocabulary import ITEMS
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text

_CONTACTS: Final = {
    GOING_UP: Text("上行触点", "contact: going up"),
    GOING_DOWN: Text("下行触点", "contact: going down"),
}
Numbers = Mapping[str, int]
"""The place of each step in the script, from 1."""
VERDICTS: Final = {
    Verdict.GOOD: Text("正确", "good"),
    Verdict.INVERTED: Text("极性相反", "inverted"),
    Verdict.DEAD: Text("无动作", "dead"),
    Verdict.SWAPPED: Text("接线互换", "swapped"),
    Verdict.OTHER: Text("接错信号", "another signal"),
    Verdict.NUMBERING: Text("楼层编号不符", "numbered otherwise"),
    Verdict.ORDER: Text("动作次序错误", "wrong order"),
    Verdict.ODD: Text("动作不符", "does something else"),
    Verdict.SILENT: Text("无数据", "silent"),
    Verdict.UNPROVEN: Text("未验证", "not proved"),
}


def name_of(item: str) -> Text:
    """What people call an item, or a contact that a direction is made from."""
    if item in _CONTACTS:
        return _CONTACTS[item]
    return Text(ITEMS[item].zh, ITEMS[item].en)


def where_of(signal: Signal) -> Text:
    """The device, and its channel if it has some."""
    if not signal.channel:
        return Text(signal.device, signal.device)
    return Text(f"{signal.device} 输入 {signal.channel}", f"{signal.device} channel {signal.channel}")


def told(finding: Finding, steps: Sequence[Step]) -> Text:
    """What was found, and what to do; steps are told by their numbers in the script."""
    said = _TOLD[finding.verdict](finding, {step.name: number for number, step in enumerate(steps, start=1)})
    if not finding.alike:
        return said
    others_zh = "、".join(name_of(item).zh for item in finding.alike)
    others_en = " or ".join(name_of(item).en for item in finding.alike)
    return Text(
        f"{said.zh}; 以所做步骤无法与「{others_zh}」区分",
        f"{said.en}; what was done cannot tell it from: {others_en}",
    )


def _good(_finding: Finding, _numbers: Numbers) -> Text:
    return Text("各步骤动作正确", "did what it should in every step")


def _inverted(finding: Finding, _numbers: Numbers) -> Text:
    what = name_of(finding.signal.item)
    do_zh, do_en = _turn(finding.signal)
    return Text(f"「{what.zh}」始终相反; {do_zh}", f"always the opposite of '{what.en}'; {do_en}")


def _turn(signal: Signal) -> tuple[str, str]:
    if signal.channel:
        return f"更改输入 {signal.channel} 的 invert", f"change invert of channel {signal.channel}"
    return (
        "更改该设备的 options, 或在配置副本中更改该行的 invert",
        "change the device's options, or invert of that row in a copy of its profile",
    )


def _dead(finding: Finding, _numbers: Numbers) -> Text:
    what = name_of(finding.signal.item)
    state = {"T": Text("是", "on"), "F": Text("否", "off")}.get(
        finding.stuck_at, Text(finding.stuck_at, finding.stuck_at)
    )
    return Text(
        f"「{what.zh}」始终为 {state.zh}; 检查触点、接线和端子",
        f"'{what.en}' always read {state.en}; look at its contact, wire and terminal",
    )


def _swapped(finding: Finding, _numbers: Numbers) -> Text:
    read_as, partner = name_of(finding.as_item), finding.with_signal
    at = Text("", "") if partner is None else where_of(partner)
    turn = Text("且极性相反", ", the other way round") if finding.is_mirrored else Text("", "")
    return Text(
        f"随「{read_as.zh}」动作{turn.zh}, 与{at.zh}互换; 对调接线, 或对调两路的 item",
        f"does what '{read_as.en}' should{turn.en}: swapped with {at.en}; exchange the wires, or the two items",
    )


def _other(finding: Finding, _numbers: Numbers) -> Text:
    read_as = name_of(finding.as_item)
    turn = Text("且极性相反", ", the other way round") if finding.is_mirrored else Text("", "")
    return Text(
        f"随「{read_as.zh}」动作{turn.zh}; 更正接线, 或将 item 改为 {finding.as_item}",
        f"does what '{read_as.en}' should{turn.en}; correct the wire, or set its item to {finding.as_item}",
    )


def _numbering(finding: Finding, _numbers: Numbers) -> Text:
    numbers = ", ".join(str(number) for number in finding.floors)
    return Text(
        f"设备由下至上的楼层编号为 {numbers}; 更改 floors 的 reported",
        f"the device numbers the landings {numbers} from below; correct reported under floors",
    )


def _order(finding: Finding, numbers: Numbers) -> Text:
    late = finding.late
    if late is None:
        return name_of(finding.signal.item)
    other = name_of(late.other.item)
    return Text(
        f"第 {numbers[late.step]} 步: 比「{other.zh}」晚 {late.by_ms} 毫秒, 应在其前; 检查开关位置",
        f"step {numbers[late.step]}: {late.by_ms} ms after '{other.en}', and should come before it;"
        " look at the switch's place",
    )


def _odd(finding: Finding, numbers: Numbers) -> Text:
    if not finding.misfits:
        told_there = ", ".join(str(number) for number in finding.floors)
        return Text(
            f"楼层编号 {told_there} 与配置不符, 也不能区分各层; 检查 floors 和设备",
            f"numbers {told_there} are not the file's, and do not tell the landings apart;"
            " look at floors and the device",
        )
    first = finding.misfits[0]
    read, wanted = spoken(first.word), spoken(shortest(first.wanted, first.word[:1]))
    if len(first.word) == 1 and len(finding.stuck_at) == 1:
        return Text(
            f"始终为 {read.zh}, 应为 {wanted.zh}, 而且没有步骤使其动作: 极性相反或无动作",
            f"always {read.en} where it should be {wanted.en}, and no step moved it: inverted or dead",
        )
    more = len(finding.misfits) - 1
    return Text(
        f"第 {numbers[first.step]} 步为 {read.zh}, 应为 {wanted.zh}" + (f" (另有 {more} 步)" if more else ""),
        f"step {numbers[first.step]}: {read.en}, should be {wanted.en}" + (f" (and {more} more)" if more else ""),
    )


def _silent(_finding: Finding, _numbers: Numbers) -> Text:
    return Text("设备在某步骤中无应答", "the device did not answer during a step; see: liftwarden diag link")


def _unproven(_finding: Finding, _numbers: Numbers) -> Text:
    return Text("所做步骤不会使其动作", "nothing that was done makes it change")


_TOLD: Final[dict[Verdict, Callable[[Finding, Numbers], Text]]] = {
    Verdict.GOOD: _good,
    Verdict.INVERTED: _inverted,
    Verdict.DEAD: _dead,
    Verdict.SWAPPED: _swapped,
    Verdict.OTHER: _other,
    Verdict.NUMBERING: _numbering,
    Verdict.ORDER: _order,
    Verdict.ODD: _odd,
    Verdict.SILENT: _silent,
    Verdict.UNPROVEN: _unproven,
}
