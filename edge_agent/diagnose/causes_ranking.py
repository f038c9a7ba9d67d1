"""From evidence to a diagnosis: every clue of every rule, added up by cause, and what an instruction changed.

A cause is a suspect from FAIR on. The verdict names the first suspect only where it leads clearly; suspects that
follow closely are reported with it as a group, with the test that separates them. No suspect and a link that works is
a healthy one; no suspect and one that does not is "can't tell".
"""

import enum
from collections.abc import Iterator
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_clues import FAIR, HINT, OFTEN, PROOF, STRONG, Clue
from edge_agent.diagnose.causes_evidence import Aim, Evidence, share
from edge_agent.diagnose.causes_facts import Facts
from edge_agent.diagnose.causes_rules import RULES
from edge_agent.diagnose.causes_texts import NAMES, to_do
from protocols.upstream.messages import Text

CLEAR_LEAD: Final = 4
"""How much more than the next one the first suspect weighs when it is named alone."""
HEALTHY_FAILURES: Final = 0.02
_CURED: Final = 0.2
"""What is left of the trouble, at most, when an instruction ended it."""
_AROUND: Final = 0.1
_IDLE_JUNK_PER_S: Final = 5.0
_LIKELY: Final = (
    Cause.SWAPPED_WIRES,
    Cause.CUT_WIRE,
    Cause.DEAD_DEVICE,
    Cause.WRONG_SPEED,
    Cause.WRONG_FORMAT,
    Cause.DRIVE_NOISE,
    Cause.NO_TERMINATION,
    Cause.NO_BIAS,
    Cause.DUPLICATE_ADDRESS,
    Cause.SECOND_MASTER,
    Cause.SLOW_DEVICE,
    Cause.ECHO,
)
"""The order of causes that weigh the same: the commoner and the cheaper to test first."""

TESTED: Final = {
    Hand.SWAP_WIRES: Cause.SWAPPED_WIRES,
    Hand.SWAP_AT_DEVICE: Cause.SWAPPED_WIRES,
    Hand.FIT_TERMINATOR: Cause.NO_TERMINATION,
    Hand.FIT_BIAS: Cause.NO_BIAS,
    Hand.STOP_DRIVE: Cause.DRIVE_NOISE,
    Hand.REMOVE_DEVICE: Cause.DUPLICATE_ADDRESS,
    Hand.CONNECT_DIRECTLY: Cause.CUT_WIRE,
}
"""What a person can do to separate a cause from the others. The rest is separated by asking in other ways."""


class Verdict(enum.Enum):
    """What the diagnosis comes to."""

    HEALTHY = "healthy"
    NAMED = "named"
    GROUP = "group"
    CANNOT_TELL = "cannot_tell"


class Suspect(msgspec.Struct, frozen=True):
    """A cause with its weight and the clues behind it, the weightiest first."""

    cause: Cause
    weight: int
    clues: tuple[Clue, ...]

    @property
    def name(self) -> Text:
        """In words."""
        return NAMES[self.cause]

    @property
    def is_tested(self) -> bool:
        """Whether the instruction that tests it proved it."""
        return any(clue.weight >= 2 * PROOF for clue in self.clues)


class Diagnosis(msgspec.Struct, frozen=True):
    """Suspects by weight; `group` are those that the evidence does not separate, the first suspect among them."""

    verdict: Verdict
    suspects: tuple[Suspect, ...]
    group: tuple[Cause, ...] = ()
    line: str = ""


def diagnose(evidence: Evidence) -> Diagnosis:
    """What the evidence says up to now."""
    facts = Facts.of(evidence)
    suspects = tuple(_suspects(list(_clues(evidence, facts))))
    line = str(facts.other_lines[0]) if facts.other_lines else ""
    if not suspects:
        works = facts.turns > 0 and trouble(facts) <= HEALTHY_FAILURES
        return Diagnosis(Verdict.HEALTHY if works else Verdict.CANNOT_TELL, ())
    doubted = in_doubt(evidence)
    if doubted is not None:
        return Diagnosis(Verdict.GROUP, suspects, tuple(one.cause for one in suspects if one.cause in _either(doubted)))
    near = tuple(one.cause for one in suspects if suspects[0].weight - one.weight < CLEAR_LEAD)
    if suspects[0].is_tested or (len(near) == 1 and suspects[0].weight >= STRONG):
        return Diagnosis(Verdict.NAMED, suspects, near[:1], line)
    verdict = Verdict.GROUP if len(near) > 1 else Verdict.CANNOT_TELL
    return Diagnosis(verdict, suspects, near, line)


