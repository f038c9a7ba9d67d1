"""The visit itself: one step after the other on the screen, what the person says to it, every finished step kept."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Final

import typer
from rich.console import Console, Group
from rich.live import Live

from edge_agent.cli.commission_keys import Key, Keys, listening
from edge_agent.cli.commission_lines import not_as_told, step_lines, word
from edge_agent.cli.commission_site import Site
from edge_agent.cli.output import fail, folded
from edge_agent.clock import NS
from edge_agent.commission.reading import Signal
from edge_agent.commission.session import Session
from edge_agent.commission.steps import Step
from edge_agent.local.client import AgentClient
from edge_agent.local.views import LiftBlocks, Reply, Request
from protocols.language import pick

_PERIOD_S: Final = 0.1
_FRESH_WITHIN_NS: Final = 5 * NS
"""A device that says nothing for so long after a step was confirmed, and for two periods, is silent in it."""


def visit(client: AgentClient, session: Session, site: Site, keep: Callable[[], None], lang: str) -> None:
    """Until the script is through, or somebody stops it; `keep` is called whenever the record has changed.

    Raises AgentError when the agent goes away.
    """
    _mine(client.ask(Request("blocks")), site, lang)  # before anybody is asked for anything
    keep()
    for line in folded(word("real", lang)):
        typer.echo(line.plain, err=True)
    with (
        listening() as keys,
        closing(_reports(client, site, lang)) as reports,
        _screen(session, lang, live=keys.by_key) as show,
    ):
        dialogue = _Dialogue(session, keys, max(_FRESH_WITHIN_NS, 2 * site.slowest_item_ns), lang)
        for report in reports:
            session.take(report)
            step, before = session.step, session.record
            if step is None:
                return
            show(step, dialogue)
            goes_on = dialogue.goes_on(step)
            if session.record is not before:
                keep()
            if not goes_on:
                return


def _reports(client: AgentClient, site: Site, lang: str) -> Generator[LiftBlocks, None, None]:
    for reply in client.stream(Request("blocks", period_s=_PERIOD_S)):
        yield _mine(reply, site, lang)


def _mine(reply: Reply, site: Site, lang: str) -> LiftBlocks:
    """This lift's part of a report by an agent that reads it as the file says."""
    mine = next((one for one in reply.blocks if one.lift_id == site.lift.id), None)
    if mine is None or mine.wiring != site.wiring:
        raise fail(word("other_file", lang, lift=site.lift.id, file=site.file))
    return mine


class _Dialogue:
    """Enter confirms a step once everything was sampled after it; what looks like a slip wants a second key."""

    def __init__(self, session: Session, keys: Keys, fresh_within_ns: int, lang: str) -> None:
        self._session = session
        self._keys = keys
        self._fresh_within_ns = fresh_within_ns
        self._lang = lang
        self._said_ns: int | None = None
        self._doubted: tuple[str, Key] | None = None
        self.known: Final[set[Signal]] = set()
        """Signals that did something else already, and a person went on."""

    def note(self, step: Step) -> str:
        """What the person should know now."""
        if self._said_ns is not None:
            left_ns = self._fresh_within_ns - (self._session.now_ns - self._said_ns)
            return word("reading", self._lang, seconds=max(1, -(-left_ns // NS)))
        if self._doubted == (step.name, Key.DONE):
            return word("sure", self._lang)
        return word("wanted", self._lang) if self._doubted == (step.name, Key.CANNOT) else ""

    def goes_on(self, step: Step) -> bool:
        """Take in what was said; whether the visit goes on."""
        if self._said_ns is not None:
            self._settle(step, self._said_ns)
            return True
        match self._keys.said():
            case Key.DONE:
                self._said_ns = self._session.now_ns
            case Key.CANNOT if step.is_optional or self._is_sure(step, Key.CANNOT):
                self._session.decline()
            case Key.AGAIN:
                self._session.again()
            case Key.BACK:
                self._session.back()
            case Key.STOP:
                return False
            case _:
                pass
        return True

    def _settle(self, step: Step, said_ns: int) -> None:
        session = self._session
        if not session.is_fresh(said_ns) and session.now_ns - said_ns < self._fresh_within_ns:
            return
        self._said_ns = None
        self._keys.forget()
        otherwise = not_as_told(session, step)
        if otherwise <= self.known or self._is_sure(step, Key.DONE):
            self.known.update(otherwise)
            session.confirm(said_ns)

    def _is_sure(self, step: Step, key: Key) -> bool:
        """Whether it was said for the second time; a script is sure."""
        if not self._keys.by_key or self._doubted == (step.name, key):
            return True
        self._doubted = (step.name, key)
        return False


Show = Callable[[Step, _Dialogue], None]


@contextmanager
def _screen(session: Session, lang: str, *, live: bool) -> Iterator[Show]:
    """The step on standard error: in place on a terminal, its sentence once elsewhere."""
    console = Console(stderr=True)
    if live and console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as painted:
            yield lambda step, dialogue: painted.update(
                Group(*step_lines(session, step, dialogue.known, note=dialogue.note(step), lang=lang)), refresh=True
            )
        return
    told = ""

    def tell(step: Step, _dialogue: _Dialogue) -> None:
        nonlocal told
        if step.name != told:
            told = step.name
            typer.echo(f"{session.done + 1}/{len(session.steps)} {pick(step.said, lang)}", err=True)

    yield tell
