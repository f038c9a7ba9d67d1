"""What comes down: acknowledgements, and nothing else. Everything doubtful is refused with one line.

A command is obeyed once: `counter` must exceed that of the last one obeyed, which is kept across restarts. Expiry is
judged only while the wall clock is synchronised. Retained commands are ignored: they would be obeyed by every session.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.clock import NS
from edge_agent.ports import Clock, Incoming
from edge_agent.uplink.source import Source
from protocols.upstream.messages import SCHEMA_VERSION, Command, CommandKind

_log: Final = logging.getLogger(__name__)
COUNTER_KEY: Final = "uplink.command_counter"
LONGEST: Final = 16_384
"""Bytes; no acknowledgement is near that."""
HIGHEST_COUNTER: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly; the bound while the wall clock cannot be trusted."""
_NS_PER_MS: Final = 1_000_000
_A_DAY_NS: Final = 86_400 * NS
_decoder: Final = msgspec.json.Decoder(Command)


class Refused(AgentError):
    """A command that must not be obeyed; the message is the reason."""


def _unix_ns(text: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text[:40]!r} is not an RFC 3339 time") from error
    if moment.tzinfo is None:
        raise Refused(f"{text[:40]!r} has no time zone; end it with Z")
    return round(moment.timestamp() * NS)


class Commands:
    """Takes what arrives on the command topic; `on_ack(event_id, operator)` once for each acknowledgement.

    `on_ack` says whether the alarm is known; a known one is marked together with its acknowledged step, in one
    transaction, so that no crash can leave an alarm that is neither emitted again nor acknowledged.
    """

    def __init__(self, clock: Clock, source: Source, on_ack: Callable[[str, str], bool]) -> None:
        self._clock = clock
        self._source = source
        self._on_ack = on_ack

    async def take(self, incoming: Incoming) -> None:
        """Obey or refuse; never raises for what a platform may send."""
        try:
            command = await self._checked(incoming)
        except Refused as refusal:
            _log.warning("uplink.command_refused problem=%s", refusal)
            return
        match command.kind:
            case CommandKind.ACK:
                await self._acknowledge(command)

    async def _acknowledge(self, command: Command) -> None:
        """After a crash half-way the alarm goes out again, and the platform acknowledges it with its next command."""
        if self._on_ack(command.event_id, command.operator):
            self._source.silence(command.event_id)
        else:
            await self._source.mark_acknowledged(command.event_id)
        await self._source.set_meta(COUNTER_KEY, str(command.counter))

    async def _checked(self, incoming: Incoming) -> Command:
        if incoming.retained:
            raise Refused("retained commands are not obeyed; publish it without retain")
        command = _decoded(incoming.payload)
        if command.schema != SCHEMA_VERSION:
            raise Refused(f"id={_short(command.id)}: schema {command.schema}, this terminal knows {SCHEMA_VERSION}")
        self._check_expiry(command)
        last = await self._last_counter()
        if not last < command.counter <= self._highest():
            beyond = "" if command.counter <= last else " and lie before tomorrow in ms"
            raise Refused(
                f"id={_short(command.id)}: counter {command.counter} must exceed the last one, {last}{beyond}"
            )
        return command

    def _highest(self) -> int:
        """One absurd counter must not shut out all that come after it."""
        wall = self._clock.wall()
        return (wall.unix_ns + _A_DAY_NS) // _NS_PER_MS if wall.synchronised else HIGHEST_COUNTER

    def _check_expiry(self, command: Command) -> None:
        _unix_ns(command.issued)
        expires_ns = _unix_ns(command.expires)
        wall = self._clock.wall()
        if wall.synchronised and wall.unix_ns > expires_ns:
            raise Refused(f"id={_short(command.id)}: expired at {command.expires}")

    async def _last_counter(self) -> int:
        kept = await self._source.meta(COUNTER_KEY)
        return int(kept) if kept.isdigit() else 0


def _decoded(payload: bytes) -> Command:
    if len(payload) > LONGEST:
        raise Refused(f"{len(payload)} bytes; at most {LONGEST}")
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"not a command of schema {SCHEMA_VERSION}: {_short(str(error), 120)}") from error


def _short(text: str, longest: int = 40) -> str:
    """Somebody else's text in one short, printable piece."""
    return repr(text if len(text) <= longest else text[:longest] + "...")
