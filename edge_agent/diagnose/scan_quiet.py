"""Whether a line is free to be scanned: listens, and says who speaks there. It never sends a byte."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.diagnose.scan_plan import FIRST_LISTEN_NS, LISTEN_NS
from edge_agent.diagnose.sniff import Sniffer
from edge_agent.diagnose.sniff_tally import Summary, Tally
from edge_agent.link.bus import Bus
from edge_agent.ports import BusOpener, Clock, UartErrors
from protocols.modbus.line import LineSettings

_NOISE_BYTES: Final = 8
"""In one listening; so few are noise of an idle line."""


class LineInUse(AgentError):
    """Somebody speaks on the line."""


class Listened(msgspec.Struct, frozen=True):
    """What was heard on a line, and whether its bits fit it: None if the UART does not count those that do not."""

    line: LineSettings
    summary: Summary
    has_errors: bool | None

    @property
    def is_traffic(self) -> bool:
        """Whether it was more than the noise of an idle line."""
        return self.summary.frames > 0 or self.summary.heard_bytes >= _NOISE_BYTES


class Quiet:
    """Listens on one port. `on_listen` is told each line that is listened to, and for how long."""

    def __init__(
        self, open_bus: BusOpener, port: str, clock: Clock, on_listen: Callable[[LineSettings, int], None]
    ) -> None:
        self._open_bus = open_bus
        self._port = port
        self._clock = clock
        self._on_listen = on_listen

    async def free_lines(self, lines: Sequence[LineSettings], *, force: bool) -> tuple[LineSettings, ...]:
        """The lines to ask on: all, if the first is silent; forced, the one on which somebody speaks.

        Bytes come at any speed, readable or not: so a silent line is silent on every setting. Raises LineInUse.
        """
        heard = await self._listen(lines[0], FIRST_LISTEN_NS)
        if not heard.is_traffic:
            return tuple(lines)
        readable = await self._readable(lines, heard)
        if not force:
            raise self._in_use(readable)
        return tuple(lines) if readable is None else (readable.line,)

    async def still_free(self, line: LineSettings, lines: Sequence[LineSettings]) -> None:
        """Listen to one more of the lines for a moment. Raises LineInUse."""
        heard = await self._listen(line, LISTEN_NS)
        if heard.is_traffic:
            raise self._in_use(await self._readable(lines, heard))

    async def _readable(self, lines: Sequence[LineSettings], heard: Listened) -> Listened | None:
        """The line on which what is said can be read, best one without any UART error; None if there is none."""
        best: Listened | None = None
        for line in lines:
            if line != heard.line:
                heard = await self._listen(line, FIRST_LISTEN_NS)
            if heard.summary.frames and not heard.has_errors:
                return heard
            if heard.summary.frames and best is None:
                best = heard
        return best

    async def _listen(self, line: LineSettings, for_ns: int) -> Listened:
        tally = Tally(line, self._clock.now_ns())
        sniffer = Sniffer(Bus(self._open_bus, self._port, line), line, self._clock, tally.add)
        await sniffer.open()
        self._on_listen(line, for_ns)
        await sniffer.listen(for_ns)
        sniffer.finish()
        return Listened(line, tally.summary(self._clock.now_ns()), has_errors(sniffer.uart_errors))

    def _in_use(self, heard: Listened | None) -> LineInUse:
        if heard is None:
            return LineInUse(
                f"{self._port}: bytes come that none of these settings can read: a master at another speed, or noise;"
                " stop it, check the bias of the line, or scan all the same with --force"
            )
        slaves = ", ".join(map(str, heard.summary.slaves)) or "none"
        every = "" if heard.summary.cycle_ms is None else f", every {heard.summary.cycle_ms:g} ms"
        speed = str(heard.line) if heard.has_errors is False else f"{heard.line.baud} Bd, parity not known"
        return LineInUse(
            f"{self._port}: somebody speaks at {speed} (slaves heard: {slaves}{every}); two masters damage each other's"
            " questions: stop the other one, or scan all the same with --force"
        )


def has_errors(errors: UartErrors | None) -> bool | None:
    """Whether a UART received bits that do not fit its line; None if it does not count."""
    return None if errors is None else bool(errors.framing + errors.parity)
