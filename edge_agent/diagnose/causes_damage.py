"""Rules about answers that come damaged, twice, or with something around them."""

from collections.abc import Iterator
from typing import Final

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_clues import (
    FAIR,
    HINT,
    JUNK_PER_S,
    OFTEN,
    PROOF,
    RARELY,
    SOMETIMES,
    STRONG,
    TURNS_FOR_STATISTICS,
    Clue,
    Rule,
)
from edge_agent.diagnose.causes_evidence import Subject, share
from edge_agent.diagnose.causes_facts import Facts
from protocols.upstream.messages import Text

_FAST_BAUD: Final = 38_400
"""From here on a reflection on some tens of metres lasts for a good part of a bit."""
_LONGER_FAILS_MORE: Final = 0.15
_FLIPS_AT_LEAST: Final = 4
_MANY_FLIPS: Final = 8
_ALL_BEHIND_EDGES: Final = 0.9
_ANYWHERE: Final = 0.75
_UNDERSTOOD: Final = 0.75
_FEWER_INTACT: Final = 0.4


def damage(facts: Facts, subject: Subject) -> Iterator[Clue]:
    """Answers that come damaged or not at all, from a device that answers at other times."""
    if facts.turns < TURNS_FOR_STATISTICS or facts.failed <= RARELY or facts.is_dark:
        return
    failed = round(facts.failed * facts.turns)
    said = Text(
        f"{facts.turns} 次询问有 {failed} 次失败, 其中 {facts.damaged} 次应答损坏",
        f"{failed} of {facts.turns} turns failed, {facts.damaged} with a damaged answer",
    )
    if not facts.damaged:
        return
    for cause in (Cause.NO_TERMINATION, Cause.DRIVE_NOISE):
        yield Clue(cause, FAIR + HINT, said)
    yield Clue(Cause.DUPLICATE_ADDRESS, FAIR, said)
    yield from _by_length(facts)
    if subject.line.baud >= _FAST_BAUD:
        fast = Text(f"{subject.line.baud} Bd 时反射影响大", f"at {subject.line.baud} Bd reflections matter")
        yield Clue(Cause.NO_TERMINATION, HINT, fast)


def _by_length(facts: Facts) -> Iterator[Clue]:
    if facts.failed_long > facts.failed_short + _LONGER_FAILS_MORE:
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
    against = -FAIR if facts.flips >= _MANY_FLIPS else -HINT
    if behind >= _ALL_BEHIND_EDGES * facts.flips:
        yield Clue(Cause.NO_TERMINATION, STRONG, said)
        yield Clue(Cause.DRIVE_NOISE, against, said)
    elif behind <= _ANYWHERE * facts.flips:
        yield Clue(Cause.DRIVE_NOISE, STRONG, said)
        yield Clue(Cause.NO_TERMINATION, against, said)


def one_sided(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Requests of eight bytes get through and answers of about as many do not: what damages is in the answers."""
    if facts.turns < TURNS_FOR_STATISTICS or facts.understood < _UNDERSTOOD or facts.idle_junk >= JUNK_PER_S:
        return
    if facts.intact > facts.understood - _FEWER_INTACT:
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
    if facts.idle_junk >= JUNK_PER_S:
        return
    of_turns = share(facts.second, facts.turns)
    if of_turns > SOMETIMES:
        said = Text(
            f"{facts.turns} 次询问有 {facts.second} 次收到多于一个应答",
            f"more than one answer to {facts.second} of {facts.turns} requests",
        )
        yield Clue(Cause.DUPLICATE_ADDRESS, PROOF if of_turns > OFTEN else STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -FAIR, said)
    elif facts.damaged >= TURNS_FOR_STATISTICS // 2:
        said = Text("损坏的应答长度正常", "damaged answers are as long as good ones")
        yield Clue(Cause.DUPLICATE_ADDRESS, -HINT, said)
    if facts.same_garble is not None and facts.same_garble > OFTEN:
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
    if facts.around <= SOMETIMES or facts.idle_junk >= JUNK_PER_S:
        return
    if facts.contact and facts.before <= RARELY:
        said = Text(
            f"{facts.around:.0%} 的应答之后带杂字节, 之前没有: 总线悬空, 或发送端关断太晚",
            f"odd bytes behind {facts.around:.0%} of the answers and none before: the pair floats, or a driver lets go"
            f" late",
        )
        yield Clue(Cause.NO_BIAS, FAIR, said)
        return
    said = Text(
        f"{facts.around:.0%} 的应答前后带杂字节, 此外线路安静",
        f"odd bytes around {facts.around:.0%} of the answers, and a quiet line otherwise",
    )
    yield Clue(Cause.NO_BIAS, STRONG + FAIR if facts.contact else FAIR, said)
    yield Clue(Cause.NO_TERMINATION, -HINT, said)
    yield Clue(Cause.DUPLICATE_ADDRESS, -HINT, said)


def uart_format(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """The UART saw characters of another format in answers that are good by their CRC."""
    if facts.uart is None or facts.contact == 0 or facts.failed > SOMETIMES or facts.idle_junk >= JUNK_PER_S:
        return
    wrong = facts.uart.parity + facts.uart.framing
    if wrong > facts.good:
        said = Text(
            f"应答校验正确, 但串口计有 {facts.uart.parity} 个奇偶错, {facts.uart.framing} 个停止位错",
            f"answers are good by their CRC, but the UART counted {facts.uart.parity} parity errors and"
            f" {facts.uart.framing} bad stop bits",
        )
        yield Clue(Cause.WRONG_FORMAT, PROOF, said)


DAMAGE: Final[tuple[Rule, ...]] = (damage, flips, one_sided, second_answers, around_answers, uart_format)
