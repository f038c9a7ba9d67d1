"""What the evidence comes to, in numbers that rules can be stated in: shares of turns, idle junk, latencies."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, takewhile
from typing import Final, Self

import msgspec

from edge_agent.diagnose.causes import Hand
from edge_agent.diagnose.causes_evidence import (
    NS_PER_MS,
    SHORTEST_ANSWER,
    Aim,
    Asked,
    Ended,
    Evidence,
    Listened,
    Turn,
    share,
)
from edge_agent.diagnose.causes_flips import flips_behind_edges
from edge_agent.link.counters import Counter
from edge_agent.ports import UartErrors
from protocols.modbus.deframer import Deframer, Frame
from protocols.modbus.line import LineSettings

_SAME_ASKED: Final = (Aim.FIRST, Aim.LONG)
_OVERLONG_BYTES: Final = 3
"""So many bytes more than the right answer has are somebody else's: turnaround noise and slips of a bit add fewer."""
_SOMETHING_BYTES: Final = 3
_MOST_AROUND: Final = 8
"""A few bytes before an answer and a few behind it."""
_GARBLES_AT_LEAST: Final = 4
_JUNK_A_REQUEST: Final = 64
"""In a thousand junk bytes there is one request by its CRC in some 60 cases; among so few, in one of a thousand."""
_BACK_TURNS: Final = 20
_ZEROS: Final = frozenset((0x00, 0x80, 0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE, 0xFF))
"""What a receiver makes of a break or of a line that is let go: a run of spaces, then marks."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers about the device at the stated line, in one state of the wiring: before any instruction, or after one.

    `turns`: how often it was asked; `contact`: how often it answered at all; `good`: within its time. Shares are of
    turns. `understood`: short requests that something answered; `intact`: of those the good answers. `flips`: single
    bits turned over in damaged answers. `failed_short`, `failed_long`: turns without a good answer, few registers and
    many. `whole_since`: how many turns in a row were good at last. `second`: turns with more heard than one answer
    has. `same_garble`: the share of the commonest damaged answer among those to the same request, None with too few of
    them. `around`: the share of answers with a few odd bytes before or behind, or of turns with some where nobody ever
    answers; `before` counts only those that do not begin with the answer itself. `lone_breaks`: turns with one empty
    character and nothing else. `idle_junk`: bytes a second that belong to no frame while nobody is asked,
    `idle_pulses` the share of them that pulses make. `foreign_line`: settings at which somebody else's requests were
    heard.
    """

    turns: int
    contact: int
    good: int
    damaged: int
    silent: int
    understood: float
    intact: float
    flips: int
    flips_behind_edges: int
    failed_short: float
    failed_long: float
    second: int
    same_garble: float | None
    around: float
    before: float
    lone_breaks: int
    echoes: int
    strangers: int
    idle_s: float
    idle_requests: int
    idle_frames: int
    idle_junk: float
    idle_pulses: float
    idle_bursts: int
    foreign_line: LineSettings | None
    longest_silence: int
    whole_since: int
    uart: UartErrors | None
    latencies_ms: tuple[float, ...]
    stated_ms: float | None
    other_lines: tuple[LineSettings, ...]
    other_lines_tried: int
    neighbours: tuple[int, ...]
    patient_tried: int

    @classmethod
    def of(cls, evidence: Evidence, after: Hand | None = None) -> Self:
        """Those of the evidence before any instruction, or after one."""
        asked = evidence.asked(*_SAME_ASKED, Aim.PATIENT, after=after)
        turns = [turn for one in asked for turn in one.turns]
        short, long = evidence.turns(Aim.FIRST, after=after), evidence.turns(Aim.LONG, after=after)
        responded = [turn for turn in short if turn.is_contact or len(turn.heard) >= _SOMETHING_BYTES]
        flips, behind = flips_behind_edges(turns)
        idle = evidence.listened(after)
        idle_s = sum(one.span_ns for one in idle) / 1e9
        others = evidence.asked(Aim.OTHER_LINE, after=after)
        neighbours = evidence.turns(Aim.NEIGHBOUR, after=after)
        stated_ns = evidence.subject.latency_ns
        return cls(
            turns=len(turns),
            contact=sum(turn.is_contact for turn in turns),
            good=_ended(turns, Ended.ANSWERED),
            damaged=_ended(turns, Ended.DAMAGED),
            silent=_ended(turns, Ended.SILENT),
            understood=share(len(responded), len(short)),
            intact=share(_ended(responded, Ended.ANSWERED), len(responded)),
            flips=flips,
            flips_behind_edges=behind,
            failed_short=_failed(short),
            failed_long=_failed(long),
            second=sum(map(_has_second, turns)),
            same_garble=_same_garble(turns),
            around=_share_of_answered(turns, _has_junk_around),
            before=_share_of_answered(turns, _has_junk_before),
            lone_breaks=sum(_is_lone_break(turn) for turn in turns),
            echoes=sum(turn.echoed for turn in turns),
            strangers=sum(Counter.OTHER_MASTER in turn.counted for turn in turns),
            idle_s=idle_s,
            idle_requests=sum(map(_certain_requests, idle)),
            idle_frames=sum(one.frames for one in idle),
            idle_junk=sum(one.junk for one in idle) / idle_s if idle_s else 0.0,
            idle_pulses=share(sum(one.pulses for one in idle), sum(one.junk for one in idle)),
            foreign_line=next((one.line for one in evidence.listened_elsewhere(after) if _certain_requests(one)), None),
            longest_silence=max(
                (len(list(run)) for is_silent, run in groupby(turns, _is_silent) if is_silent), default=0
            ),
            whole_since=sum(1 for _ in takewhile(_is_answered, reversed(turns))),
            idle_bursts=sum(one.bursts for one in idle),
            uart=_uart([*asked, *idle]),
            latencies_ms=tuple(turn.latency_ns / NS_PER_MS for turn in turns if turn.latency_ns is not None),
            stated_ms=None if stated_ns is None else stated_ns / NS_PER_MS,
            other_lines=_lines_with_contact(others),
            other_lines_tried=len({str(one.line) for one in others}),
            neighbours=tuple(sorted({turn.slave for turn in neighbours if turn.is_contact})),
            patient_tried=len(evidence.turns(Aim.PATIENT, after=after)),
        )

    @property
    def failed(self) -> float:
        """The share of turns without a good answer in time."""
        return 1 - share(self.good, self.turns)

    @property
    def is_shared(self) -> bool:
        """Another master was heard to ask; one request among our own turns can be chance."""
        return self.idle_requests > 0 or self.foreign_line is not None or self.strangers > 1

    @property
    def came_back(self) -> bool:
        """Silent from the first request on, and then good ever since: it came back before anybody did anything."""
        return self.silent > 2 and self.contact == self.whole_since >= _BACK_TURNS

    @property
    def is_dark(self) -> bool:
        """Asked several times, and nothing that could be an answer."""
        return self.turns > 0 and self.contact == self.damaged == 0


