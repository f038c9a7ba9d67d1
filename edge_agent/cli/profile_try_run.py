"""A trial from the first question to the summary: every block again and again, until the time is up or Ctrl-C."""

import asyncio
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Final

import msgspec
import typer

from edge_agent.cli.borrow import FreePort
from edge_agent.cli.consent import agreed, loss_lines
from edge_agent.cli.direct import Device, answers_of
from edge_agent.cli.loan import held
from edge_agent.cli.output import BAD, FAILED, fail, is_terminal, json_line, show, show_live
from edge_agent.cli.profile_try_lines import look_lines, summary_lines, word
from edge_agent.cli.profile_try_tally import Key, Mark, Tally, key_of
from edge_agent.cli.registers import Look, changes, json_rows
from edge_agent.cli.target import Target
from edge_agent.clock import NS, SystemClock, ns
from edge_agent.link.outcome import Failure, FailureKind, Reply
from edge_agent.local.views import RegisterView
from edge_agent.ports import PortError
from edge_agent.state.present import plain
from protocols.language import pick
from protocols.profiles.layout import Block
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss, OnError, Profile

_WITHOUT_WORDS: Final = (FailureKind.EXCEPTION, FailureKind.TIMEOUT)


def try_profile(
    free: FreePort, target: Target, *, period_s: float, seconds: float | None, yes: bool, json: bool, lang: str
) -> None:
    """Read, show, sum up. Raises ProtocolError (the profile) or AgentError (the port), one line."""
    profile = load_profile(target.profile)
    answers = answers_of(profile, target.options, lang)
    _agree(profile, free, yes=yes, lang=lang)
    trial = Trial(profile, Device(target, profile, answers))
    with held(free, loss_accepted=True) as hand:
        spans_s = [seconds, None if hand.left_ns is None else hand.left_ns / NS]
        looks = trial.looks(period_s, min((span_s for span_s in spans_s if span_s is not None), default=None))
        try:
            with closing(looks):
                _show(looks, trial.marks, json=json, lang=lang)
        except KeyboardInterrupt:
            pass  # this is how it is ended
    summary = trial.tally.summary()
    if json:
        json_line({"summary": msgspec.structs.asdict(summary) | {"fits": summary.fits}})
    else:
        show(summary_lines(summary, lang))
    if not summary.fits:
        raise typer.Exit(BAD if summary.answered else FAILED)


def _agree(profile: Profile, free: FreePort, *, yes: bool, lang: str) -> None:
    """What may disturb a lift is asked first, and before its master goes away."""
    risks = [word("stub", lang, name=profile.name)] if profile.stub else []
    if profile.comm_loss in (CommLoss.TRIP, CommLoss.LOCK):
        risks.append(word("loss", lang, effect=pick(profile.comm_loss_effect, lang)))
    risks += [line.plain for line in loss_lines(free.at_risk, lang)]
    for risk in risks:
        typer.echo(risk, err=True)
    if risks and not yes and not agreed(word("go_on", lang)):
        raise fail(word("not_started", lang))


def _show(looks: Iterator[Look], marks: Mapping[Key, Mark], *, json: bool, lang: str) -> None:
    if json:
        for look in changes(looks):
            json_rows(look)
    elif is_terminal():
        show_live(look_lines(look, marks, lang) for look in looks)
    else:
        for number, look in enumerate(changes(looks)):
            if not number or look.rows or look.problems:
                show(look_lines(look, marks, lang)[: None if not number else -1])


class Trial:
    """One device on a port, and what it has shown. `marks` are those of the last look."""

    def __init__(self, profile: Profile, device: Device) -> None:
        unordered = [row.name for row in profile.rows if row.words > 1 and row.word_order is None]
        self.tally: Final = Tally(profile.behaviour.latency_ms, unordered)
        self.marks: Final[dict[Key, Mark]] = {}
        self._profile: Final = profile
        self._device: Final = device
        self._narrowed: Final[set[str]] = set()

    def looks(self, period_s: float, seconds: float | None) -> Generator[Look, None, None]:
        """Every block, then again each period until the time is up."""
        clock = SystemClock()
        with asyncio.Runner() as runner:
            runner.run(self._device.open())
            end_ns = None if seconds is None else clock.now_ns() + ns(seconds)
            try:
                yield runner.run(self.look())
                while end_ns is None or clock.now_ns() + ns(period_s) < end_ns:
                    time.sleep(period_s)
                    yield runner.run(self.look())
            finally:
                runner.run(self._device.close())

    async def look(self) -> Look:
        """Every block once; a refused one row by row too, the first time."""
        self.tally.look()
        rows: list[RegisterView] = []
        problems: list[str] = []
        try:
            for block in self._device.layout.blocks:
                answer = await self._device.ask(block)
                if isinstance(answer, Reply):
                    rows += self._answered(block, answer)
                else:
                    problems.append(await self._refused(block, answer, anybody=bool(rows)))
        except PortError as error:
            problems.append(str(error))
        return Look(rows, problems)

    def _answered(self, block: Block, reply: Reply) -> list[RegisterView]:
        layout = self._device.layout
        told = layout.identified(block, reply.words)
        said = "; ".join(filter(None, told.values())) if told else None
        self.tally.answer(reply.reply_start_ns - reply.request_end_ns, said)
        rows = self._device.rows(block, reply)
        shown = {row.item for row in rows}
        derived = {item: value for item, value in layout.decode(block, reply.words).items() if item not in shown}
        rows += [
            RegisterView(
                self._profile.name, block.name, block.address, [], item, item, plain(value), "", rows[0].age_ms
            )
            for item, value in derived.items()
        ]
        self.marks.update({key_of(row): self.tally.row(row) for row in rows})
        return rows

    async def _refused(self, block: Block, failure: Failure, *, anybody: bool) -> str:
        problem = self._device.problem(block, failure)
        self.tally.refused(block.name, failure, str(failure), await self._alone(block, failure, anybody=anybody))
        return problem

    async def _alone(self, block: Block, failure: Failure, *, anybody: bool) -> list[str]:
        """The rows of a refused block that are refused by themselves; asked once, and not of a device that is away."""
        silent = anybody and self._profile.behaviour.errors is OnError.SILENCE
        if failure.kind is not FailureKind.EXCEPTION and not (failure.kind is FailureKind.TIMEOUT and silent):
            return []
        if block.name in self._narrowed:
            return []
        self._narrowed.add(block.name)
        places: dict[tuple[int, int], list[str]] = {}
        for row in self._profile.rows:
            if row.function == block.function and block.address <= row.address < block.address + block.count:
                places.setdefault((row.address, row.words), []).append(row.name)
        refused: list[str] = []
        for (address, count), names in sorted(places.items()):
            answer = await self._device.ask(Block(block.name, block.function, address, count))
            if isinstance(answer, Failure) and answer.kind in _WITHOUT_WORDS:
                refused += names
        return refused
