"""`liftwarden diag doctor`: options, the person at the terminal, the report. The examination is done on the bench."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_agent import Invoke
from rich.cells import cell_len

from edge_agent.cli import doctor_run
from edge_agent.cli.borrow import FreePort
from edge_agent.cli.doctor_lines import finding_lines, step_line
from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_evidence import Aim, Subject
from edge_agent.diagnose.causes_texts import ADVICE, METERS, NAMES, to_do
from edge_agent.diagnose.doctor import Finding, Patient
from edge_agent.diagnose.operator import Answer, Instruction, Nobody, Operator
from edge_agent.diagnose.probe_plan import Ask, Listen, ListenElsewhere, Prompt, SearchLines, SearchNeighbours
from edge_agent.link.outcome import SlaveTimes
from edge_agent.link.serial_port import SerialBus
from edge_agent.local.views import BusDevice
from hil.score.cases import CASES
from hil.score.trial import examined
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss
from protocols.upstream.messages import Text

PROFILE = "stm32-lift-sensor"
WIDTH = 40


def finding(cause: Cause | None, seed: int = 0) -> Finding:
    """How the bench's case of this cause ends."""
    return examined(next(case for case in CASES if case.cause is cause), seed)[0]


class Practice:
    """Stands in for the doctor; remembers whom it was to examine, and ends as prepared."""

    def __init__(self, ends: Finding) -> None:
        self.ends = ends
        self.patients: list[Patient] = []
        self.operators: list[Operator] = []

    def __call__(self, open_bus: SerialBus, patient: Patient, operator: Operator, *_: object) -> "Practice":
        assert isinstance(open_bus, SerialBus)
        self.patients.append(patient)
        self.operators.append(operator)
        return self

    async def examine(self) -> Finding:
        return self.ends


@pytest.fixture
def practice(monkeypatch: pytest.MonkeyPatch) -> Callable[[Finding], Practice]:
    def prepared(ends: Finding) -> Practice:
        made = Practice(ends)
        monkeypatch.setattr(doctor_run, "Doctor", made)
        return made

    return prepared


def test_a_healthy_link_is_one_line_and_exit_code_0(invoke: Invoke, practice: Callable[[Finding], Practice]) -> None:
    practice(finding(None))
    result = invoke("diag", "doctor", "--port", "/dev/ttyUSB0", "--profile", PROFILE)
    assert (result.exit_code, result.stdout) == (0, "the link is healthy\n")


def test_a_cause_is_exit_code_1(invoke: Invoke, practice: Callable[[Finding], Practice]) -> None:
    practice(finding(Cause.WRONG_SPEED, 2))
    result = invoke("diag", "doctor", "--port", "/dev/ttyUSB0", "--profile", PROFILE)
    assert result.exit_code == 1
    assert result.stdout.startswith("cause: wrong speed\n")
    assert " line  19200 8N1\n" in result.stdout


def test_json_is_one_object_with_evidence_for_and_against(
    invoke: Invoke, practice: Callable[[Finding], Practice]
) -> None:
    practice(finding(Cause.NO_TERMINATION))
    result = invoke("diag", "doctor", "--port", "/dev/ttyUSB0", "--profile", PROFILE, "--json")
    (line,) = result.stdout.splitlines()
    told = json.loads(line)
    assert (told["verdict"], told["causes"][0]["cause"]) == ("named", "no_termination")
    assert told["followed"] == ["fit_terminator"]
    assert all(clue["said"]["en"] and clue["said"]["zh"] for clue in told["causes"][0]["evidence"])


def test_the_profile_says_what_is_read_how_soon_and_what_is_denied(
    invoke: Invoke, practice: Callable[[Finding], Practice]
) -> None:
    made = practice(finding(None))
    invoke("diag", "doctor", "--port", "/dev/ttyS1", "--profile", "invt-chv180", "--slave", "3")
    (patient,) = made.patients
    assert (patient.port, str(patient.line)) == ("/dev/ttyS1", "19200 8E1")
    assert patient.request == ReadRequest(3, ReadFunction.HOLDING, 0x3000, 15)
    assert patient.times == SlaveTimes.of(load_profile("invt-chv180"))
    assert patient.times.denied


def test_without_a_profile_two_registers_are_read_and_it_says_so(
    invoke: Invoke, practice: Callable[[Finding], Practice]
) -> None:
    made = practice(finding(None))
    result = invoke("diag", "doctor", "--port", "/dev/ttyS1", "--slave", "7", "--line", "19200 8E1")
    (patient,) = made.patients
    assert patient.request == ReadRequest(7, ReadFunction.HOLDING, 0, 2)
    assert str(patient.line) == "19200 8E1"
    assert "will look dead" in result.stderr


