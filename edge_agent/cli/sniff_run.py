"""Listening to a port until somebody ends it: what is heard goes to the screen, to the numbers, to a file."""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text as Styled

from edge_agent.cli.borrow import FreePort
from edge_agent.cli.consent import agreed, loss_lines
from edge_agent.cli.consent import say as say_to
from edge_agent.cli.loan import Held, held
from edge_agent.cli.output import fail, json_line
from edge_agent.cli.sniff_lines import head, lines, summary_lines
from edge_agent.clock import SystemClock, ns
from edge_agent.diagnose.conversation import Heard, Oddity
from edge_agent.diagnose.pcapng import CaptureError, CaptureFile
from edge_agent.diagnose.sniff import Sniffer
from edge_agent.diagnose.sniff_capture import Capture
from edge_agent.diagnose.sniff_tally import Summary, Tally
from edge_agent.diagnose.sniff_words import say
from edge_agent.link.bus import Bus
from edge_agent.link.serial_port import SerialBus
from edge_agent.ports import UartErrors
from protocols.modbus.line import LineSettings

_DEFAULT_LINE: Final = "9600 8N1"
_NS_PER_MS: Final = 1_000_000


def listen(
    free: FreePort, line: str | None, seconds: float | None, write: Path | None, *, yes: bool, lang: str, json: bool
) -> None:
    """Until the time is up, the port is lost, the disk is full, or Ctrl-C; the summary comes in any case.

    Raises ProtocolError (the line) or AgentError (the port, the file), one line.
    """
    settings = LineSettings.parse(line or free.line or _DEFAULT_LINE)
    for told in loss_lines(free.at_risk, lang):
        typer.echo(told.plain, err=True)
    if free.at_risk and not yes and not agreed(say_to("start", lang)):
        raise fail(say_to("not_started", lang))
    show = _JsonShow() if json else _LineShow(lang)
    with held(free, loss_accepted=True) as hand:
        asyncio.run(_listen(free.name, hand, settings, None if seconds is None else ns(seconds), write, show))


async def _listen(
    port: str, hand: Held, line: LineSettings, for_ns: int | None, write: Path | None, show: "_Show"
) -> None:
    clock = SystemClock()
    bus = Bus(SerialBus(), port, line)
    hearing = _Hearing(show, Tally(line, clock.now_ns()), clock.now_ns())
    sniffer = Sniffer(bus, line, clock, hearing.tell)
    with ExitStack() as stack:
        await sniffer.open()
        stack.callback(bus.close)
        if write is not None:
            file = stack.enter_context(CaptureFile(write, port, str(line), line.baud))
            hearing.capture = Capture(file, clock.wall().unix_ns - clock.now_ns())
        show.begins(bus, line)
        try:
            async with hand.limit():
                await sniffer.listen(for_ns)
        except (asyncio.CancelledError, TimeoutError):
            pass  # Ctrl-C, or the port is the agent's again: this is how it is ended
        finally:
            stack.callback(hearing.ends, clock.now_ns(), sniffer.uart_errors)
            sniffer.finish()


class _Hearing:
    """Tells everybody what is heard; a file that cannot be written is told once."""

    def __init__(self, show: "_Show", tally: Tally, begin_ns: int) -> None:
        self.capture: Capture | None = None
        self._show = show
        self._tally = tally
        self._begin_ns = begin_ns

    def tell(self, heard: Heard) -> None:
        """Something was heard. Raises CaptureError."""
        self._tally.add(heard)
        self._show.heard(heard, self._begin_ns)
        capture = self.capture
        if capture is not None:
            try:
                capture.add(heard)
            except CaptureError:
                self.capture = None
                raise

    def ends(self, end_ns: int, uart: UartErrors | None) -> None:
        """It is over. Raises CaptureError."""
        self._show.ends(self._tally.summary(end_ns), uart)
        if self.capture is not None:
            self.capture.finish()


class _Show:
    """Where what is heard appears."""

    def begins(self, bus: Bus, line: LineSettings) -> None:
        """The port is open."""
        for note in bus.notes:
            typer.echo(note, err=True)

    def heard(self, heard: Heard, begin_ns: int) -> None:
        """Something was heard."""

    def ends(self, summary: Summary, uart: UartErrors | None) -> None:
        """It is over."""


class _LineShow(_Show):
    """Lines for a person."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._console = Console()

    def begins(self, bus: Bus, line: LineSettings) -> None:
        super().begins(bus, line)
        grain_ns = 0 if bus.port is None else bus.port.grain_ns
        self._print(head(bus.name, str(line), grain_ns, self._lang))

    def heard(self, heard: Heard, begin_ns: int) -> None:
        self._print(lines(heard, begin_ns, self._lang))

    def ends(self, summary: Summary, uart: UartErrors | None) -> None:
        self._print([Styled(""), *summary_lines(summary, uart, self._lang)])

    def _print(self, lines: Iterable[Styled]) -> None:
        for line in lines:
            self._console.print(line, soft_wrap=True, highlight=False)


class _JsonShow(_Show):
    """One object a line; the last one is the summary."""

    def heard(self, heard: Heard, begin_ns: int) -> None:
        json_line(
            {
                "at_ms": round((heard.start_ns - begin_ns) / _NS_PER_MS, 3),
                "role": heard.role,
                "slave": heard.slave,
                "function": heard.function,
                "gap_ms": None if heard.gap_ns is None else round(heard.gap_ns / _NS_PER_MS, 3),
                "data": heard.data.hex(),
                "request": heard.request.hex(),
                "oddities": [oddity.value for oddity in heard.oddities],
                "said": [say(oddity, heard, "en") for oddity in heard.oddities],
                "again": Oddity.NO_ANSWER in heard.oddities,
            }
        )

    def ends(self, summary: Summary, uart: UartErrors | None) -> None:
        json_line({"summary": summary, "frames": summary.frames, "uart": uart})
