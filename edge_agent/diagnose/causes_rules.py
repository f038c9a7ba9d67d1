"""The rules: from facts to clues, each for or against one cause, with a weight and a sentence that explains it.

Weights add up. PROOF: only this cause does that. STRONG: others hardly do. FAIR: it fits. HINT: it fits a little better
than the others. Against a cause the same steps count negative; EXCLUDED is more than everything for it can be.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_evidence import Subject, share
from edge_agent.diagnose.causes_facts import Facts
from protocols.upstream.messages import Text

HINT: Final = 1
FAIR: Final = 3
STRONG: Final = 6
PROOF: Final = 12
EXCLUDED: Final = -100

_OFTEN: Final = 0.5
_SOMETIMES: Final = 0.12
_RARELY: Final = 0.02
_FAST_BAUD: Final = 38_400
"""From here on a reflection on some tens of metres lasts for a good part of a bit."""
_QUIET_S: Final = 4.0
_JUNK_PER_S: Final = 0.5
_SLACK_MS: Final = 25.0
"""An adapter's 16 ms tick, and a host that is a little late."""
_FLIPS_AT_LEAST: Final = 4
_TURNS_FOR_STATISTICS: Final = 8
_NEVER_ANSWERED: Final = (Cause.SWAPPED_WIRES, Cause.CUT_WIRE, Cause.DEAD_DEVICE)
_DAMAGING: Final = (Cause.NO_TERMINATION, Cause.NO_BIAS, Cause.DRIVE_NOISE, Cause.DUPLICATE_ADDRESS)


class Clue(msgspec.Struct, frozen=True):
    """Something seen that speaks for a cause (weight above 0) or against it."""

    cause: Cause
    weight: int
    said: Text


Rule = Callable[[Facts, Subject], Iterator[Clue]]


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
    return facts.silent > 2 and facts.damaged <= facts.silent // 4 and facts.idle_junk < _JUNK_PER_S


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


def darkness(facts: Facts, subject: Subject) -> Iterator[Clue]:
    """Nothing that could be an answer: wires, device or both; who else is heard tells where."""
    if not facts.is_dark or facts.other_lines:
        return
    said = Text(f"{facts.turns} 次询问无一应答", f"no answer to {facts.turns} requests")
    for cause in _NEVER_ANSWERED:
        yield Clue(cause, STRONG, said)
    if facts.neighbours:
        names = ", ".join(map(str, facts.neighbours))
        alive = Text(
            f"同一总线上从站 {names} 应答, 主干线正常", f"slave {names} on the same bus answers: the trunk is good"
        )
        yield Clue(Cause.DEAD_DEVICE, FAIR, alive)
        yield Clue(Cause.SWAPPED_WIRES, HINT, alive)
    elif facts.idle_frames or facts.idle_requests:
        yield Clue(Cause.DEAD_DEVICE, FAIR, Text("总线上听得到其他设备", "others are heard on the bus"))
    if facts.lone_breaks > facts.turns * _OFTEN:
        lone = Text(
            f"每次发送后只收到一个空字符 ({facts.lone_breaks}/{facts.turns})",
            f"one empty character after each of our requests ({facts.lone_breaks} of {facts.turns}):"
            f" the idle line reads as space",
        )
        yield Clue(Cause.SWAPPED_WIRES, STRONG, lone)
        yield Clue(Cause.DEAD_DEVICE, -FAIR, lone)
        yield Clue(Cause.CUT_WIRE, -FAIR, lone)
    del subject