def test_a_borrowed_port_brings_its_line_and_its_devices() -> None:
    nothing = Text("无", "nothing")
    lent = (
        BusDevice("a", "invt-chv180", 1, {}, CommLoss.NONE, nothing),
        BusDevice("b", PROFILE, 247, {"door_switch": "open_end"}, CommLoss.NONE, nothing),
    )
    free = FreePort("/dev/ttyUSB0", "9600 8N1", lent)
    assert doctor_run._whom(free, None, None) == ("invt-chv180", 1)
    assert doctor_run._whom(free, None, 247) == (PROFILE, 247)
    patient = doctor_run._patient(free, load_profile(PROFILE), 247, None, "en")
    assert (patient.request.slave, patient.request.count) == (247, 19)
    assert set(patient.neighbours) == {1, 247}


def test_nobody_is_asked_without_a_terminal(invoke: Invoke, practice: Callable[[Finding], Practice]) -> None:
    made = practice(finding(None))
    invoke("diag", "doctor", "--port", "/dev/ttyS1", "--profile", PROFILE)
    assert isinstance(made.operators[0], Nobody)


def test_nobody_is_asked_where_standard_input_is_closed(
    practice: Callable[[Finding], Practice], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = practice(finding(None))
    monkeypatch.setattr(sys, "stdin", None)
    doctor_run.examine(FreePort("/dev/ttyS1"), PROFILE, None, None, yes=False, json=False, lang="en")
    assert isinstance(made.operators[0], Nobody)


@pytest.mark.parametrize("arguments", [(), ("--port", "x", "--slave", "0"), ("--port", "x", "--take-port", "10m")])
def test_wrong_usage_is_exit_code_2(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    assert invoke("diag", "doctor", *arguments).exit_code == 2


def test_a_missing_port_is_one_line(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("diag", "doctor", "--port", tmp_path / "ttyNONE", "--profile", PROFILE)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1].startswith(f"{tmp_path / 'ttyNONE'}: ")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_line_of_a_report_is_wider_than_the_screen(case: object, lang: str) -> None:
    ends = examined(case, 1)[0]  # type: ignore[arg-type]
    lines = [line.plain for line in finding_lines(ends, lang)]
    assert lines
    assert max(map(cell_len, lines)) <= WIDTH


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "step",
    [
        Listen(1),
        ListenElsewhere(),
        Ask(Aim.FIRST, 1),
        SearchLines(),
        SearchNeighbours(),
        Prompt(Hand.SWAP_WIRES, None),
    ],
)
def test_progress_fits_the_screen_with_the_time_left(step: object, lang: str) -> None:
    line = step_line(step, 119_000_000_001, lang)  # type: ignore[arg-type]
    assert cell_len(line) < WIDTH
    assert "120" in line


def test_every_cause_has_its_words_and_every_hand_its_sentence() -> None:
    subject = Subject(5, LineSettings.parse("9600 8N1"), 0)
    assert set(NAMES) == set(ADVICE) == set(Cause)
    sentences = [to_do(hand, undo, subject) for hand in Hand for undo in (None, *Hand)]
    assert all("{" not in said.en + said.zh for said in sentences)


def test_what_needs_a_meter_says_its_numbers() -> None:
    assert "60 Ohm" in METERS[Cause.NO_TERMINATION].en
    assert "200 mV" in METERS[Cause.NO_BIAS].en


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The other end of a terminal that standard input is."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r", encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [(b"\n", Answer.DONE), (b"ok\n", Answer.DONE), (b"n\n", Answer.DECLINED), (b"\x04", Answer.DECLINED)],
)
def test_enter_is_done_and_n_or_the_end_declines(
    terminal: int, typed: bytes, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asyncio.run(answered(terminal, typed)) is answer
    assert "Swap A and B.\nEnter when done" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_person_is_asked_fits_the_screen(terminal: int, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    subject = Subject(5, LineSettings.parse("9600 8N1"), 0)
    for hand in Hand:
        asyncio.run(answered(terminal, b"\n", Instruction(hand, to_do(hand, None, subject)), lang))
        assert [line for line in capsys.readouterr().err.splitlines() if cell_len(line) > WIDTH] == []


def test_an_enter_from_before_the_question_is_no_answer(terminal: int) -> None:
    os.write(terminal, b"\n")
    assert asyncio.run(answered(terminal, b"n\n")) is Answer.DECLINED


SWAP = Instruction(Hand.SWAP_WIRES, Text("对调", "Swap A and B."))


async def answered(terminal: int, typed: bytes, instruction: Instruction = SWAP, lang: str = "en") -> Answer:
    """What the person at the terminal is taken to say, who types once the question stands there."""
    person = doctor_run._Person(doctor_run._Shown(lang), lang)
    asking = asyncio.create_task(person.do(instruction))
    await asyncio.sleep(0)
    os.write(terminal, typed)
    async with asyncio.timeout(20):
        return await asking


@pytest.mark.process
def test_ctrl_c_ends_it_at_once_and_lets_the_port_go(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    command = [sys.executable, "-c", "from edge_agent.cli import main; main()", "diag", "doctor", "--port", path]
    with subprocess.Popen([*command, "--profile", PROFILE], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "listening" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, rest) == (130, "")
