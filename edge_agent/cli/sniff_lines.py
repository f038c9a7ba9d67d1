"""What a listener hears, on lines of 40 columns: when, which way, whom, what, and the silence before it."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from rich.text import Text as Styled

from edge_agent.cli.output import PHONE, wrapped
from edge_agent.clock import NS
from edge_agent.diagnose.conversation import Heard, Oddity, Role
from edge_agent.diagnose.sniff_tally import Summary
from edge_agent.diagnose.sniff_words import LABELS, asks_for, say
from edge_agent.ports import UartErrors
from protocols.language import pick
from protocols.upstream.messages import Text

_INDENT: Final = 10
_LABEL_CELLS: Final = 10
_NS_PER_MS: Final = 1_000_000
_MARKS: Final[Mapping[Role, str]] = {Role.REQUEST: ">", Role.ANSWER: "<", Role.DAMAGED: "x", Role.JUNK: "?"}
_ODD: Final = "yellow"
_BAD: Final = "bold red"
_WORST: Final = frozenset((Oddity.BAD_CRC, Oddity.TRUNCATED, Oddity.OVERSIZE, Oddity.JUNK, Oddity.NO_ANSWER))

_WORDS: Final[Mapping[str, Text]] = {
    "listening": Text("监听 {port}, {line}", "listening: {port}, {line}"),
    "silent": Text("只听, 不发送任何字节; Ctrl-C 结束", "nothing is ever sent; Ctrl-C ends it"),
    "coarse": Text(
        "本串口时间精度 {ms:g} ms: 更短的间隔无法判断",
        "this port tells time to {ms:g} ms: shorter gaps cannot be judged",
    ),
    "bytes": Text("{count} 字节", "{count} B"),
    "frames": Text("帧", "frames"),
    "counts": Text("{frames}: 请求 {requests}, 应答 {answers}", "{frames}: {requests} asked, {answers} answered"),
    "cycle": Text("周期", "cycle"),
    "period": Text("{ms:g} ms", "{ms:g} ms"),
    "no_period": Text("未知", "none seen"),
    "time": Text("时间", "time"),
    "used": Text("{seconds:.1f} s, 线路占用 {percent:.1f} %", "{seconds:.1f} s, bus used {percent:.1f} %"),
    "slave": Text("从站 {slave}", "slave {slave}"),
    "turns": Text("请求 {asked}, 应答 {answered}", "{asked} asked, {answered} answered"),
    "exceptions": Text(", 异常 {count}", ", {count} exceptions"),
    "damaged": Text(", 损坏 {count}", ", {count} damaged"),
    "uart": Text(
        "UART 错误: 停止位 {framing}, 校验 {parity}, 溢出 {overrun}",
        "UART errors: {framing} stop bits, {parity} parity, {overrun} overrun",
    ),
    "unreadable": Text(
        "{count} 字节, 没有一个完整的帧: 换一个 --line 再试, 或检查 A/B 接线",
        "{count} bytes and not one frame: try another --line, or check A and B",
    ),
    "no_slaves": Text("没有听到任何从站", "no slave was heard"),
}


def head(port: str, line: str, grain_ns: int, lang: str) -> Iterator[Styled]:
    """What is listened to, and how well it can be judged."""
    yield from _folded("", _word("listening", lang, port=port, line=line))
    yield from _folded("", _word("silent", lang))
    if grain_ns:
        yield from _folded("", _word("coarse", lang, ms=grain_ns / _NS_PER_MS))


def lines(heard: Heard, begin_ns: int, lang: str) -> Iterator[Styled]:
    """One thing heard, and below it what is odd about it. Of a request without an answer only that is new."""
    if Oddity.NO_ANSWER in heard.oddities:
        yield from _oddity(Oddity.NO_ANSWER, heard, lang)
        return
    slave = "---" if heard.slave is None else f"{heard.slave:>3}"
    function = "--" if heard.function is None else f"{heard.function:02X}"
    body = _body(heard, lang)
    gap = _gap(heard.gap_ns)
    seconds = (heard.start_ns - begin_ns) / NS
    line = Styled(f"{seconds:9.3f} {_MARKS[heard.role]} {slave} {function} {body}")
    room = max(1, PHONE - line.cell_len - len(gap))
    line.append(" " * room + gap)
    line.style = _BAD if heard.role in {Role.DAMAGED, Role.JUNK} else ""
    yield line
    for oddity in heard.oddities:
        yield from _oddity(oddity, heard, lang)


def _body(heard: Heard, lang: str) -> str:
    asked = asks_for(heard.data) if heard.role is Role.REQUEST else ""
    return asked or _word("bytes", lang, count=len(heard.data))


def _gap(gap_ns: int | None) -> str:
    if gap_ns is None:
        return ""
    ms = gap_ns / _NS_PER_MS
    return f"+{ms:.1f}ms" if ms < 10_000 else f"+{ms / 1000:.0f}s"


def _oddity(oddity: Oddity, heard: Heard, lang: str) -> Iterator[Styled]:
    style = _BAD if oddity in _WORST else _ODD
    yield from wrapped(" " * _INDENT + "! ", Styled(say(oddity, heard, lang), style=style), _INDENT + 2, PHONE)


def summary_lines(summary: Summary, uart: UartErrors | None, lang: str) -> Iterator[Styled]:
    """The numbers at the end; `uart`: what the port's UART counted, if it counts."""
    yield from _labelled("time", _word("used", lang, seconds=summary.seconds, percent=100 * summary.bus_use), lang)
    counts = {"frames": summary.frames, "requests": summary.requests, "answers": summary.answers}
    yield from _labelled("frames", _word("counts", lang, **counts), lang)
    cycle = summary.cycle_ms
    yield from _labelled("cycle", _word("no_period", lang) if cycle is None else _word("period", lang, ms=cycle), lang)
    for name in ("bad_crc", *(name for name in LABELS if name != "bad_crc" and name in summary.oddities)):
        count = summary.oddities.get(name, 0)
        yield Styled(f"{pick(LABELS[name], lang)}: {count}", style=_ODD if count else "")
    if uart is not None and uart.framing + uart.parity + uart.overrun:
        yield from _folded("", _word("uart", lang, **msgspec.structs.asdict(uart)), style=_ODD)
    if not summary.slaves:
        yield Styled(_word("no_slaves", lang), style=_ODD)
    if not summary.frames and summary.heard_bytes:
        yield from _folded("", _word("unreadable", lang, count=summary.heard_bytes), style=_BAD)
    for address, slave in summary.slaves.items():
        turns = _word("turns", lang, asked=slave.asked, answered=slave.answered)
        turns += _word("exceptions", lang, count=slave.exceptions) if slave.exceptions else ""
        turns += _word("damaged", lang, count=slave.damaged) if slave.damaged else ""
        yield from _folded(_word("slave", lang, slave=address), turns)


def _labelled(name: str, text: str, lang: str) -> list[Styled]:
    return _folded(_word(name, lang), text)


def _folded(label: str, text: str, style: str = "") -> list[Styled]:
    return wrapped(label, Styled(text, style=style), _LABEL_CELLS if label else 0, PHONE)


def _word(name: str, lang: str, **facts: object) -> str:
    return pick(_WORDS[name], lang).format(**facts)
