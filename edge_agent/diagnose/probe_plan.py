"""What to do next: the probe or the instruction that separates the suspects best, within what is left of the time.

First cheap and silent, then what everything rests on, then only what the evidence asks for. A pure function: the same
evidence and the same time left give the same step.
"""

from typing import Final

import msgspec

from edge_agent.clock import NS
from edge_agent.diagnose.causes import Hand
from edge_agent.diagnose.causes_evidence import Aim, Evidence
from edge_agent.diagnose.causes_facts import Facts
from edge_agent.diagnose.causes_ranking import (
    HEALTHY_FAILURES,
    Verdict,
    diagnose,
    in_doubt,
    next_test,
    to_undo,
    trouble,
)

MOST_PROMPTS: Final = 3
WHOLE_NS: Final = 120 * NS
LEAST_LEFT_NS: Final = 5 * NS
"""No probe begins with less time left: the longest turn takes most of it."""
_LISTEN_NS: Final = 4 * NS
_LISTEN_AGAIN_NS: Final = 3 * NS
_FIRST_TURNS: Final = 10
_LONG_TURNS: Final = 10
_TURNS_A_LISTENING: Final = 20
_TURNS_IN_ALL: Final = 60
_HEALTHY_TURNS: Final = 120
"""Trouble may come and go: a good link is watched for more than half a minute before it is called one."""
_DARK_TURNS: Final = 30
_PATIENT_TURNS: Final = 3
_AFTER_TURNS: Final = 12
_MOST_AFTER_TURNS: Final = 60
_FAILURES_EXPECTED: Final = 4
"""So many of the turns after an instruction would fail if it had changed nothing."""
_AFTER_DARK_TURNS: Final = 4
_RESERVE_NS: Final = 12 * NS
"""What measuring after an instruction may take: nobody is sent to the wires when there is less."""


_PULSES: Final = 0.8
_BYTES_OF_TALK: Final = 4
"""So many bytes in a burst are a frame rather than a pulse."""


class Listen(msgspec.Struct, frozen=True):
    """Hear what is said while nobody is asked."""

    span_ns: int


class Ask(msgspec.Struct, frozen=True):
    """Ask the device so many times."""

    aim: Aim
    times: int


class SearchLines(msgspec.Struct, frozen=True):
    """Ask at every other speed and format until somebody answers."""


class ListenElsewhere(msgspec.Struct, frozen=True):
    """Hear at other speeds whether what sounds like junk is somebody's talk."""


class SearchNeighbours(msgspec.Struct, frozen=True):
    """Ask other addresses, to see whether anybody answers on this bus."""


class Prompt(msgspec.Struct, frozen=True):
    """Have a person do something."""

    hand: Hand
    undo: Hand | None


Step = Listen | ListenElsewhere | Ask | SearchLines | SearchNeighbours | Prompt


def next_step(evidence: Evidence, left_ns: int) -> Step | None:
    """The next step; None when the diagnosis is done or the time is up."""
    if left_ns <= LEAST_LEFT_NS:
        return None
    if evidence.tried:
        step = _after(evidence, evidence.tried[-1])
        if step is not None:
            return step
    else:
        step = _before(evidence, Facts.of(evidence))
        if step is not None:
            return step
    return _prompt(evidence, left_ns)


def _before(evidence: Evidence, facts: Facts) -> Step | None:
    """The series that needs nobody's hands."""
    silent = _silently(evidence, facts)
    if silent is not None or facts.is_shared:
        return silent  # nobody is asked on another master's bus
    if not evidence.asked(Aim.FIRST):
        return Ask(Aim.FIRST, _FIRST_TURNS)
    if facts.good == 0 and not evidence.asked(Aim.PATIENT):
        return Ask(Aim.PATIENT, _PATIENT_TURNS)
    if facts.contact == 0:
        return _without_contact(evidence, facts)
    return _with_contact(evidence, facts)


def _silently(evidence: Evidence, facts: Facts) -> Step | None:
    """What is heard before anything is sent."""
    if not evidence.listened():
        return Listen(_LISTEN_NS)
    if _sounds_like_talk(facts) and not evidence.listened_elsewhere():
        return ListenElsewhere()
    return None


def _sounds_like_talk(facts: Facts) -> bool:
    """Bytes on an idle line that single pulses hardly make, and no request among them."""
    if facts.idle_bursts == 0 or facts.idle_junk == 0 or facts.idle_requests:
        return False
    return facts.idle_pulses < _PULSES or facts.idle_junk * facts.idle_s / facts.idle_bursts >= _BYTES_OF_TALK


def _without_contact(evidence: Evidence, facts: Facts) -> Step | None:
    if not evidence.asked(Aim.OTHER_LINE):
        return SearchLines()
    if facts.other_lines:
        return None
    if not evidence.asked(Aim.NEIGHBOUR):
        return SearchNeighbours()
    if facts.turns < _DARK_TURNS:
        return Ask(Aim.FIRST, _DARK_TURNS - facts.turns)
    return None


def _with_contact(evidence: Evidence, facts: Facts) -> Step | None:
    """More of the same, some listening in between, until the statistics are good for a name, or for "healthy"."""
    long = evidence.turns(Aim.LONG)
    if len(long) < _LONG_TURNS:
        return Ask(Aim.LONG, _LONG_TURNS)
    bad = trouble(facts) > HEALTHY_FAILURES
    if bad and diagnose(evidence).verdict is Verdict.NAMED:
        return None
    listened_ns = sum(one.span_ns for one in evidence.listened())
    if listened_ns < _LISTEN_NS * (facts.turns // _TURNS_A_LISTENING):
        return Listen(_LISTEN_NS)
    if facts.turns < (_TURNS_IN_ALL if bad else _HEALTHY_TURNS):
        few_short = len(evidence.turns(Aim.FIRST)) < len(long)
        return Ask(Aim.FIRST, _FIRST_TURNS) if few_short else Ask(Aim.LONG, _LONG_TURNS)
    return None


def _after(evidence: Evidence, hand: Hand) -> Step | None:
    """Measure what an instruction changed, as the trouble was measured before."""
    before, short = Facts.of(evidence), len(evidence.turns(Aim.FIRST, after=hand))
    if before.contact == 0 or hand is Hand.REMOVE_DEVICE:
        return Ask(Aim.FIRST, _AFTER_DARK_TURNS) if short == 0 else None
    turns = min(_MOST_AFTER_TURNS, max(_AFTER_TURNS, round(_FAILURES_EXPECTED / max(before.failed, HEALTHY_FAILURES))))
    if short == 0:
        return Ask(Aim.FIRST, _MOST_AFTER_TURNS if hand is Hand.CONNECT_DIRECTLY else turns)
    if not evidence.turns(Aim.LONG, after=hand):
        return Ask(Aim.LONG, turns)
    if before.idle_junk > 0 and not evidence.listened(hand):
        return Listen(_LISTEN_AGAIN_NS)
    return None


def _prompt(evidence: Evidence, left_ns: int) -> Prompt | None:
    prompts = len(evidence.tried) + len(evidence.declined)
    if prompts >= MOST_PROMPTS or left_ns < _RESERVE_NS:
        return None
    hand = next_test(evidence, diagnose(evidence))
    if hand is None:
        return None
    return Prompt(hand, in_doubt(evidence) if hand is Hand.PUT_BACK else to_undo(evidence))