def _suspects(clues: list[Clue]) -> list[Suspect]:
    by_cause = {cause: [clue for clue in clues if clue.cause is cause] for cause in _LIKELY}
    suspects = [
        Suspect(cause, sum(clue.weight for clue in own), tuple(sorted(own, key=lambda clue: -abs(clue.weight))))
        for cause, own in by_cause.items()
    ]
    return sorted((one for one in suspects if one.weight >= FAIR), key=lambda one: -one.weight)


def _clues(evidence: Evidence, facts: Facts) -> Iterator[Clue]:
    for rule in RULES:
        yield from rule(facts, evidence.subject)
    for hand in evidence.tried:
        if hand in TESTED:
            yield from _changed(evidence, hand)


def _changed(evidence: Evidence, hand: Hand) -> Iterator[Clue]:
    """What an instruction changed, or that it did not."""
    cause, before, after = TESTED[hand], baseline(evidence, hand), Facts.of(evidence, hand)
    done = to_do(hand, None, evidence.subject)
    zh, en = done.zh.rstrip("."), done.en.rstrip(".")
    if hand is Hand.REMOVE_DEVICE:
        yield from _removed(after)
    elif helped(evidence, hand) and _is_doubtful(evidence, hand):
        yield from _perhaps(evidence, hand)
    elif helped(evidence, hand):
        said = Text(f"之后见效: {zh}", f"it helped: {en}")
        yield Clue(cause, 2 * PROOF, said)
        if is_cured(before, after):
            for other in Cause:
                if other is not cause:
                    yield Clue(other, -STRONG, Text(f"之后恢复正常: {zh}", f"all is well after: {en}"))
    else:
        # Swapped wires can be swapped at either end; the idle line shows only the adapter's.
        is_half = cause is Cause.SWAPPED_WIRES and before.lone_breaks == 0 and _untried_end(evidence, hand)
        said = Text(f"没有作用: {zh}", f"it changed nothing: {en}")
        yield Clue(cause, -FAIR if is_half else -PROOF, said)
        if before.is_dark:
            yield Clue(Cause.DEAD_DEVICE, HINT, said)


def _perhaps(evidence: Evidence, hand: Hand) -> Iterator[Clue]:
    """Silence ended after an instruction that was not undone, or that was, and the device answers all the same."""
    done = to_do(hand, None, evidence.subject)
    zh, en = done.zh.rstrip("."), done.en.rstrip(".")
    if in_doubt(evidence) is None:
        said = Text(
            f"自行恢复: 复原后仍有应答 ({zh})", f"it came back by itself: it answers without this as well: {en}"
        )
        yield Clue(Cause.DEAD_DEVICE, FAIR, said)
        yield Clue(Cause.CUT_WIRE, FAIR, said)
        yield Clue(Cause.SWAPPED_WIRES, -STRONG, said)
        return
    for one in _either(hand):
        said = Text(f"之后有应答, 也可能是自行恢复: {zh}", f"it answers since, or came back by itself: {en}")
        yield Clue(one, PROOF, said)


def _either(hand: Hand) -> tuple[Cause, Cause]:
    """Why silence ended when an instruction was followed: its cause, or the device came back meanwhile."""
    return TESTED[hand], Cause.DEAD_DEVICE


def _removed(after: Facts) -> Iterator[Clue]:
    if after.contact:
        said = Text("断开该设备后仍有应答", "somebody still answers with the device off the bus")
        yield Clue(Cause.DUPLICATE_ADDRESS, 2 * PROOF, said)
    else:
        said = Text("断开该设备后无人应答", "nobody answers with the device off the bus")
        yield Clue(Cause.DUPLICATE_ADDRESS, -PROOF, said)


def baseline(evidence: Evidence, hand: Hand) -> Facts:
    """How it was before an instruction: after the last one that helped, or at first."""
    earlier = evidence.tried[: evidence.tried.index(hand)]
    kept = next((one for one in reversed(earlier) if helped(evidence, one)), None)
    return Facts.of(evidence, kept)


