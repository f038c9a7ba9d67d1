"""An examination from its options to its report: the patient, the person at the terminal, progress on stderr."""

import asyncio
import os
import sys
import termios
from typing import Final

import typer
from rich.cells import set_cell_size
from rich.console import Console

from edge_agent.cli.borrow import FreePort
from edge_agent.cli.consent import agreed, loss_lines, say
from edge_agent.cli.doctor_lines import finding_lines, step_line, view_of, word
from edge_agent.cli.loan import Held, held
from edge_agent.cli.output import FAILED, fail, folded, json_line, show
from edge_agent.clock import SystemClock
from edge_agent.diagnose.causes_ranking import Verdict
from edge_agent.diagnose.doctor import Doctor, Finding, Patient
from edge_agent.diagnose.operator import Answer, Instruction, Nobody, Operator
from edge_agent.diagnose.probe_plan import Prompt, Step
from edge_agent.link.framed import framed
from edge_agent.link.outcome import SlaveTimes
from edge_agent.link.serial_port import SerialBus
from edge_agent.ports import BusOpener
from protocols.language import pick
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import BlockSpec, CommLoss, Profile
from protocols.upstream.messages import Text

_ANYWHERE: Final = "9600 8N1"
_LATENCY_NS: Final = 100_000_000
"""What a device without a profile may take to answer."""
_WORD_FUNCTIONS: Final = (ReadFunction.HOLDING, ReadFunction.INPUT)
_NO: Final = ("n", "否", "不")
_TYPED_BYTES: Final = 4096
_TICK_S: Final = 0.5
_WORDS: Final = {
    "blind": Text(
        "没有 --profile: 只读地址 0 起的 2 个寄存器; 不认识它们而沉默的设备会被当作无应答",
        "without --profile only two registers from address 0 are read;"
        " a device that is silent to registers it does not have will look dead",
    ),
    "on_loss": Text("{name}, 询问停止后: {effect}", "{name}, when the asking stops: {effect}"),
}


def examine(
    free: FreePort, profile: str | None, slave: int | None, line: str | None, *, yes: bool, json: bool, lang: str
) -> None:
    """Warn, ask, examine, tell. Raises ProtocolError (options) or AgentError (the port), one line each."""
    name, slave = _whom(free, profile, slave)
    known = None if name is None else load_profile(name)
    patient = _patient(free, known, slave, line, lang)
    if not _may_start(free, known, yes=yes, lang=lang):
        raise fail(say("not_started", lang))
    open_bus = framed(SerialBus(), free.framing if known is None else known.framing)
    with held(free, loss_accepted=True) as hand:
        finding = asyncio.run(_examined(free.name, hand, patient, open_bus, lang))
    if json:
        json_line(view_of(finding, free.name))
    else:
        show(finding_lines(finding, lang))
    if finding.diagnosis.verdict is not Verdict.HEALTHY:
        raise typer.Exit(FAILED)


async def _examined(port: str, hand: Held, patient: Patient, open_bus: BusOpener, lang: str) -> Finding:
    progress = _Shown(lang)
    operator: Operator = _Person(progress, lang) if sys.stdin is not None and sys.stdin.isatty() else Nobody()
    doctor = Doctor(open_bus, patient, operator, SystemClock(), progress)
    ticking = asyncio.create_task(progress.tick(), name="progress")
    try:
        async with hand.limit():
            return await doctor.examine()
    except TimeoutError as error:
        raise fail(say("time_up", lang, port=port)) from error
    finally:
        ticking.cancel()
        progress.done()


# the patient


def _whom(free: FreePort, name: str | None, slave: int | None) -> tuple[str | None, int | None]:
    """Profile and address by the options, else of the device that the agent knows there."""
    known = next((device for device in free.devices if slave in {None, device.slave}), None)
    return (name, slave) if name is not None or known is None else (known.profile, known.slave)


