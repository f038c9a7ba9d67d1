"""What was heard of an answer that arrived damaged, told from noise and from the remains of our own echo. Pure.

It decides whether the slave has answered, so whether it may be asked again at once. A mistake here would let a late
answer pass for the next one: so only bytes count that can have been sent after the request's end, in one run without
a silence, and only what is nearly all of an answer.
"""

from typing import Final

from edge_agent.link.echo import echo_in
from protocols.modbus.crc import crc16, crc_ok
from protocols.modbus.frames import LONGEST, SHORTEST
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import HEADER_LEN, ReadRequest

_LEAD_BYTES: Final = 12
"""How far into a run an answer's header is looked for: a damaged echo and four bytes of noise."""
_NOISE: Final = b"\x00\xff"
"""What a turnaround leaves. Two other bytes before a header may be the frame that has it among its data."""
_LONGEST_RUN: Final = 320
"""A frame's 256 bytes and what may stand around them; what goes on longer is no answer."""
_KEPT_RUNS: Final = 16
"""The last ones; a turn in which so many things are heard is no turn of an answer."""
_LOST_BYTES: Final = 2
"""So many can be missing of what is an answer all the same."""
_FRAMING_BYTES: Final = 5
"""Slave, function, byte count and CRC around the words."""


class Damage:
    """Follows what is heard after a request whose last stop bit passed at `sent_ns`."""

    def __init__(self, request: ReadRequest, adu: bytes, line: LineSettings, sent_ns: int, silence_ns: int) -> None:
        self._request = request
        self._adu = adu
        self._char_ns = line.wire_ns(1)
        self._sent_ns = sent_ns
        self._silence_ns = silence_ns
        self._heard_ns = 0
        self._runs = [bytearray()]

    def heard(self, data: bytes, t_ns: int) -> None:
        """Bytes, the last of them seen at `t_ns`."""
        if t_ns - len(data) * self._char_ns - self._heard_ns > self._silence_ns:
            self._part()
        self._heard_ns = t_ns
        since = min(len(data), max(0, (t_ns - self._sent_ns) // self._char_ns))
        run = self._runs[-1]
        run += data[len(data) - since :][: _LONGEST_RUN - len(run)]

    def framed(self, adu: bytes) -> None:
        """A good frame was found: it is no damaged one, and neither are its bytes."""
        before, _, behind = bytes(self._runs[-1]).partition(adu)
        self._runs[-1] = bytearray(before)
        self._part()
        self._runs[-1] += behind

    def _part(self) -> None:
        self._runs = [run for run in self._runs[-_KEPT_RUNS:] if run]
        self._runs.append(bytearray())

    def unknown(self) -> bytes:
        """A whole good frame of the slave's that no table has the length of: a run from end to end; or nothing."""
        whole = (bytes(run) for run in self._runs if run[:1] == self._adu[:1] and SHORTEST <= len(run) <= LONGEST)
        return next((run for run in whole if crc_ok(run)), b"")

    @property
    def is_answer(self) -> bool:
        """Whether one of the runs is the slave's own answer, damaged."""
        return any(self._resembles(run) for run in self._runs)

    def _resembles(self, run: bytearray) -> bool:
        """Whether a run is an answer from this slave to this request, whatever happened to it on its way.

        With the header in place and only noise before it, damage is behind it, unless another byte there, or one less,
        makes a good frame of it. A frame whose only damage is one bit of its header, or its first byte lost, has a
        right CRC with the header that was asked for. Anything else may be somebody else's.
        """
        request = self._request
        header = bytes((request.slave, request.function, request.reply_len - _FRAMING_BYTES))
        _, echoed = echo_in(bytes(run), self._adu)
        heard = bytes(run[echoed:])
        at = heard.find(header, 0, _LEAD_BYTES + len(header))
        if at > 1 and heard[:at].strip(_NOISE):
            return False
        if at >= 0:
            return _is_damaged_behind(heard[at:], request.reply_len) and not _is_anothers(heard[at:], header)
        missing = request.reply_len - len(heard)
        flips = int.from_bytes(heard[:HEADER_LEN], "big") ^ int.from_bytes(header, "big")
        if missing == 0 and flips.bit_count() == 1:
            return crc_ok(header + heard[HEADER_LEN:])
        return missing == 1 and heard.startswith(header[1:]) and crc_ok(header[:1] + heard)


def _is_anothers(frame: bytes, header: bytes) -> bool:
    """Whether the frame has its header from one byte that was put into somebody else's: without it the CRC is right."""
    for place in range(HEADER_LEN):
        rest = frame[:place] + frame[place + 1 :]
        declared = rest[: rest[HEADER_LEN - 1] + _FRAMING_BYTES]
        if not rest.startswith(header) and (crc_ok(rest) or crc_ok(declared)):
            return True
    return False


def _is_damaged_behind(frame: bytes, length: int) -> bool:
    """Whether what begins with the right header is a damaged frame of that length and nobody else's."""
    lacks_last = len(frame) == length - 1 and crc16(frame[:-1]) & 0xFF == frame[-1]
    if lacks_last:
        return True
    return len(frame) >= length - _LOST_BYTES and not (_may_be_anothers(frame) or _may_be_anothers(frame[:length]))


def _may_be_anothers(frame: bytes) -> bool:
    """Whether one other byte in the header makes a damaged frame a good one: then that is what was damaged.

    The CRC is linear: what a byte's eight bits do to it, alone, gives what any other byte there would do.
    """
    damage = crc16(frame)
    for place in range(HEADER_LEN):
        reached = {0}
        for bit in range(8):
            flipped = bytearray(frame)
            flipped[place] ^= 1 << bit
            step = damage ^ crc16(flipped)
            reached |= {one ^ step for one in reached}
        if damage in reached:
            return True
    return False
