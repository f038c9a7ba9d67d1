"""A scan on lines of 40 columns: what it may do to a lift, how far it is, whom it found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.text import Text as Styled

from edge_agent.cli.output import PHONE, folded, wrapped
from edge_agent.clock import NS
from edge_agent.diagnose.scan import Progress, Scanner
from edge_agent.diagnose.scan_found import FoundSlave, How
from edge_agent.diagnose.scan_identity import Verdict
from edge_agent.diagnose.scan_plan import ScanPlan, longest_ns, shortest_ns
from protocols.language import pick
from protocols.profiles.schema import HOLDING, CommLoss, Profile
from protocols.upstream.messages import Text

_BAR_CELLS: Final = 10
_DENIED_CELLS: Final = 13
_SLAVE_CELLS: Final = 10
_GOOD: Final = "green"
_WARN: Final = "yellow"
_BAD: Final = "bold red"
_WORST_FIRST: Final = (CommLoss.TRIP, CommLoss.LOCK, CommLoss.UNKNOWN, CommLoss.NONE)

_WORDS: Final[Mapping[str, Text]] = {
    "title": Text("扫描 {port}", "scan of {port}"),
    "danger": Text(
        "将在电梯的在用总线上发送读请求 (功能码 03). 控制器若不接受新的主站, 可能停梯: "
        "先确认电梯可以停, 并征得负责人同意.",
        "This sends reads (function 03) on a lift's live bus. A controller that does not expect a master may stop the"
        " lift: make sure that it may stop, and ask who is responsible for it.",
    ),
    "denied": Text("从不读取的寄存器:", "Registers that are never read:"),
    "loss": Text("通信中断或主站离开时:", "When the master goes away again:"),
    "estimate": Text(
        "{lines} 种线路参数, {slaves} 个地址: 最长 {longest}; 首选参数正确时约 {shortest}",
        "{lines} line settings, {slaves} addresses: at most {longest}; about {shortest} if the first is right",
    ),
    "start": Text("开始?", "Start?"),
    "not_started": Text(
        "未开始; --yes 可不经询问直接开始",
        "not started: nobody said yes; --yes starts without asking",
    ),
    "left": Text("{line}, 最多还需 {left}", "{line}, {left} left at most"),
    "line": Text("线路参数 {line}, {count} 个从站", "{line}, slaves: {count}"),
    "stop_bits": Text("停止位 1 或 2 无法区分: 两者互通", "1 or 2 stop bits: both are understood"),
    "also": Text(
        "{also} 同样可用: 本串口无法区分校验位, 请查设备设置",
        "{also} work as well: this port cannot tell the parity, see the device's settings",
    ),
    "slave": Text("从站 {slave}", "slave {slave}"),
    "answer": Text("有应答", "answers"),
    "exception": Text("以异常应答: {detail}", "answers: {detail}"),
    "odd": Text("应答异常: {detail}", "answers oddly: {detail}"),
    "damaged": Text(
        "应答损坏, 可能两个设备同址或有干扰: {detail}", "damaged; noise, or two devices with this address: {detail}"
    ),
    "looks_like": Text("像 {profile}: {reason}", "looks like {profile}: {reason}"),
    "could_be": Text("可能是 {profile}: {reason}", "could be {profile}: {reason}"),
    "unknown": Text("没有匹配的配置文件", "no profile fits"),
    "nobody": Text(
        "{port}: 没有从站应答; 检查电源, A/B 接线, 或查设备的地址与线路参数",
        "{port}: no slave answered; check power and A/B wiring, and look the address and line up in the device",
    ),
    "so_far": Text("扫描中断; 到此为止找到:", "Cut off; found until then:"),
}


def word(name: str, lang: str, **facts: object) -> str:
    """One of the words with its facts filled in."""
    return pick(_WORDS[name], lang).format(**facts)


def warning_lines(port: str, plan: ScanPlan, profiles: Sequence[Profile], lang: str) -> Iterator[Styled]:
    """What a person has to know before saying yes."""
    yield from folded(word("title", lang, port=port))
    yield from folded(word("danger", lang), _WARN)
    yield Styled(word("denied", lang))
    for profile in profiles:
        for denied in profile.deny:
            if denied.function not in {None, HOLDING}:
                continue
            last = denied.address + denied.count - 1
            span = f"{denied.address:04X}h" + (f"-{last:04X}h" if denied.count > 1 else "")
            yield from wrapped(f"  {span}", Styled(f"{denied.why} ({profile.name})"), _DENIED_CELLS + 2, PHONE)
    yield Styled(word("loss", lang))
    for profile in sorted(profiles, key=lambda profile: _WORST_FIRST.index(profile.comm_loss)):
        if profile.comm_loss is not CommLoss.NONE:
            style = _WARN if profile.comm_loss is CommLoss.UNKNOWN else _BAD
            yield from folded(f"{profile.name}: {pick(profile.comm_loss_effect, lang)}", style, "  ")
    longest, shortest = (_duration(span_ns) for span_ns in (longest_ns(plan), shortest_ns(plan)))
    facts = {"lines": len(plan.lines), "slaves": len(plan.slaves), "longest": longest, "shortest": shortest}
    yield from folded(word("estimate", lang, **facts))


def progress_line(progress: Progress) -> Styled:
    """A bar, and at most so much time left."""
    bar = "#" * round(_BAR_CELLS * progress.done)
    slave = "" if progress.slave is None else str(progress.slave)
    left = _clock(progress.left_ns)
    return Styled(f"[{bar:-<{_BAR_CELLS}}] {100 * progress.done:3.0f} % {left:>5} {progress.line} {slave}")


def plain_progress(progress: Progress, lang: str) -> str:
    """The same for a pipe: a line for each line setting."""
    return word("left", lang, line=progress.line, left=_clock(progress.left_ns))


def found_lines(scanner: Scanner, lang: str) -> Iterator[Styled]:
    """The line, and everybody on it."""
    if scanner.line is not None:
        yield Styled(word("line", lang, line=scanner.line, count=len(scanner.found)), style="bold")
        yield Styled(word("stop_bits", lang))
    if scanner.also:
        yield from folded(word("also", lang, also=", ".join(map(str, scanner.also))), _WARN)
    for slave in sorted(scanner.found):
        yield from _slave(scanner.found[slave], lang)


def _slave(found: FoundSlave, lang: str) -> Iterator[Styled]:
    label = word("slave", lang, slave=found.slave)
    style = _GOOD if found.how is How.ANSWER else "" if found.how is How.EXCEPTION else _WARN
    said = Styled(word(found.how.value, lang, detail=found.detail), style=style)
    yield from wrapped(label, said, _SLAVE_CELLS, PHONE)
    for likeness in found.likenesses:
        style = _GOOD if likeness.verdict is Verdict.LOOKS_LIKE else ""
        reason = word(likeness.verdict.value, lang, profile=likeness.profile, reason=pick(likeness.reason, lang))
        yield from folded(reason, style, "  ")
    if not found.likenesses:
        yield from folded(word("unknown", lang), lead="  ")


def _duration(span_ns: int) -> str:
    seconds = span_ns / NS
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _clock(span_ns: int) -> str:
    minutes, seconds = divmod(round(span_ns / NS), 60)
    return f"{minutes}:{seconds:02}"
