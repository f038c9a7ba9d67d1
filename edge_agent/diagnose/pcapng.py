"""A capture file that Wireshark reads without any setting: pcapng, link type 252, one frame a packet.

A packet is a list of tags and the frame's bytes ("upper PDU": big-endian tags, Wireshark's exported_pdu.h). Whole
frames name the dissector `mbrtu`, which tells query from response by function and length. It never says that a CRC is
wrong unless it is set to, and refuses address 0 and less than five bytes. So what is no such frame goes to `data`, and
its packet carries the text of the Protocol column. Anomalies are packet comments.

Blocks are written whole and unbuffered: whoever kills the writer leaves a readable file. Layout of blocks and options:
draft-ietf-opsawg-pcapng, chapters 3 and 4; little-endian here. See docs/adr/0007.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
from construct import (
    Aligned,
    Bytes,
    Const,
    ConstructError,
    GreedyBytes,
    GreedyRange,
    Int16ub,
    Int16ul,
    Int32ul,
    Int64sl,
    Struct,
    this,
)

from edge_agent import AgentError

LINKTYPE_WIRESHARK_UPPER_PDU: Final = 252
"""tcpdump.org, link-layer header types."""
_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 0x00000001, 0x00000006
_COMMENT, _APPLICATION = 1, 4
_IF_NAME, _IF_DESCRIPTION, _IF_SPEED, _IF_TSRESOL = 2, 3, 8, 9
_NANOSECONDS: Final = b"\x09"
_UNKNOWN_LENGTH: Final = -1
_TAG_END, _TAG_DISSECTOR, _TAG_PROTOCOL_COLUMN = 0, 12, 33
"""EXP_PDU_TAG_END_OF_OPT, EXP_PDU_TAG_DISSECTOR_NAME, EXP_PDU_TAG_COL_PROT_TEXT."""
_LONGEST_TEXT: Final = 0xFFFF

_BLOCK: Final = Struct(
    "type" / Int32ul,
    "length" / Int32ul,
    "body" / Bytes(this.length - 12),
    "length_again" / Int32ul,
)
_OPTIONS: Final = GreedyRange(
    Struct("code" / Int16ul, "length" / Int16ul, "value" / Aligned(4, Bytes(this.length))),
)
_SECTION_BODY: Final = Struct(
    "magic" / Const(0x1A2B3C4D, Int32ul),
    "major" / Const(1, Int16ul),
    "minor" / Const(0, Int16ul),
    "section_length" / Int64sl,
    "options" / GreedyBytes,
)
_INTERFACE_BODY: Final = Struct(
    "link_type" / Int16ul,
    "reserved" / Const(0, Int16ul),
    "snap_length" / Int32ul,
    "options" / GreedyBytes,
)
_PACKET_BODY: Final = Struct(
    "interface" / Int32ul,
    "time_high" / Int32ul,
    "time_low" / Int32ul,
    "captured" / Int32ul,
    "original" / Int32ul,
    "data" / Aligned(4, Bytes(this.captured)),
    "options" / GreedyBytes,
)
_TAG: Final = Struct("tag" / Int16ub, "length" / Int16ub, "value" / Bytes(this.length))


class CaptureError(AgentError, OSError):
    """The capture file cannot be made, or not be written any more."""


class Packet(msgspec.Struct, frozen=True):
    """Bytes that were on the wire from `unix_ns` on (since 1970).

    Without a `label` they are a frame for Wireshark's `mbrtu`; with one they are only bytes, and it says what they are.
    """

    unix_ns: int
    data: bytes
    label: str = ""
    comments: tuple[str, ...] = ()


def check_new(path: Path) -> None:
    """Raises CaptureError, one line, if there is anything of that name: a port, a pipe, somebody's file."""
    if path.is_file():
        raise CaptureError(f"{path}: is there already and is not overwritten; remove it, or name another file")
    if os.path.lexists(path):
        raise CaptureError(f"{path}: is no regular file; a capture goes to a new file, as in bus.pcapng")


class CaptureFile:
    """Writes packets to a file that it makes. Every method raises CaptureError, one line."""

    def __init__(self, path: Path, port: str, line: str, baud: int) -> None:
        self._path = path
        self._whole_bytes = 0
        try:
            self._file = path.open("xb", buffering=0)  # never opens what is there, not even a device
        except FileExistsError:
            check_new(path)
            raise CaptureError(f"{path}: appeared just now; name another file") from None
        except OSError as error:
            raise CaptureError(f"{path}: cannot write: {error.strerror}; name a file that can be written") from error
        try:
            self._write(header(port, line, baud))
        except CaptureError:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._file.close()

    def write(self, packet: Packet) -> None:
        """Append a packet; it is in the kernel's hands when this returns."""
        self._write(packet_block(packet))

    def _write(self, block: bytes) -> None:
        left = memoryview(block)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._cut()
            raise CaptureError(
                f"{self._path}: cannot write: {error.strerror}; the capture ends here, what came before is whole"
            ) from error
        self._whole_bytes += len(block)

    def _cut(self) -> None:
        """Take the torn block away again."""
        try:
            os.ftruncate(self._file.fileno(), self._whole_bytes)
        except OSError:
            pass  # what refused the bytes may refuse this too; every whole block is there