def _certain_requests(heard: Listened) -> int:
    """Requests of others; none where so much junk is around them that one of them is chance."""
    return heard.requests if heard.junk <= heard.requests * _JUNK_A_REQUEST else 0


def _ended(turns: Iterable[Turn], ended: Ended) -> int:
    return sum(turn.ended is ended for turn in turns)


def _is_silent(turn: Turn) -> bool:
    return turn.ended is Ended.SILENT


def _is_answered(turn: Turn) -> bool:
    return turn.ended is Ended.ANSWERED


def _failed(turns: Sequence[Turn]) -> float:
    return share(sum(turn.ended is not Ended.ANSWERED for turn in turns), len(turns))


def _has_second(turn: Turn) -> bool:
    """Whether more was heard than one answer has."""
    if turn.counted & {Counter.DUPLICATE, Counter.UNSOLICITED} and turn.ended is Ended.ANSWERED:
        return True
    longest = turn.expected if turn.ended is not Ended.SILENT else SHORTEST_ANSWER
    return len(turn.heard) > longest + _OVERLONG_BYTES and turn.ended in {Ended.ANSWERED, Ended.DAMAGED, Ended.WRONG}


def _share_of_answered(turns: Sequence[Turn], has: Callable[[Turn], bool]) -> float:
    answered = [turn for turn in turns if turn.is_contact] or turns
    return share(sum(map(has, answered)), len(answered))


def _has_junk_around(turn: Turn) -> bool:
    if turn.ended is Ended.DAMAGED or _has_second(turn) or _is_lone_break(turn):
        return False
    return 0 < turn.junk <= _MOST_AROUND


def _has_junk_before(turn: Turn) -> bool:
    """Whether it is odd bytes that come first; what stands behind an answer can be its own sender's."""
    first = next(iter(Deframer.for_replies().feed(turn.heard, 0)), None)
    return _has_junk_around(turn) and not isinstance(first, Frame)


def _is_lone_break(turn: Turn) -> bool:
    """One odd byte of a line that was let go, and nothing else."""
    return turn.ended is Ended.SILENT and len(turn.heard) == 1 and turn.heard[0] in _ZEROS


def _lines_with_contact(others: Sequence[Asked]) -> tuple[LineSettings, ...]:
    """Settings at which the device answered more than once: a single answer can be luck."""
    contacts = Tally(one.line for one in others for turn in one.turns if turn.is_contact)
    return tuple(line for line, count in contacts.items() if count > 1)


def _same_garble(turns: Sequence[Turn]) -> float | None:
    by_length: dict[int, list[bytes]] = {}
    for turn in turns:
        if turn.ended is Ended.DAMAGED:
            by_length.setdefault(turn.expected, []).append(turn.heard)
    several = [heard for heard in by_length.values() if len(heard) >= _GARBLES_AT_LEAST]
    alike = sum(max(heard.count(one) for one in heard) for heard in several)
    return alike / sum(map(len, several)) if several else None


def _uart(probes: Iterable[Asked | Listened]) -> UartErrors | None:
    counted = [probe.uart for probe in probes if probe.uart is not None]
    if not counted:
        return None
    return UartErrors(
        framing=sum(one.framing for one in counted),
        parity=sum(one.parity for one in counted),
        overrun=sum(one.overrun for one in counted),
        breaks=sum(one.breaks for one in counted),
    )
