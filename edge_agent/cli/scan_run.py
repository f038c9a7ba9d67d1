"""A scan from the question whether to start to the list of who is there."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import msgspec
import typer
from rich.console import Console
from rich.live import Live

from edge_agent import AgentError
from edge_agent.cli.borrow import FreePort
from edge_agent.cli.consent import agreed, loss_lines, say
from edge_agent.cli.loan import Held, held
from edge_agent.cli.output import fail, json_line, show
from edge_agent.cli.scan_lines import found_lines, plain_progress, progress_line, warning_lines, word
from edge_agent.clock import SystemClock
from edge_agent.diagnose.scan import Progress, Scanner
from edge_agent.diagnose.scan_plan import (
    BAUDS,
    ScanPlan,
    make_plan,
    one_of_each,
    parse_bauds,
    parse_parities,
    parse_slaves,
)
from edge_agent.link.serial_port import SerialBus
from protocols import ProtocolError
from protocols.modbus.line import LineSettings, Parity
from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.schema import Framing, Profile

T = TypeVar("T")


class Chosen(msgspec.Struct, frozen=True):
    """What the caller wants scanned."""

    slaves: tuple[int, ...]
    bauds: tuple[int, ...]
    parities: tuple[Parity, ...]


def chosen_of(slaves: str, bauds: str | None, parity: str) -> Chosen:
    """What the options say; a mistake in one is wrong usage."""
    return Chosen(
        _parsed("--slaves", lambda: parse_slaves(slaves)),
        BAUDS if bauds is None else _parsed("--bauds", lambda: parse_bauds(bauds)),
        _parsed("--parity", lambda: parse_parities(parity)),
    )


def scan_port(free: FreePort, chosen: Chosen, *, yes: bool, force: bool, json: bool, lang: str) -> None:
    """Warn, ask, scan, tell. Raises AgentError, one line; what was found until then is told first."""
    if free.framing is not Framing.RTU:
        raise AgentError(
            f"{free.name}: its frames are {free.framing.value}, not Modbus RTU, which is all that a scan speaks;"
            " examine its devices: liftwarden diag doctor --take-port 10m"
        )
    profiles = list(_profiles())
    plan = _plan(free, chosen, profiles)
    warnings = [*warning_lines(free.name, plan, profiles, lang), *loss_lines(free.at_risk, lang)]
    if json:
        for line in warnings:
            typer.echo(line.plain, err=True)
    else:
        show(warnings)
    if not yes and not agreed(word("start", lang)):
        raise fail(word("not_started", lang))
    with held(free, loss_accepted=True) as hand, _progress_shown(lang) as shown:
        scanner = Scanner(SerialBus(), free.name, SystemClock(), plan, profiles, shown, force=force)
        is_whole = False
        try:
            is_whole = asyncio.run(_within(scanner, hand))
        finally:
            shown.done()
            _tell(scanner, json=json, is_whole=is_whole, lang=lang)
    if not is_whole:
        raise fail(say("time_up", lang, port=free.name))
    if not scanner.found:
        raise fail(word("nobody", lang, port=free.name))


async def _within(scanner: Scanner, hand: Held) -> bool:
    """Whether the scan came to its end in time."""
    try:
        async with hand.limit():
            await scanner.run()
    except TimeoutError:
        return False
    return True


def _profiles() -> Iterator[Profile]:
    """All that are known; one of the user's own that cannot be read is told and passed over."""
    for name in profile_names():
        try:
            yield load_profile(name)
        except ProtocolError as error:
            typer.echo(str(error), err=True)


def _plan(free: FreePort, chosen: Chosen, profiles: Sequence[Profile]) -> ScanPlan:
    """A borrowed port's own line comes first."""
    plan = make_plan(profiles, chosen.slaves, chosen.bauds, chosen.parities)
    own = () if free.line is None else (LineSettings.parse(free.line),)
    return msgspec.structs.replace(plan, lines=one_of_each((*own, *plan.lines)))


def _tell(scanner: Scanner, *, json: bool, is_whole: bool, lang: str) -> None:
    if json:
        for slave in sorted(scanner.found):
            json_line(scanner.found[slave])
        line = None if scanner.line is None else str(scanner.line)
        also = [str(other) for other in scanner.also]
        json_line({"line": line, "also": also, "slaves": sorted(scanner.found), "complete": is_whole})
        return
    if scanner.found and not is_whole:
        typer.echo(word("so_far", lang))
    show(found_lines(scanner, lang))


class _Shown:
    """Progress on standard error: a bar that moves on a terminal, a line for each line setting elsewhere."""

    def __init__(self, live: Live | None, lang: str) -> None:
        self._live = live
        self._lang = lang
        self._line: LineSettings | None = None

    def __call__(self, progress: Progress) -> None:
        if self._live is not None:
            self._live.update(progress_line(progress), refresh=True)
        elif progress.line != self._line:
            self._line = progress.line
            typer.echo(plain_progress(progress, self._lang), err=True)

    def done(self) -> None:
        """The bar goes away."""
        if self._live is not None:
            self._live.update("", refresh=True)
            self._live.stop()


@contextmanager
def _progress_shown(lang: str) -> Iterator[_Shown]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Shown(None, lang)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield _Shown(live, lang)


def _parsed(option: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ProtocolError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
