"""One examination of one patient, and how right it was."""

import asyncio
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_ranking import Diagnosis, Verdict
from edge_agent.diagnose.doctor import Doctor, Finding
from edge_agent.diagnose.doctor import Patient as Examined
from edge_agent.diagnose.operator import Answer, Instruction
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop
from hil.score.case import Case, Patient

HAND_S: Final = 5.0
"""What a person takes for an instruction; it counts against the doctor's 120 s here."""
WITHIN_S: Final = 120.0
MOST_PROMPTS: Final = 3


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """How one case ended for one seed.

    `in_top_two`: the true cause was among the first two suspects before the first instruction, a group counting as one;
    `strictly`: the same with every member of a group counting for itself. `is_named`: the true cause is named alone at
    the end; `is_misled`: something else is named, or a bad link is called healthy. `in_time`: within 120 s and three
    prompts.
    """

    case: str
    seed: int
    expected: str
    in_top_two: bool
    strictly: bool
    is_named: bool
    is_misled: bool
    in_time: bool
    seconds: float
    prompts: int
    verdict: Verdict
    said: tuple[Cause, ...]
    said_before: tuple[Cause, ...]


class _Person:
    """Does what the case says a person can do here, each in HAND_S."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient
        self.asked: list[Hand] = []

    async def do(self, instruction: Instruction) -> Answer:
        """Do it, after putting back what did not help."""
        self.asked.append(instruction.hand)
        await asyncio.sleep(HAND_S)
        if instruction.hand in self._patient.declined:
            return Answer.DECLINED
        for hand, acts in ((instruction.undo, self._patient.undo), (instruction.hand, self._patient.hands)):
            if hand is not None and hand in acts:
                acts[hand]()
        return Answer.DONE


def examined(case: Case, seed: int) -> tuple[Finding, float]:
    """Build the case for a seed, in virtual time, and have the doctor examine it; with the virtual seconds it took."""

    async def main() -> tuple[Finding, float]:
        patient = case.build(seed)
        subject = Examined.stated(patient.port, patient.line, patient.request, patient.latency_ns)
        doctor = Doctor(patient.opener, subject, _Person(patient), VirtualClock(), lambda _step, _left_ns: None)
        begun_ns = running_loop().now_ns
        finding = await doctor.examine()
        return finding, (running_loop().now_ns - begun_ns) / NS_PER_S

    return run_virtual(main())


def tried(case: Case, seed: int) -> Trial:
    """The same, judged."""
    finding, seconds = examined(case, seed)
    before, after = finding.before, finding.diagnosis
    said = tuple(one.cause for one in after.suspects)
    is_named = _is_named(case, after)
    return Trial(
        case=case.name,
        seed=seed,
        expected=expected(case),
        in_top_two=_in_top_two(case, before),
        strictly=_strictly(case, before),
        is_named=is_named,
        is_misled=not is_named and after.verdict in {Verdict.NAMED, Verdict.HEALTHY},
        in_time=seconds <= WITHIN_S and finding.prompts <= MOST_PROMPTS,
        seconds=seconds,
        prompts=finding.prompts,
        verdict=after.verdict,
        said=said,
        said_before=tuple(one.cause for one in before.suspects),
    )


def expected(case: Case) -> str:
    """The right answer, as a word."""
    if case.cause is None:
        return "healthy" if case.is_healthy else "cannot tell"
    return " or ".join(sorted(cause.value for cause in case.right))


def _in_top_two(case: Case, before: Diagnosis) -> bool:
    if case.cause is None:
        return True
    places = [set(before.group), *({one.cause} for one in before.suspects if one.cause not in before.group)]
    return any(place & case.right for place in places[:2])


def _strictly(case: Case, before: Diagnosis) -> bool:
    return case.cause is None or any(one.cause in case.right for one in before.suspects[:2])


def _is_named(case: Case, after: Diagnosis) -> bool:
    if case.is_healthy:
        return after.verdict is Verdict.HEALTHY
    if case.cause is None:
        return after.verdict is Verdict.CANNOT_TELL
    return after.verdict is Verdict.NAMED and after.suspects[0].cause in case.right
