"""Evidence made by hand: turns and silences as a probe would have seen them, in few words."""

from collections.abc import Sequence

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_evidence import Aim, Asked, Ended, Evidence, Listened, Probe, Subject, Turn
from edge_agent.diagnose.causes_ranking import Diagnosis, diagnose
from edge_agent.ports import UartErrors
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
OTHER = LineSettings.parse("19200 8N1")
MS = 1_000_000
S = 1_000_000_000
SUBJECT = Subject(slave=5, line=LINE, latency_ns=20 * MS)
ANSWER = append_crc(bytes((5, 3, 4, 0x12, 0x34, 0x00, 0x07)))
LONG_ANSWER = append_crc(bytes((5, 3, 32, *range(100, 132))))


def good(latency_ms: int = 10, answer: bytes = ANSWER, **more: object) -> Turn:
    return _turn(Ended.ANSWERED, answer, **{"latency_ns": latency_ms * MS, "expected": len(answer)} | more)


def damaged(heard: bytes, expected: int = len(ANSWER)) -> Turn:
    return _turn(Ended.DAMAGED, heard, junk=len(heard), expected=expected)


def silent(heard: bytes = b"", **more: object) -> Turn:
    return _turn(Ended.SILENT, heard, junk=len(heard), **more)


def wrong() -> Turn:
    return _turn(Ended.WRONG, ANSWER)


def _turn(ended: Ended, heard: bytes, **more: object) -> Turn:
    fields = {"slave": 5, "expected": len(ANSWER)} | more
    return Turn(ended=ended, heard=heard, **fields)  # type: ignore[arg-type]


def asked(
    turns: Sequence[Turn],
    aim: Aim = Aim.FIRST,
    line: LineSettings = LINE,
    uart: UartErrors | None = None,
    after: Hand | None = None,
) -> Asked:
    return Asked(aim, line, tuple(turns), uart, after)


def quiet(seconds: int = 4, after: Hand | None = None) -> Listened:
    return Listened(LINE, seconds * S, after=after)


def evidence(*probes: Probe, tried: Sequence[Hand] = (), declined: Sequence[Hand] = ()) -> Evidence:
    return Evidence(SUBJECT, probes, tuple(tried), frozenset(declined))


def causes(*probes: Probe, tried: Sequence[Hand] = ()) -> list[Cause]:
    """The suspects that this evidence makes, in order."""
    return [suspect.cause for suspect in diagnosis(*probes, tried=tried).suspects]


def diagnosis(*probes: Probe, tried: Sequence[Hand] = ()) -> Diagnosis:
    return diagnose(evidence(*probes, tried=tried))


def with_flips(answer: bytes, *bits: tuple[int, int]) -> bytes:
    """An answer with single bits turned over: (byte, bit), bit 0 is the first on the wire."""
    heard = bytearray(answer)
    for byte, bit in bits:
        heard[byte] ^= 1 << bit
    return bytes(heard)