def _patient(free: FreePort, profile: Profile | None, slave: int | None, line: str | None, lang: str) -> Patient:
    """Whom to examine."""
    stated = free.line if line is None else line
    if profile is None:
        _tell(pick(_WORDS["blind"], lang))
        request = ReadRequest(1 if slave is None else slave, ReadFunction.HOLDING, 0, 2)
        settings = LineSettings.parse(_ANYWHERE if stated is None else stated)
        return Patient.unknown(free.name, settings, request, _LATENCY_NS)
    block = _longest_block(profile)
    address = profile.slave if slave is None else slave
    return Patient(
        port=free.name,
        line=common_line([profile], stated),
        request=ReadRequest(address, ReadFunction(block.function), block.address, min(block.count, profile.max_regs)),
        times=SlaveTimes.of(profile),
        neighbours=tuple(device.slave for device in free.devices),
    )


def _longest_block(profile: Profile) -> BlockSpec:
    blocks = [block for block in profile.blocks if block.function in _WORD_FUNCTIONS]
    if not blocks:
        raise fail(f"{profile.name}: has no registers to read by function 03 or 04; name another device of this bus")
    return max(blocks, key=lambda block: block.count)


def _may_start(free: FreePort, profile: Profile | None, *, yes: bool, lang: str) -> bool:
    """Tell what the devices do when the asking stops; where that is a trip or a lock, whether somebody says yes."""
    risks = list(loss_lines(free.at_risk, lang))
    is_risky = bool(risks)
    told = {device.profile for device in free.at_risk}
    if profile is not None and profile.comm_loss is not CommLoss.NONE and profile.name not in told:
        effect = pick(profile.comm_loss_effect, lang)
        risks += folded(pick(_WORDS["on_loss"], lang).format(name=profile.name, effect=effect))
        is_risky |= profile.comm_loss is not CommLoss.UNKNOWN
    for line in risks:
        typer.echo(line.plain, err=True)
    return not is_risky or yes or agreed(say("start", lang))


def _tell(text: str) -> None:
    for line in folded(text):
        typer.echo(line.plain, err=True)


# the person, and progress


class _Shown:
    """Progress on standard error: one line that counts down on a terminal, a line for each new step elsewhere."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._console = Console(stderr=True)
        self._step: Step | None = None
        self._until_ns = 0
        self._is_waiting = False
        self._clock = SystemClock()

    def __call__(self, step: Step, left_ns: int) -> None:
        is_new = type(step) is not type(self._step)
        self._step, self._until_ns = step, self._clock.now_ns() + left_ns
        self._is_waiting = isinstance(step, Prompt)
        if self._console.is_terminal:
            self._paint()
        elif is_new and not self._is_waiting:
            typer.echo(step_line(step, left_ns, self._lang), err=True)

    async def tick(self) -> None:
        """Count down until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            if self._console.is_terminal:
                self._paint()

    def _paint(self) -> None:
        if self._step is not None and not self._is_waiting:
            line = step_line(self._step, self._until_ns - self._clock.now_ns(), self._lang)
            self._write(f"\r\x1b[K{set_cell_size(line, min(self._console.width - 1, len(line) * 2)).rstrip()}")

    def done(self) -> None:
        """Leave a clean line behind."""
        self._step = None
        if self._console.is_terminal:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


class _Person:
    """Whoever sits at the terminal: reads what is asked on standard error, answers with Enter."""

    def __init__(self, progress: _Shown, lang: str) -> None:
        self._progress = progress
        self._lang = lang

    async def do(self, instruction: Instruction) -> Answer:
        """Ask, and wait for a line; the end of the input declines."""
        self._progress.done()
        termios.tcflush(sys.stdin, termios.TCIFLUSH)  # an Enter from before is no answer
        _tell(pick(instruction.said, self._lang))
        typer.echo("\n".join(line.plain for line in folded(word("enter", self._lang))) + " ", nl=False, err=True)
        said = await _line(sys.stdin.fileno())
        return Answer.DECLINED if not said or said.strip().lower().startswith(_NO) else Answer.DONE


async def _line(fd: int) -> str:
    """What was typed up to Enter; empty at the end of the input. Ctrl-C interrupts it."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[bytes] = loop.create_future()

    def readable() -> None:
        if not typed.done():
            typed.set_result(_read(fd))

    loop.add_reader(fd, readable)
    try:
        return (await typed).decode(errors="replace")
    finally:
        loop.remove_reader(fd)


def _read(fd: int) -> bytes:
    """What is there; nothing when the terminal has gone away."""
    try:
        return os.read(fd, _TYPED_BYTES)
    except OSError:
        return b""
