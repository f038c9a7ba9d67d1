"""One device, read straight on a port that nobody holds, with the master that the agent uses."""

import asyncio
import time
from collections.abc import Generator, Mapping
from typing import Final

import typer

from edge_agent import AgentError
from edge_agent.cli.registers import Look
from edge_agent.cli.target import Target
from edge_agent.cli.texts import word
from edge_agent.clock import SystemClock
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.plan import Station, reads_of
from edge_agent.link.serial_port import SerialBus
from edge_agent.link.transports import transport_of
from edge_agent.local.views import RegisterView
from edge_agent.ports import PortError
from edge_agent.state.present import register_views
from protocols.profiles.layout import Block
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss, Profile

_ADVICE: Final = {
    FailureKind.TIMEOUT: "; check power, A/B wiring, address and line",
    FailureKind.CRC: "; check the line settings, and for a second master on the bus",
}


def looks(target: Target, period_s: float | None, lang: str) -> Generator[Look, None, None]:
    """One look at the device; with a period, looks without end, reopening a port that is lost meanwhile.

    Raises ProtocolError (the profile) or AgentError (the port cannot be opened to begin with).
    """
    profile = load_profile(target.profile)
    _check_may_read(profile, target)
    device = Device(target, profile, answers_of(profile, target.options, lang))
    with asyncio.Runner() as runner:
        runner.run(device.open())
        try:
            yield runner.run(device.look())
            while period_s is not None:
                time.sleep(period_s)
                yield runner.run(device.look())
        finally:
            runner.run(device.close())


def _check_may_read(profile: Profile, target: Target) -> None:
    """Raise AgentError for a device whose lift may stop by this, unless somebody said that he knows."""
    if target.agreed:
        return
    if profile.stub:
        raise AgentError(
            f"{profile.name} is a stub, its map is not known: nothing was sent; --yes reads it all the same"
        )
    if profile.comm_loss in (CommLoss.TRIP, CommLoss.LOCK):
        effect = profile.comm_loss_effect.en
        raise AgentError(f"{profile.name}, when the reading stops: {effect}; nothing was sent, --yes reads it")


def answers_of(profile: Profile, given: Mapping[str, str], lang: str) -> dict[str, str]:
    """What the caller answered, and, said aloud, what is assumed where nothing was."""
    answers = dict(given)
    for name, option in profile.options.items():
        if name not in answers:
            answers[name] = next(iter(option.values))
            typer.echo(word("assumed", lang, name=name, value=answers[name]), err=True)
    return answers


class Device:
    """The device behind its port. `layout` has the blocks that are asked for, each in one request."""

    def __init__(self, target: Target, profile: Profile, answers: Mapping[str, str]) -> None:
        self._profile = profile
        self._slave = profile.slave if target.slave is None else target.slave
        self._line = common_line([profile], target.line)
        self._times = SlaveTimes.of(profile)
        station = Station.of(profile, answers)
        self.layout: Final = station.layout.regrouped([read.block for read in reads_of(station, self._line)])
        self._clock = SystemClock()
        self._bus = transport_of(target.port, self._line, profile.framing, SerialBus(), self._clock)

    async def open(self) -> None:
        """Raises PortError, one line."""
        await self._bus.open()
        for note in self._bus.notes:
            typer.echo(note, err=True)

    async def close(self) -> None:
        """Let others have the port."""
        self._bus.close()

    async def ask(self, block: Block) -> Reply | Failure:
        """One request, on a port that is opened again if it was lost. Raises PortError."""
        if not self._bus.is_open:
            await self._bus.open()
        return self._times.understood(await self._bus.transact(block.request(self._slave), self._times))

    async def look(self) -> Look:
        """Every block once."""
        rows: list[RegisterView] = []
        problems: list[str] = []
        try:
            for block in self.layout.blocks:
                if not await self._read(block, rows, problems):
                    break
        except PortError as error:
            problems.append(str(error))
        return Look(rows, problems)

    async def _read(self, block: Block, rows: list[RegisterView], problems: list[str]) -> bool:
        """Whether it is worth asking on: a slave that keeps silent would only do so again."""
        answer = await self.ask(block)
        if isinstance(answer, Failure):
            problems.append(self.problem(block, answer))
            return answer.kind not in (FailureKind.TIMEOUT, FailureKind.PORT)
        rows += self.rows(block, answer)
        return True

    def rows(self, block: Block, reply: Reply) -> list[RegisterView]:
        """What a block's answer says, row by row."""
        age_ns = self._clock.now_ns() - reply.request_end_ns
        return register_views(self._profile.name, block.name, self.layout.raw(block, reply.words), age_ns)

    def problem(self, block: Block, failure: Failure) -> str:
        """One line for a person: where, why, what to look at."""
        if failure.kind is FailureKind.PORT:
            return failure.detail
        where = f"{self._bus.name}: slave {self._slave:02X}h at {self._line}, block {block.name}"
        return f"{where}: {failure}{_ADVICE.get(failure.kind, '')}"