def helped(evidence: Evidence, hand: Hand) -> bool:
    """Whether an instruction ended the trouble that it tests for; other trouble may remain."""
    before, after = baseline(evidence, hand), Facts.of(evidence, hand)
    if hand is Hand.REMOVE_DEVICE or hand not in TESTED or after.turns == 0:
        return False
    if is_cured(before, after):
        return True
    return (
        hand is Hand.FIT_BIAS
        and before.contact > 0
        and before.around > _AROUND
        and after.around <= _CURED * before.around
    )


def _is_doubtful(evidence: Evidence, hand: Hand) -> bool:
    """Whether a device that came back by itself would have looked the same, by all that is known.

    It would not have ended the empty characters of an idle line that reads as space.
    """
    before = baseline(evidence, hand)
    if not before.is_dark or before.lone_breaks > before.turns * OFTEN:
        return False
    put_back = Facts.of(evidence, Hand.PUT_BACK)
    return put_back.turns == 0 or put_back.contact > 0


def in_doubt(evidence: Evidence) -> Hand | None:
    """The instruction that ended the silence, as long as nobody has put it back and looked; None if there is none."""
    last = next((hand for hand in reversed(evidence.tried) if hand in TESTED), None)
    if last is None or evidence.turns(Aim.FIRST, after=Hand.PUT_BACK):
        return None
    return last if helped(evidence, last) and _is_doubtful(evidence, last) else None


def to_undo(evidence: Evidence) -> Hand | None:
    """The last instruction that was followed, if it did not help and is still in place."""
    last = evidence.tried[-1] if evidence.tried else None
    return None if last is None or last is Hand.PUT_BACK or helped(evidence, last) else last


def is_cured(before: Facts, after: Facts) -> bool:
    """Whether what was wrong before is over."""
    if before.contact == 0:
        return after.contact > 0
    return after.turns > 0 and trouble(after) <= max(_CURED * trouble(before), HEALTHY_FAILURES)


def trouble(facts: Facts) -> float:
    """How bad it is, from 0 to 1: the worst of failures, odd bytes, second answers, junk on the idle line."""
    second = share(facts.second, facts.turns)
    return max(facts.failed, facts.around, second, min(1.0, facts.idle_junk / _IDLE_JUNK_PER_S))


def next_test(evidence: Evidence, diagnosis: Diagnosis) -> Hand | None:
    """The instruction that separates best now: that of the weightiest suspect whose own was not given yet."""
    if diagnosis.verdict is Verdict.HEALTHY or not diagnosis.suspects or Hand.PUT_BACK in evidence.tried:
        return None
    if in_doubt(evidence) is not None:
        return None if Hand.PUT_BACK in evidence.declined else Hand.PUT_BACK
    first = diagnosis.suspects[0]
    if diagnosis.verdict is Verdict.NAMED and _is_over(first, evidence):
        return None
    rest = [one for one in diagnosis.suspects if not one.is_tested]
    near = (one.cause for one in rest if rest[0].weight - one.weight <= STRONG + HINT)
    return next((test for cause in near for test in tests_of(cause, evidence)), None)


def _is_over(first: Suspect, evidence: Evidence) -> bool:
    """Whether the first suspect needs no test, or had it and nothing else is wrong."""
    if first.is_tested and evidence.tried:
        last = evidence.tried[-1]
        return last is Hand.REMOVE_DEVICE or is_cured(baseline(evidence, last), Facts.of(evidence, last))
    return first.cause is Cause.ECHO or any(clue.weight >= PROOF for clue in first.clues)


def tests_of(cause: Cause, evidence: Evidence, *, with_declined: bool = False) -> list[Hand]:
    """The instructions that test a cause and were not given yet, the best first."""
    given = {*evidence.tried, *(() if with_declined else evidence.declined)}
    facts = Facts.of(evidence)
    if facts.came_back:
        return []  # whatever is done now, it answers already
    tests = [hand for hand, tested in TESTED.items() if tested is cause and hand not in given]
    if cause is Cause.SWAPPED_WIRES and facts.neighbours:
        return tests[::-1]  # the adapter's end is good: others answer
    return tests


def _untried_end(evidence: Evidence, hand: Hand) -> bool:
    """Whether wires can still be swapped at the other end than the one of `hand`."""
    other = Hand.SWAP_AT_DEVICE if hand is Hand.SWAP_WIRES else Hand.SWAP_WIRES
    return other not in evidence.tried and not (other is Hand.SWAP_WIRES and Facts.of(evidence).neighbours)
