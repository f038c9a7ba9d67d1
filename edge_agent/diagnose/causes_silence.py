"""Rules about a device that is not heard, or not in time: wires, settings, or the device itself."""

from collections.abc import Iterator
from typing import Final

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_clues import (
    EXCLUDED,
    FAIR,
    HINT,
    JUNK_PER_S,
    OFTEN,
    PROOF,
    SOMETIMES,
    STRONG,
    Clue,
    Rule,
)
from edge_agent.diagnose.causes_evidence import NS_PER_MS, Subject, share
from edge_agent.diagnose.causes_facts import Facts
from edge_agent.link.master import MARGIN_NS
from protocols.upstream.messages import Text

_SLACK_MS: Final = 25.0
"""An adapter's 16 ms tick, and a host that is a little late."""
_HOST_MS: Final = MARGIN_NS / NS_PER_MS
"""What the master allows a host that is busy: beyond that an answer is late to it as well."""
_SEVERAL: Final = 3
_NEVER_ANSWERED: Final = (Cause.SWAPPED_WIRES, Cause.CUT_WIRE, Cause.DEAD_DEVICE)


def other_line(facts: Facts, subject: Subject) -> Iterator[Clue]:
    """A device that answers at other settings only."""
    if not facts.other_lines:
        if facts.other_lines_tried > 1 and facts.contact == 0:
            said = Text(
                f"其他 {facts.other_lines_tried} 种线路参数下也无应答",
                f"silent at {facts.other_lines_tried} other line settings as well",
            )
            yield Clue(Cause.WRONG_SPEED, -STRONG, said)
            yield Clue(Cause.WRONG_FORMAT, -STRONG, said)
        return
    if facts.contact:
        return  # it answers at the stated line too, by now: the settings are right
    line = facts.other_lines[0]
    said = Text(f"{subject.line} 下不正常, {line} 下应答", f"not at {subject.line}, but it answers at {line}")
    cause = Cause.WRONG_FORMAT if line.baud == subject.line.baud else Cause.WRONG_SPEED
    yield Clue(cause, 2 * PROOF, said)
    for other in Cause:
        if other not in {cause, Cause.ECHO, Cause.SECOND_MASTER}:
            yield Clue(other, EXCLUDED, said)


def contact(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """One good answer at the stated line rules out what keeps every answer away."""
    if facts.contact == 0:
        return
    said = Text(f"{facts.turns} 次询问有 {facts.contact} 次应答", f"it answered {facts.contact} of {facts.turns} times")
    for cause in (Cause.WRONG_SPEED, Cause.SWAPPED_WIRES):
        yield Clue(cause, EXCLUDED, said)
    if not _comes_and_goes(facts):
        for cause in (Cause.CUT_WIRE, Cause.DEAD_DEVICE):
            yield Clue(cause, EXCLUDED, said)


def _comes_and_goes(facts: Facts) -> bool:
    """Silent at times, and answers that are whole at others."""
    return facts.silent > 2 and facts.damaged <= facts.silent // 4 and facts.idle_junk < JUNK_PER_S


def coming_and_going(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """A contact that is loose, or a device that is out at times: whole answers or none."""
    if facts.contact == 0 or not _comes_and_goes(facts):
        return
    said = Text(
        f"{facts.turns} 次询问有 {facts.silent} 次毫无应答, 其余完好 (最长连续 {facts.longest_silence} 次)",
        f"{facts.silent} of {facts.turns} requests met silence, up to {facts.longest_silence} in a row; all other"
        f" answers were whole",
    )
    in_runs = facts.longest_silence > 2
    yield Clue(Cause.CUT_WIRE, STRONG if in_runs else FAIR, said)
    yield Clue(Cause.DEAD_DEVICE, STRONG - HINT if in_runs else FAIR, said)


def darkness(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Nothing that could be an answer: wires, device or both; who else is heard tells where."""
    if not facts.is_dark or facts.other_lines:
        return
    said = Text(f"{facts.turns} 次询问无一应答", f"no answer to {facts.turns} requests")
    for cause in _NEVER_ANSWERED:
        yield Clue(cause, STRONG, said)
    if facts.neighbours:
        names = ", ".join(map(str, facts.neighbours))
        alive = Text(
            f"同一总线上有应答的从站: {names}; 主干线正常",
            f"others on this bus answer, so the trunk is good: {names}",
        )
        yield Clue(Cause.DEAD_DEVICE, FAIR, alive)
        yield Clue(Cause.SWAPPED_WIRES, HINT, alive)
    elif facts.idle_frames or facts.idle_requests:
        yield Clue(Cause.DEAD_DEVICE, FAIR, Text("总线上听得到其他设备", "others are heard on the bus"))
    if facts.lone_breaks > facts.turns * OFTEN:
        lone = Text(
            f"每次发送后只收到一个空字符 ({facts.lone_breaks}/{facts.turns})",
            f"one empty character after {facts.lone_breaks} of {facts.turns} requests: the idle line reads as space",
        )
        yield Clue(Cause.SWAPPED_WIRES, STRONG, lone)
        yield Clue(Cause.DEAD_DEVICE, -STRONG, lone)
        yield Clue(Cause.CUT_WIRE, -STRONG, lone)


def slowness(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Answers later than the device's data say: most of them by little, or several by more than a host is ever late."""
    if facts.patient_tried and facts.contact == 0:
        said = Text("等待数秒也无应答", "silent even when given seconds to answer")
        yield Clue(Cause.SLOW_DEVICE, -STRONG, said)
    if facts.stated_ms is None:
        yield from _slow_by_no_data(facts)
        return
    beyond = [latency for latency in facts.latencies_ms if latency > facts.stated_ms + _SLACK_MS]
    far = sum(latency > facts.stated_ms + _HOST_MS for latency in beyond)
    weight = _slowness(facts, len(beyond), far)
    if not weight:
        return
    said = Text(
        f"应答迟至 {max(beyond):.0f} ms, 标称 {facts.stated_ms:.0f} ms ({len(beyond)}/{len(facts.latencies_ms)})",
        f"answers begin after up to {max(beyond):.0f} ms, stated are {facts.stated_ms:.0f} ms"
        f" ({len(beyond)} of {len(facts.latencies_ms)} answers)",
    )
    yield Clue(Cause.SLOW_DEVICE, weight, said)


def _slowness(facts: Facts, beyond: int, far: int) -> int:
    of_answers = share(beyond, len(facts.latencies_ms))
    if of_answers > OFTEN:
        return PROOF
    if of_answers > SOMETIMES or far >= _SEVERAL:
        return STRONG
    return FAIR if far else 0


def _slow_by_no_data(facts: Facts) -> Iterator[Clue]:
    """Nobody says how soon it answers: slow is only who answers when given seconds, and not before."""
    if facts.patient_tried and facts.contact and facts.failed_short == 1 and facts.latencies_ms:
        slowest = max(facts.latencies_ms)
        said = Text(
            f"只在等待数秒时应答: {slowest:.0f} ms 后; 没有标称值",
            f"it answers only when given seconds: after {slowest:.0f} ms; nothing states how soon it should",
        )
        yield Clue(Cause.SLOW_DEVICE, PROOF, said)


SILENCE: Final[tuple[Rule, ...]] = (other_line, contact, coming_and_going, darkness, slowness)
