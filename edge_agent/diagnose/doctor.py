"""The doctor at work: takes one step after another, on a line of its own, until the plan has none left.

Its own probing takes at most 120 s by its clock, and a person is asked at most three times; how long the person takes
is not counted. Nothing but reads of FC 03 and 04 is sent, and nothing that the profile denies.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Final, Self

import msgspec

from edge_agent.clock import NS
from edge_agent.diagnose.causes import Hand
from edge_agent.diagnose.causes_evidence import Aim, Asked, Ended, Evidence, Listened, Subject
from edge_agent.diagnose.causes_ranking import Diagnosis, diagnose, to_undo
from edge_agent.diagnose.causes_texts import to_do
from edge_agent.diagnose.operator import Answer, Instruction, Operator
from edge_agent.diagnose.probe_line import QUARANTINE_NS, ProbeLine, delta
from edge_agent.diagnose.probe_plan import (
    LEAST_LEFT_NS,
    WHOLE_NS,
    Ask,
    Listen,
    ListenElsewhere,
    Prompt,
    SearchLines,
    SearchNeighbours,
    Step,
    next_step,
)
from edge_agent.diagnose.scan_plan import is_alike, one_of_each
from edge_agent.link.outcome import SlaveTimes
from edge_agent.ports import BusOpener, Clock
from protocols import ProtocolError
from protocols.modbus.line import LineSettings, Parity
from protocols.modbus.pdu import ReadRequest
from protocols.profiles.loader import load_profile, profile_names

_BAUDS: Final = (9600, 19200, 38400, 115200, 4800, 57600, 2400, 1200)
_ODD_BAUDS: Final = (14400, 28800, 76800, 230400, 600)
_PARITIES: Final = (Parity.NONE, Parity.EVEN, Parity.ODD)
_SEARCH_LATENCY_NS: Final = 60_000_000
_PATIENT_NS: Final = 3 * NS
_ELSEWHERE_NS: Final = (NS // 2, 5 * NS // 2)
_NEIGHBOURS: Final = (*range(1, 17), 247)
"""Where devices usually are: counted up from 1, and the last address of all."""
_CONFIRMATIONS: Final = 2
_STATED_AGAIN: Final = 4
"""A device that was only away for a while answers at the stated line now."""


class Patient(msgspec.Struct, frozen=True):
    """What is examined: a port, the line it is believed to run at, and a read that the device serves.

    `request` is FC 03 or 04; any part of it may be read. `times` are the device's habits and what is denied.
    `neighbours` are addresses known to be on the same bus. `is_stated`: how soon it answers is known, not a guess.
    """

    port: str
    line: LineSettings
    request: ReadRequest
    times: SlaveTimes
    neighbours: tuple[int, ...] = ()
    is_stated: bool = True

    @classmethod
    def stated(cls, port: str, line: LineSettings, request: ReadRequest, latency_ns: int) -> Self:
        """A device that is known to answer within `latency_ns` and to deny nothing."""
        return cls(port, line, request, SlaveTimes(latency_ns, max_late_ns=0, min_gap_ns=0))

    @classmethod
    def unknown(cls, port: str, line: LineSettings, request: ReadRequest, latency_ns: int) -> Self:
        """A device of which nothing is known; `latency_ns` is how long an answer is waited for at first.

        It may be any device: what any profile denies is not read.
        """
        times = SlaveTimes(latency_ns, max_late_ns=0, min_gap_ns=0, denied=denied_by_any())
        return cls(port, line, request, times, is_stated=False)


@cache
def denied_by_any() -> tuple[tuple[int, int, int | None], ...]:
    """What any profile denies, as `SlaveTimes.denied`: not to be read from a device that may be any of them."""
    return tuple(one for name in profile_names() for one in SlaveTimes.of(load_profile(name)).denied)


class Finding(msgspec.Struct, frozen=True):
    """How it ended. `before`: the diagnosis before the first instruction. `probing_ns`: without the person's time.

    `to_undo`: the last instruction that was followed, if it did not help and is still in place.
    """

    diagnosis: Diagnosis
    before: Diagnosis
    evidence: Evidence
    prompts: int
    probing_ns: int
    to_undo: Hand | None


Progress = Callable[[Step, int], None]
"""Told each step as it begins, and the ns of probing left."""


class Doctor:
    """One examination. `examine` raises PortError when the port cannot be opened or is lost."""

    def __init__(
        self, open_bus: BusOpener, patient: Patient, operator: Operator, clock: Clock, on_step: Progress
    ) -> None:
        self._patient = patient
        self._operator = operator
        self._clock = clock
        self._on_step = on_step
        self._probe = ProbeLine(open_bus, patient.port, clock)
        self._waited_ns = 0
        self._begun_ns = clock.now_ns()
        self._asked = 0
        self._prompts = 0
        self._hand: Hand | None = None

    async def examine(self) -> Finding:
        """The whole series; the port is closed at its end, however it ends."""
        patient = self._patient
        stated_ns = patient.times.latency_ns if patient.is_stated else None
        evidence = Evidence(Subject(patient.request.slave, patient.line, stated_ns))
        before: Diagnosis | None = None
        try:
            while (step := next_step(evidence, self._left_ns())) is not None:
                self._on_step(step, self._left_ns())
                if isinstance(step, Prompt) and before is None:
                    before = diagnose(evidence)
                evidence = await self._take(step, evidence)
        finally:
            self._probe.close()
        diagnosis = diagnose(evidence)
        before = diagnosis if before is None else before
        probing_ns = WHOLE_NS - self._left_ns()
        return Finding(diagnosis, before, evidence, self._prompts, probing_ns, to_undo(evidence))

    def _left_ns(self) -> int:
        return WHOLE_NS - (self._clock.now_ns() - self._begun_ns - self._waited_ns)

    def _is_late(self) -> bool:
        return self._left_ns() <= LEAST_LEFT_NS

    async def _take(self, step: Step, evidence: Evidence) -> Evidence:
        match step:
            case Listen():
                await self._probe.open(self._patient.line)
                return evidence.and_probe(await self._listen(step.span_ns))
            case ListenElsewhere():
                return await self._listen_elsewhere(evidence)
            case Ask():
                return await self._ask(step, evidence)
            case SearchLines():
                return await self._search_lines(evidence)
            case SearchNeighbours():
                return await self._search_neighbours(evidence)
            case Prompt():
                return await self._prompt(step, evidence)

    async def _listen(self, span_ns: int) -> Listened:
        heard = await self._probe.listen(min(span_ns, max(0, self._left_ns())), self._patient.request.slave)
        return msgspec.structs.replace(heard, after=self._hand)

    async def _listen_elsewhere(self, evidence: Evidence) -> Evidence:
        """At each speed a little longer than what was heard kept silent."""
        heard = evidence.listened()
        apart_ns = sum(one.span_ns for one in heard) // max(1, sum(one.bursts for one in heard))
        span_ns = min(max(apart_ns * 3 // 2, _ELSEWHERE_NS[0]), _ELSEWHERE_NS[1])
        for line in _other_lines(self._patient.line, _BAUDS, _PARITIES[:2]):
            if line.baud == self._patient.line.baud or self._is_late():
                continue
            await self._probe.open(line)
            evidence = evidence.and_probe(await self._listen(span_ns))
        return evidence

    async def _ask(self, step: Ask, evidence: Evidence) -> Evidence:
        latency_ns = self._patient.times.latency_ns
        if step.aim is Aim.PATIENT:
            latency_ns = _PATIENT_NS
            await self._probe.open(self._patient.line)
            await self._listen(_PATIENT_NS)  # what comes now answers earlier requests
        requests = [self._request(step.aim) for _ in range(step.times)]
        return evidence.and_probe(await self._series(step.aim, self._patient.line, requests, latency_ns))

    def _request(self, aim: Aim) -> ReadRequest:
        """Two in a row differ in their count wherever the device serves more than one register."""
        whole = self._patient.request
        self._asked += 1
        most = whole.count if aim is Aim.LONG else min(2, whole.count)
        return msgspec.structs.replace(whole, count=max(1, most - self._asked % 2))

    async def _series(
        self, aim: Aim, line: LineSettings, requests: list[ReadRequest], latency_ns: int, *, is_quick: bool = False
    ) -> Asked:
        await self._probe.open(line)
        before = self._probe.uart_errors()
        times = msgspec.structs.replace(self._times_for(aim), latency_ns=latency_ns, max_late_ns=QUARANTINE_NS)
        turns = []
        for request in requests:
            if self._is_late():
                break
            turn = await self._probe.ask(request, times, is_last=is_quick)
            if turn.ended is Ended.LATE and not self._patient.is_stated:
                turn = msgspec.structs.replace(turn, ended=Ended.ANSWERED)  # behind a deadline that is only a guess
            turns.append(turn)
        return Asked(aim, line, tuple(turns), delta(before, self._probe.uart_errors()), self._hand)

    def _times_for(self, aim: Aim) -> SlaveTimes:
        """The patient's; a neighbour may be any device, so nothing that any profile denies is read from it."""
        own = self._patient.times
        if aim is not Aim.NEIGHBOUR:
            return own
        return msgspec.structs.replace(own, denied=(*own.denied, *denied_by_any()))

    async def _search_lines(self, evidence: Evidence) -> Evidence:
        latency_ns = max(self._patient.times.latency_ns, _SEARCH_LATENCY_NS)
        stated = self._patient.line
        for line in one_of_each(
            chain(_other_lines(stated, _BAUDS, _PARITIES), _other_lines(stated, _ODD_BAUDS, _PARITIES[:2]))
        ):
            if self._is_late():
                break
            request = [self._request(Aim.OTHER_LINE)]
            asked = await self._series(Aim.OTHER_LINE, line, request, latency_ns, is_quick=True)
            evidence = evidence.and_probe(asked)
            if any(turn.is_contact for turn in asked.turns):
                again = [self._request(Aim.OTHER_LINE) for _ in range(_CONFIRMATIONS)]
                evidence = evidence.and_probe(await self._series(Aim.OTHER_LINE, line, again, latency_ns))
                return await self._ask(Ask(Aim.FIRST, _STATED_AGAIN), evidence)
        return evidence

    async def _search_neighbours(self, evidence: Evidence) -> Evidence:
        own = self._patient.request.slave
        others = (slave for slave in dict.fromkeys((*self._patient.neighbours, *_NEIGHBOURS)) if slave != own)
        asked = [msgspec.structs.replace(self._request(Aim.NEIGHBOUR), slave=slave) for slave in others]
        requests = [request for request in asked if _is_allowed(request, self._times_for(Aim.NEIGHBOUR))]
        latency_ns = max(self._patient.times.latency_ns, _SEARCH_LATENCY_NS)
        return evidence.and_probe(
            await self._series(Aim.NEIGHBOUR, self._patient.line, requests, latency_ns, is_quick=True)
        )

    async def _prompt(self, step: Prompt, evidence: Evidence) -> Evidence:
        instruction = Instruction(step.hand, to_do(step.hand, step.undo, evidence.subject), step.undo)
        self._prompts += 1
        asked_ns = self._clock.now_ns()
        answer = await self._operator.do(instruction)
        self._waited_ns += self._clock.now_ns() - asked_ns
        if answer is Answer.DECLINED:
            return evidence.and_declined(step.hand)
        self._hand = step.hand
        return evidence.and_tried(step.hand)


def _is_allowed(request: ReadRequest, times: SlaveTimes) -> bool:
    try:
        times.check(request)
    except ProtocolError:
        return False
    return True


def _other_lines(stated: LineSettings, bauds: Sequence[int], parities: Sequence[Parity]) -> Iterator[LineSettings]:
    """Every other setting: first the other parities at the stated speed, then the speeds, the commonest first.

    Not those that differ from the stated one by their stop bits only: they understand each other.
    """
    for baud in (stated.baud, *(baud for baud in bauds if baud != stated.baud)):
        for parity in parities:
            line = LineSettings(baud, 8, parity, 1)
            if not is_alike(line, stated):
                yield line
