"""Every rule, and those about what is heard besides answers: our own echo, other masters, junk on an idle line."""

from collections.abc import Iterator
from typing import Final

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_clues import FAIR, HINT, JUNK_PER_S, OFTEN, PROOF, RARELY, STRONG, Clue, Rule
from edge_agent.diagnose.causes_damage import DAMAGE
from edge_agent.diagnose.causes_evidence import Subject
from edge_agent.diagnose.causes_facts import Facts
from edge_agent.diagnose.causes_silence import SILENCE
from protocols.upstream.messages import Text

_QUIET_S: Final = 4.0
_DAMAGING: Final = (Cause.NO_TERMINATION, Cause.NO_BIAS, Cause.DRIVE_NOISE, Cause.DUPLICATE_ADDRESS)
_NEVER_ANSWERED: Final = (Cause.SWAPPED_WIRES, Cause.CUT_WIRE, Cause.DEAD_DEVICE)


def echo(facts: Facts, _subject: Subject) -> Iterator[Clue]:
    """Our own requests read back. It hurts nobody here, so anything else that is wrong comes first."""
    if facts.echoes <= facts.turns * OFTEN:
        return
    said = Text(
        f"{facts.turns} 次询问有 {facts.echoes} 次听到自己的回声",
        f"the adapter heard our own request {facts.echoes} of {facts.turns} times",
    )
    yield Clue(Cause.ECHO, STRONG if facts.failed <= RARELY else HINT, said)


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
    if facts.idle_junk >= JUNK_PER_S and facts.idle_bursts > 2 and strange <= 1:
        said = Text(
            f"无人发送时每秒 {facts.idle_junk:.1f} 个杂字节",
            f"{facts.idle_junk:.1f} junk bytes a second while nobody sends",
        )
        yield Clue(Cause.DRIVE_NOISE, STRONG, said)
        yield Clue(Cause.NO_TERMINATION, -FAIR, said)
        yield Clue(Cause.DUPLICATE_ADDRESS, -FAIR, said)
        if facts.idle_pulses < OFTEN:
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


RULES: Final[tuple[Rule, ...]] = (*SILENCE, *DAMAGE, echo, strangers, idle_junk)
