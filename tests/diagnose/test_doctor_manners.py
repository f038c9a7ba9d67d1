"""What the doctor keeps from doing on the copper bench: talking over a master, reading what may be denied, guessing."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from edge_agent.cli.doctor_lines import view_of
from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_evidence import Aim
from edge_agent.diagnose.causes_facts import Facts
from edge_agent.diagnose.causes_ranking import Verdict
from edge_agent.diagnose.doctor import Doctor, Finding, Patient, denied_by_any
from edge_agent.diagnose.operator import Answer, Instruction, Nobody, Operator
from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import AsksSpec, SlaveSpec
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols import ProtocolError
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_reply, parse_request
from tests.support.answering_port import AnsweringPort

LINE = LineSettings.parse("9600 8N1")
REQUEST = ReadRequest(1, ReadFunction.HOLDING, 0, 2)
MS = 1_000_000
NAMED_AT_ONCE_NS = 20_000_000_000


def stated(request: ReadRequest = REQUEST) -> Patient:
    """A device of which it is known that it answers within 20 ms."""
    return Patient.stated("copper", LINE, request, 20 * MS)


def examined(
    patient: Patient,
    change: Callable[[CopperBench], None] = lambda _bench: None,
    operator: Operator | None = None,
    **bench: object,
) -> tuple[Finding, list[bytes]]:
    """The finding and everything the doctor sent."""

    async def main() -> tuple[Finding, list[bytes]]:
        specs = {"slaves": (SlaveSpec(1),), "line": LINE, "seed": 3} | bench
        made = CopperBench(**specs)  # type: ignore[arg-type]
        change(made)
        doctor = Doctor(made.opener, patient, operator or Nobody(), VirtualClock(), lambda _step, _left_ns: None)
        finding = await doctor.examine()
        return finding, [tapped.data for tapped in made.taps if tapped.source == "agent"]

    return run_virtual(main())


def away_until(seconds: float) -> Callable[[CopperBench], None]:
    """The device boots and answers from then on."""

    def change(bench: CopperBench) -> None:
        device = bench.slaves["slave 1"]
        device.dead = True
        running_loop().call_later(seconds, setattr, device, "dead", False)

    return change


def dead(bench: CopperBench) -> None:
    bench.slaves["slave 1"].dead = True


@pytest.mark.parametrize("line", ["9600 8N1", "9600 8E1"])
def test_another_master_that_is_heard_is_named_and_not_talked_over(line: str) -> None:
    master = AsksSpec(5, period_ns=500 * MS, jitter_ns=0)
    at_line = LineSettings.parse(line)
    finding, sent = examined(stated(), dead, line=at_line, second_master=master)
    diagnosis = finding.diagnosis
    assert (diagnosis.verdict, diagnosis.suspects[0].cause, sent) == (Verdict.NAMED, Cause.SECOND_MASTER, [])
    assert finding.probing_ns <= NAMED_AT_ONCE_NS


class AnyParity(AnsweringPort):
    """A device that looks at no parity bit, at 9600 Bd, and boots for so long."""

    def __init__(self, boots_s: int) -> None:
        self._boots_ns = boots_s * 1000 * MS

    def write(self, data: bytes) -> None:
        request, now_ns = parse_request(data), running_loop().now_ns
        assert isinstance(request, ReadRequest)
        if request.slave == 1 and self.line.baud == LINE.baud and now_ns > self._boots_ns:
            answer = encode_reply(request, [0] * request.count)
            self.answer(answer, self.line.wire_ns(len(data) + len(answer)) + 10 * MS)


def test_a_device_that_comes_back_during_the_search_is_not_set_otherwise() -> None:
    async def main() -> Finding:
        doctor = Doctor(AnyParity(boots_s=18), stated(), Nobody(), VirtualClock(), lambda _step, _left_ns: None)
        return await doctor.examine()

    finding = run_virtual(main())
    assert Facts.of(finding.evidence).other_lines
    assert finding.diagnosis.verdict is Verdict.GROUP
    assert not {Cause.WRONG_FORMAT, Cause.WRONG_SPEED} & {one.cause for one in finding.diagnosis.suspects}


@pytest.mark.parametrize("line", ["9600 8N1", "9600 8N2", "19200 8E1"])
def test_lines_that_differ_by_their_stop_bits_only_are_not_tried(line: str) -> None:
    believed = LineSettings.parse(line)
    finding, _ = examined(msgspec.structs.replace(stated(), line=believed), dead)
    tried = [(asked.line.baud, asked.line.parity) for asked in finding.evidence.asked(Aim.OTHER_LINE)]
    assert len(tried) == len(set(tried)) > 1
    assert (believed.baud, believed.parity) not in tried


def test_no_neighbour_is_asked_for_what_any_profile_denies() -> None:
    first, _, function = denied_by_any()[0]
    request = ReadRequest(1, ReadFunction.HOLDING if function is None else ReadFunction(function), first, 1)
    finding, sent = examined(stated(request), dead)
    assert {data[0] for data in sent} == {1}
    assert finding.diagnosis.verdict is Verdict.GROUP


def test_neighbours_are_asked_for_what_nobody_denies() -> None:
    _, sent = examined(stated(), dead)
    assert {data[0] for data in sent} > {1, 2, 247}


def test_of_an_unknown_device_nothing_is_read_that_any_profile_denies() -> None:
    first, _, function = denied_by_any()[0]
    request = ReadRequest(1, ReadFunction.HOLDING if function is None else ReadFunction(function), first, 1)
    with pytest.raises(ProtocolError, match="denies"):
        examined(Patient.unknown("copper", LINE, request, 100 * MS))


@pytest.mark.parametrize("latency_ms", [140, 330])
def test_a_device_of_which_nobody_says_how_soon_it_answers_is_not_late(latency_ms: int) -> None:
    slow = SlaveSpec(1, latency_ns=latency_ms * MS)
    finding, _ = examined(Patient.unknown("copper", LINE, REQUEST, 100 * MS), slaves=(slow,))
    assert finding.diagnosis.verdict is Verdict.HEALTHY


def test_an_unknown_device_that_needs_seconds_is_told_without_a_number_that_nobody_stated() -> None:
    slow = SlaveSpec(1, latency_ns=1500 * MS)
    finding, _ = examined(Patient.unknown("copper", LINE, REQUEST, 100 * MS), slaves=(slow,))
    suspect = finding.diagnosis.suspects[0]
    assert suspect.cause is Cause.SLOW_DEVICE
    assert "nothing states how soon" in suspect.clues[0].said.en
    assert "100 ms" not in suspect.clues[0].said.en


class Obedient:
    """Says after 20 s that it is done, and changes nothing; declines some."""

    def __init__(self, declined: frozenset[Hand] = frozenset()) -> None:
        self.asked: list[Instruction] = []
        self._declined = declined

    async def do(self, instruction: Instruction) -> Answer:
        self.asked.append(instruction)
        await asyncio.sleep(20)
        return Answer.DECLINED if instruction.hand in self._declined else Answer.DONE


@pytest.mark.parametrize(("seconds", "hand"), [(50, Hand.SWAP_WIRES), (60, Hand.CONNECT_DIRECTLY)])
def test_a_device_that_boots_while_somebody_works_is_not_named_by_what_he_did(seconds: int, hand: Hand) -> None:
    person = Obedient()
    finding, _ = examined(stated(), away_until(seconds), person)
    assert [one.hand for one in person.asked[-2:]] == [hand, Hand.PUT_BACK]
    assert person.asked[-1].undo is hand
    assert (finding.diagnosis.verdict, finding.to_undo) == (Verdict.GROUP, None)
    assert set(finding.diagnosis.group) == {Cause.CUT_WIRE, Cause.DEAD_DEVICE}


def test_putting_back_is_asked_for_with_its_reason() -> None:
    person = Obedient()
    examined(stated(), away_until(50), person)
    assert person.asked[-1].said.en == "To be sure: put A and B at the adapter back as they were."


def test_a_report_of_what_was_not_put_back_tells_that_test() -> None:
    finding, _ = examined(stated(), away_until(50), Obedient(frozenset((Hand.PUT_BACK,))))
    assert set(finding.diagnosis.group) == {Cause.SWAPPED_WIRES, Cause.DEAD_DEVICE}
    test = "To be sure: put A and B at the adapter back as they were."
    assert {view.test.en for view in view_of(finding, "copper").causes if view.test is not None} == {test}
