"""What devices once said on a wire: a capture of `diag sniff --write` or of `hil run -o`, to be asked again.

A register holds what the latest answer about it said. Who asks at other times hears what is older than it would have
been: `oldest_ns` is by how much at worst. A device is silent for as long as it answered nobody.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import msgspec

from edge_agent.diagnose.conversation import Conversation, Heard, Oddity, Role
from edge_agent.diagnose.pcapng import read_packets
from hil import BenchError
from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import (
    OtherRequest,
    ReadRequest,
    decode_reply,
    encode_exception,
    encode_reply,
    parse_request,
)

_ILLEGAL_ADDRESS: Final = 0x02
Register = tuple[int, int, int]
"""Slave, function, address."""


class _Said(msgspec.Struct, frozen=True):
    """From `t_ns` on."""

    t_ns: int
    value: int


class Recording:
    """What was read, when. Times are ns since `origin_ns` of the capture."""

    def __init__(self, heard: Iterator[Heard]) -> None:
        self.end_ns = 0
        self.oldest_ns = 0
        self._words: defaultdict[Register, list[_Said]] = defaultdict(list)
        self._refused: defaultdict[tuple[int, int, int, int], list[_Said]] = defaultdict(list)
        self._lives: defaultdict[int, list[_Said]] = defaultdict(list)
        for one in heard:
            self.end_ns = max(self.end_ns, one.end_ns)
            self._keep(one)

    @classmethod
    def read(cls, path: Path, line: LineSettings, *, is_from_start: bool) -> Self:
        """A capture file, counted from its first packet; `is_from_start`: its own clock began with the run.

        Raises CaptureError, BenchError.
        """
        packets = read_packets(path)
        if not packets:
            raise BenchError(f"{path}: nothing was captured")
        origin_ns = 0 if is_from_start else packets[0].unix_ns
        pieces = [(packet.unix_ns - origin_ns, packet.data) for packet in packets]
        return cls(_listen(sorted(pieces, key=lambda piece: piece[0]), line))

    def _keep(self, one: Heard) -> None:
        if one.role is Role.REQUEST and Oddity.NO_ANSWER in one.oddities:
            self._lives[one.data[0]].append(_Said(one.start_ns, value=False))
        if one.role is not Role.ANSWER or not one.request:
            return
        self._lives[one.data[0]].append(_Said(one.start_ns, value=True))
        request = parse_request(one.request)
        if isinstance(request, OtherRequest):
            return
        if Oddity.EXCEPTION in one.oddities:
            self._refused[_key(request)].append(_Said(one.start_ns, one.data[2]))
            return
        try:
            words = decode_reply(request, one.data)
        except ProtocolError:
            return  # what did not fit the question then says nothing now
        for register, word in zip(_registers(request), words, strict=True):
            self._words[register].append(_Said(one.start_ns, word))

    def knows(self, request: ReadRequest) -> bool:
        """Whether all that it asks for was ever read."""
        return all(register in self._words for register in _registers(request))

    def answer(self, request: ReadRequest | OtherRequest, t_ns: int) -> bytes | None:
        """What the device last said about it at `t_ns`, or first if that was later; None if it was silent."""
        slave, function = request.slave, int(request.function)
        life = _at(self._lives[slave], t_ns)
        if life is None or not life.value:
            return None
        if isinstance(request, OtherRequest):
            return encode_exception(slave, function, _ILLEGAL_ADDRESS)
        latest = [said for register in _registers(request) if (said := _at(self._words[register], t_ns)) is not None]
        refused = _at(self._refused[_key(request)], t_ns)
        since_ns = max((said.t_ns for said in latest), default=-1)
        if refused is not None and since_ns < refused.t_ns and (refused.t_ns <= t_ns or not latest):
            return encode_exception(slave, function, refused.value)
        if len(latest) != request.count:
            return encode_exception(slave, function, _ILLEGAL_ADDRESS)
        self.oldest_ns = max(self.oldest_ns, *(abs(t_ns - said.t_ns) for said in latest))
        return encode_reply(request, [said.value for said in latest])


def _at(said: list[_Said], t_ns: int) -> _Said | None:
    """What was said last at `t_ns`, or first."""
    if not said:
        return None
    return said[max(0, bisect_right(said, t_ns, key=lambda one: one.t_ns) - 1)]


def _key(request: ReadRequest) -> tuple[int, int, int, int]:
    return request.slave, int(request.function), request.address, request.count


def _registers(request: ReadRequest) -> Iterator[Register]:
    for offset in range(request.count):
        yield request.slave, int(request.function), request.address + offset


def _listen(pieces: list[tuple[int, bytes]], line: LineSettings) -> Iterator[Heard]:
    """What the listener of `diag sniff` makes of bytes that began at these times."""
    conversation = Conversation(line)
    for start_ns, data in pieces:
        while (due_ns := conversation.next_deadline()) is not None and due_ns <= start_ns:
            yield from conversation.tick(due_ns)
        yield from conversation.hear(data, start_ns + line.wire_ns(len(data)))
    yield from conversation.end()