def read_packets(path: Path) -> list[Packet]:
    """What a file of CaptureFile's holds; a torn end is left away.

    Raises CaptureError, one line, for what is not such a file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaptureError(f"{path}: cannot read: {error.strerror}; name a capture of `diag sniff --write`") from error
    blocks = GreedyRange(_BLOCK).parse(data)
    try:
        _SECTION_BODY.parse(blocks[0].body)
        interface = _INTERFACE_BODY.parse(blocks[1].body)
        if (blocks[0].type, blocks[1].type, interface.link_type) != (
            _SECTION,
            _INTERFACE,
            LINKTYPE_WIRESHARK_UPPER_PDU,
        ):
            raise CaptureError(_foreign(path))
        return [_packet(block.body) for block in blocks[2:] if block.type == _PACKET]
    except (ConstructError, IndexError) as error:
        raise CaptureError(_foreign(path)) from error


def _foreign(path: Path) -> str:
    return f"{path}: is no capture of `liftwarden diag sniff --write` or of `hil run -o`; others are not read"


def _packet(body: bytes) -> Packet:
    block = _PACKET_BODY.parse(body)
    data, label = block.data, ""
    while (tag := _TAG.parse(data)).tag != _TAG_END:
        label = tag.value.rstrip(b"\0").decode(errors="replace") if tag.tag == _TAG_PROTOCOL_COLUMN else label
        data = data[4 + tag.length :]
    comments = (one.value.decode(errors="replace") for one in _OPTIONS.parse(block.options) if one.code == _COMMENT)
    return Packet(block.time_high << 32 | block.time_low, data[4 + tag.length :], label, tuple(comments))


def header(port: str, line: str, baud: int) -> bytes:
    """The blocks that begin a file: section and interface."""
    section = _SECTION_BODY.build(
        {"section_length": _UNKNOWN_LENGTH, "options": _options((_APPLICATION, b"liftwarden diag sniff"))}
    )
    interface = _INTERFACE_BODY.build(
        {
            "link_type": LINKTYPE_WIRESHARK_UPPER_PDU,
            "snap_length": 0,
            "options": _options(
                (_IF_NAME, _text(port)),
                (_IF_DESCRIPTION, _text(f"Modbus RTU, {line}")),
                (_IF_SPEED, baud.to_bytes(8, "little")),
                (_IF_TSRESOL, _NANOSECONDS),
            ),
        }
    )
    return _block(_SECTION, section) + _block(_INTERFACE, interface)


def packet_block(packet: Packet) -> bytes:
    """An Enhanced Packet Block."""
    data = _upper_pdu(packet)
    comments = [(_COMMENT, _text(comment)) for comment in packet.comments]
    body = _PACKET_BODY.build(
        {
            "interface": 0,
            "time_high": packet.unix_ns >> 32,
            "time_low": packet.unix_ns & 0xFFFFFFFF,
            "captured": len(data),
            "original": len(data),
            "data": data,
            "options": _options(*comments),
        }
    )
    return _block(_PACKET, body)


def _upper_pdu(packet: Packet) -> bytes:
    tags = [_tag(_TAG_DISSECTOR, b"data" if packet.label else b"mbrtu")]
    if packet.label:
        tags.append(_tag(_TAG_PROTOCOL_COLUMN, _text(packet.label)))
    return b"".join((*tags, _tag(_TAG_END, b""), packet.data))


def _tag(tag: int, value: bytes) -> bytes:
    padded = value + bytes(-len(value) % 4)
    built: bytes = _TAG.build({"tag": tag, "length": len(padded), "value": padded})
    return built


def _options(*options: tuple[int, bytes]) -> bytes:
    """With an end, which stands only where there are options."""
    ended = (*options, (0, b"")) if options else ()
    built: bytes = _OPTIONS.build([{"code": code, "length": len(value), "value": value} for code, value in ended])
    return built


def _text(text: str) -> bytes:
    """UTF-8, cut to what an option can hold."""
    return text.encode("utf-8", "replace")[:_LONGEST_TEXT].decode("utf-8", "ignore").encode()


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    built: bytes = _BLOCK.build({"type": kind, "length": length, "body": body, "length_again": length})
    return built
