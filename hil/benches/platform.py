"""The platform at the far end of the uplink: it takes alarms on."""

from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.clock import rfc3339
from protocols.upstream.messages import Command, CommandKind, EventMessage, Phase, Stream, TombstoneMessage
from protocols.upstream.topics import Topics

_EXPIRES_NS: Final = 60_000_000_000
_numbered: Final = msgspec.json.Decoder(EventMessage | TombstoneMessage)
Publish = Callable[[str, bytes], None]
"""Topic and payload, to the broker."""


class Platform:
    """Hears what is published, and acknowledges through `publish`; commands are numbered from 1."""

    def __init__(self, terminal_id: str, publish: Publish, wall_ns: Callable[[], int]) -> None:
        self._topics: Final = Topics(terminal_id)
        self._publish: Final = publish
        self._wall_ns: Final = wall_ns
        self._open: dict[str, str] = {}
        self._commands = 0

    def hear(self, topic: str, payload: bytes) -> None:
        """A message came: alarms are kept by their code until they end."""
        if not topic.endswith(f"/{Stream.ALARM.value}"):
            return
        try:
            message = _numbered.decode(payload)
        except msgspec.MsgspecError:
            return  # somebody else's device under test may say anything
        if isinstance(message, EventMessage):
            if message.phase is Phase.RAISED:
                self._open[message.code] = message.event_id
            elif message.phase is Phase.ENDED:
                self._open.pop(message.code, None)

    def acknowledge_code(self, code: str) -> bool:
        """Take on the open alarm with this code; False if none came."""
        if code in self._open:
            self.acknowledge(self._open[code])
        return code in self._open

    def acknowledge(self, event_id: str) -> None:
        """Take on one alarm."""
        self._commands += 1
        now_ns = self._wall_ns()
        command = Command(
            kind=CommandKind.ACK,
            id=f"desk-{self._commands}",
            issued=rfc3339(now_ns),
            expires=rfc3339(now_ns + _EXPIRES_NS),
            counter=self._commands,
            event_id=event_id,
            operator="desk",
        )
        self._publish(self._topics.command, msgspec.json.encode(command))