def slowness(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Answers later than the device's data say."""
    beyond = [latency for latency in facts.latencies_ms if latency > facts.stated_ms + _SLACK_MS]
    if not beyond:
        if facts.patient_tried and facts.contact == 0:
            said = Text("等待数秒也无应答", "silent even when given seconds to answer")
            yield Clue(Cause.SLOW_DEVICE, -STRONG, said)
        return
    worst = max(beyond)
    often = share(len(beyond), len(facts.latencies_ms)) > _OFTEN
    said = Text(
        f"应答迟至 {worst:.0f} ms, 标称 {facts.stated_ms:.0f} ms ({len(beyond)}/{len(facts.latencies_ms)})",
        f"answers begin after up to {worst:.0f} ms, stated are {facts.stated_ms:.0f} ms"
        f" ({len(beyond)} of {len(facts.latencies_ms)} answers)",
    )
    yield Clue(Cause.SLOW_DEVICE, PROOF if often else STRONG, said)


def echo(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Our own requests read back. It hurts nobody here, so anything else that is wrong comes first."""
    if facts.echoes <= facts.turns * _OFTEN:
        return
    said = Text(
        f"{facts.turns} 次询问有 {facts.echoes} 次听到自己的回声",
        f"the adapter heard our own request {facts.echoes} of {facts.turns} times",
    )
    yield Clue(Cause.ECHO, STRONG if facts.failed <= _RARELY else HINT, said)


def strangers(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Requests that are not ours."""
    requests = facts.idle_requests + facts.strangers
    if facts.foreign_line is not None:
        said = Text(
            f"在 {facts.foreign_line} 下听到他人的询问", f"at {facts.foreign_line} somebody else's requests are heard"
        )
        yield Clue(Cause.SECOND_MASTER, PROOF + STRONG, said)
        yield Clue(Cause.DRIVE_NOISE, -STRONG, said)
    elif requests > 1 or facts.idle_requests:
        said = Text(
            f"听到 {requests} 个不是本机发出的请求",
            f"{requests} requests heard that were not ours: another master asks",
        )
        yield Clue(Cause.SECOND_MASTER, PROOF + STRONG if requests > 1 else STRONG, said)
        for cause in _DAMAGING:
            yield Clue(cause, -FAIR, said)
    elif facts.idle_frames > 1:
        said = Text(
            f"无人询问时听到 {facts.idle_frames} 个完整应答",
            f"{facts.idle_frames} whole answers heard while we asked nobody",
        )
        yield Clue(Cause.SECOND_MASTER, STRONG, said)
    elif facts.idle_s >= _QUIET_S:
        yield Clue(
            Cause.SECOND_MASTER,
            -FAIR,
            Text(f"静听 {facts.idle_s:.0f} 秒无他人询问", f"nobody else asked during {facts.idle_s:.0f} s"),
        )


def idle_junk(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Bytes of no frame on a line that nobody drives."""
    strange = facts.idle_requests + facts.idle_frames
    if facts.idle_junk >= _JUNK_PER_S and facts.idle_bursts > 2 and strange <= 1:
        said = Text(
            f"无人发送时每秒 {facts.idle_junk:.1f} 个杂字节",
            f"{facts.idle_junk:.1f} junk bytes a second while nobody sends",
        )
        yield Clue(Cause.DRIVE_NOISE, STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -FAIR, said)
        yield Clue(Cause.DUPLICATE_ADDRESS, -FAIR, said)
        if facts.idle_pulses < _OFTEN:
            talk = Text("杂字节不像脉冲, 像有人在说话", "the junk is not what pulses make: somebody talks")
            yield Clue(Cause.DRIVE_NOISE, -STRONG, talk)
            yield Clue(Cause.SECOND_MASTER, FAIR, talk)
        for cause in _NEVER_ANSWERED:
            yield Clue(cause, -HINT, said)
    elif facts.idle_s >= _QUIET_S and facts.idle_junk == 0:
        said = Text(
            f"无人发送时 {facts.idle_s:.0f} 秒安静", f"the line is quiet while nobody sends ({facts.idle_s:.0f} s)"
        )
        yield Clue(Cause.DRIVE_NOISE, -HINT, said)


def damage(facts: Facts, subject: Subject) -> Iterator[Clue]:
    """Answers that come damaged or not at all, from a device that answers at other times."""
    if facts.turns < _TURNS_FOR_STATISTICS or facts.failed <= _RARELY or facts.is_dark:
        return
    failed = round(facts.failed * facts.turns)
    said = Text(
        f"{facts.turns} 次询问有 {failed} 次失败, 其中 {facts.damaged} 次应答损坏",
        f"{failed} of {facts.turns} turns failed, {facts.damaged} with a damaged answer",
    )
    if not facts.damaged:
        return
    for cause in (Cause.NO_TERMINATION, Cause.DRIVE_NOISE, Cause.DUPLICATE_ADDRESS):
        yield Clue(cause, FAIR, said)
    yield from _by_length(facts)
    if subject.line.baud >= _FAST_BAUD:
        fast = Text(f"{subject.line.baud} Bd 时反射影响大", f"at {subject.line.baud} Bd reflections matter")
        yield Clue(Cause.NO_TERMINATION, HINT, fast)


def _by_length(facts: Facts) -> Iterator[Clue]:
    if facts.failed_long > facts.failed_short + 0.15:
        said = Text(
            f"长应答失败 {facts.failed_long:.0%}, 短应答 {facts.failed_short:.0%}",
            f"long reads fail {facts.failed_long:.0%}, short ones {facts.failed_short:.0%}: every bit is at risk alike",
        )
        yield Clue(Cause.NO_TERMINATION, HINT, said)
        yield Clue(Cause.DRIVE_NOISE, HINT, said)
        yield Clue(Cause.DUPLICATE_ADDRESS, -FAIR, said)


def flips(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Where the damaged bits stand: a reflection follows an edge, a pulse strikes anywhere."""
    if facts.flips < _FLIPS_AT_LEAST:
        return
    behind = facts.flips_behind_edges
    said = Text(
        f"{facts.flips} 个错位中 {behind} 个紧跟电平跳变",
        f"{behind} of {facts.flips} damaged bits stand right behind a change of level",
    )
    if behind >= 0.9 * facts.flips:
        yield Clue(Cause.NO_TERMINATION, STRONG, said)
        yield Clue(Cause.DRIVE_NOISE, -FAIR, said)
    elif behind <= 0.75 * facts.flips:
        yield Clue(Cause.DRIVE_NOISE, STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -FAIR, said)


def one_sided(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Requests of eight bytes get through and answers of about as many do not: what damages is in the answers."""
    if facts.turns < _TURNS_FOR_STATISTICS or facts.understood < 0.75 or facts.idle_junk >= _JUNK_PER_S:
        return
    if facts.intact > facts.understood - 0.4:
        return
    said = Text(
        f"请求 {facts.understood:.0%} 被收到, 但短应答只有 {facts.intact:.0%} 完好",
        f"{facts.understood:.0%} of the requests were understood, yet only {facts.intact:.0%} of the short answers"
        f" came whole",
    )
    yield Clue(Cause.DUPLICATE_ADDRESS, STRONG, said)
    yield Clue(Cause.NO_TERMINATION, -FAIR, said)
    yield Clue(Cause.DRIVE_NOISE, -FAIR, said)


def second_answers(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """More than one answer to a question."""
    if facts.idle_junk >= _JUNK_PER_S:
        return
    of_turns = share(facts.second, facts.turns)
    if of_turns > _SOMETIMES:
        said = Text(
            f"{facts.turns} 次询问有 {facts.second} 次收到多于一个应答",
            f"more than one answer to {facts.second} of {facts.turns} requests",
        )
        yield Clue(Cause.DUPLICATE_ADDRESS, PROOF if of_turns > _OFTEN else STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -FAIR, said)
    elif facts.damaged >= _TURNS_FOR_STATISTICS // 2:
        said = Text("损坏的应答长度正常", "damaged answers are as long as good ones")
        yield Clue(Cause.DUPLICATE_ADDRESS, -HINT, said)
    if facts.same_garble is not None and facts.same_garble > _OFTEN:
        said = Text(
            f"损坏的应答 {facts.same_garble:.0%} 完全相同",
            f"{facts.same_garble:.0%} of the damaged answers are the same bytes: chance does not do that",
        )
        yield Clue(Cause.DUPLICATE_ADDRESS, STRONG, said)
        yield Clue(Cause.WRONG_FORMAT, STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -STRONG, said)
        yield Clue(Cause.DRIVE_NOISE, -STRONG, said)


def around_answers(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """A few odd bytes at turnarounds while the line is quiet otherwise: nothing holds it."""
    of_turns = share(facts.around - facts.lone_breaks, facts.turns)
    if of_turns <= _SOMETIMES or facts.idle_junk >= _JUNK_PER_S:
        return
    said = Text(
        f"{facts.turns} 次换向有 {facts.around} 次带杂字节, 此外线路安静",
        f"odd bytes around {facts.around} of {facts.turns} turnarounds, and a quiet line otherwise",
    )
    yield Clue(Cause.NO_BIAS, STRONG + FAIR if facts.contact else FAIR, said)
    yield Clue(Cause.NO_TERMINATION, -HINT, said)
    yield Clue(Cause.DUPLICATE_ADDRESS, -HINT, said)


def uart_format(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """The UART saw characters of another format in answers that are good by their CRC."""
    if facts.uart is None or facts.contact == 0 or facts.failed > _SOMETIMES or facts.idle_junk >= _JUNK_PER_S:
        return
    wrong = facts.uart.parity + facts.uart.framing
    if wrong > facts.good:
        said = Text(
            f"应答校验正确, 但串口计有 {facts.uart.parity} 个奇偶错, {facts.uart.framing} 个停止位错",
            f"answers are good by their CRC, but the UART counted {facts.uart.parity} parity errors and"
            f" {facts.uart.framing} bad stop bits",
        )
        yield Clue(Cause.WRONG_FORMAT, PROOF, said)


RULES: Final[tuple[Rule, ...]] = (
    other_line,
    contact,
    darkness,
    coming_and_going,
    slowness,
    echo,
    strangers,
    idle_junk,
    damage,
    flips,
    one_sided,
    second_answers,
    around_answers,
    uart_format,
)
