"""What was heard in plain words: one sentence for each oddity, in both languages."""

from collections.abc import Mapping
from typing import Final

from edge_agent.diagnose.conversation import Heard, Oddity
from protocols import ProtocolError
from protocols.language import pick
from protocols.modbus.crc import crc16
from protocols.modbus.pdu import ReadRequest, exception_name, parse_request
from protocols.upstream.messages import Text

_SHOWN_BYTES: Final = 16
_SAID: Final[Mapping[Oddity, Text]] = {
    Oddity.EXCEPTION: Text("异常 {code:02X}h: {name}", "exception {code:02X}h: {name}"),
    Oddity.BAD_CRC: Text(
        "CRC 错误 {crc:04X}h, 应为 {right:04X}h: {data}", "bad CRC {crc:04X}h, right {right:04X}h: {data}"
    ),
    Oddity.TRUNCATED: Text("帧不完整: {data}", "cut off: {data}"),
    Oddity.OVERSIZE: Text("{size} 字节, 超过最长帧", "{size} bytes, longer than any frame"),
    Oddity.JUNK: Text("杂波: {data}", "junk: {data}"),
    Oddity.NO_REQUEST: Text("无请求的应答", "nobody asked for this"),
    Oddity.NO_ANSWER: Text("从站 {slave} 无应答", "no answer from {slave}"),
    Oddity.MISFIT: Text("与请求不符", "does not fit the request"),
    Oddity.DUPLICATE: Text("重复的应答", "the same answer once more"),
    Oddity.ECHO: Text("请求的回波", "echo of the request"),
    Oddity.GAP_INSIDE: Text("帧内停顿超过 1.5 字符", "silence inside, over 1.5 characters"),
    Oddity.SHORT_GAP: Text("帧前间隔不足 3.5 字符", "less than 3.5 characters before it"),
}
LABELS: Final[Mapping[str, Text]] = {
    "exception": Text("异常应答", "exceptions"),
    "bad_crc": Text("CRC 错误", "bad CRC"),
    "truncated": Text("帧不完整", "cut off"),
    "oversize": Text("超长", "too long"),
    "junk": Text("杂波", "junk"),
    "no_request": Text("无请求的应答", "answers nobody asked for"),
    "no_answer": Text("无应答的请求", "requests without answer"),
    "misfit": Text("与请求不符", "answers that do not fit"),
    "duplicate": Text("重复的应答", "answers that came twice"),
    "echo": Text("回波", "echoes"),
    "gap_inside": Text("帧内停顿", "silences inside a frame"),
    "short_gap": Text("间隔不足", "gaps below 3.5 characters"),
}
"""Each oddity in a summary, by its name."""


def say(oddity: Oddity, heard: Heard, lang: str) -> str:
    """The oddity of what was heard as a sentence."""
    data = heard.data
    return pick(_SAID[oddity], lang).format(
        code=data[2] if len(data) > 2 else 0,
        name=exception_name(data[2] if len(data) > 2 else 0),
        crc=int.from_bytes(data[-2:], "little"),
        right=crc16(data[:-2]),
        data=hexed(data),
        size=len(data),
        slave=heard.slave,
    )


def hexed(data: bytes) -> str:
    """Bytes as people write them, the first of many."""
    return data[:_SHOWN_BYTES].hex(" ").upper() + (" ..." if len(data) > _SHOWN_BYTES else "")


def asks_for(adu: bytes) -> str:
    """What a request asks for, as "0010h x19"; nothing if it is no read."""
    try:
        asked = parse_request(adu)
    except ProtocolError:
        return ""
    return f"{asked.address:04X}h x{asked.count}" if isinstance(asked, ReadRequest) else ""
