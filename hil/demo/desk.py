"""The rescue desk: an MQTT subscriber that knows nothing but the published contract, and acknowledges alarms.

What the demo says went upstream is what this subscriber received, never what the agent says it sent.
"""

import asyncio
import datetime
from typing import Final

import aiomqtt
import msgspec

from hil.demo.board import Board, Column, DemoError
from hil.demo.texts import PHASES
from protocols.upstream.messages import (
    Command,
    CommandKind,
    EventMessage,
    Phase,
    StateMessage,
    Stream,
    Text,
    TombstoneMessage,
)

_TOPICS: Final = "liftwarden/v1/+/lift/+/"
_COMMAND_TOPIC: Final = "liftwarden/v1/{terminal_id}/cmd"
_COMMAND_LIFE: Final = datetime.timedelta(minutes=1)
_decoder: Final = msgspec.json.Decoder(EventMessage | TombstoneMessage)
_state_decoder: Final = msgspec.json.Decoder(StateMessage)


def _rfc3339(moment: datetime.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def acknowledgement(event: EventMessage, counter: int, now: datetime.datetime) -> Command:
    """The command that takes an alarm on."""
    return Command(
        kind=CommandKind.ACK,
        id=f"demo-desk-{counter}",
        issued=_rfc3339(now),
        expires=_rfc3339(now + _COMMAND_LIFE),
        counter=counter,
        event_id=event.event_id,
        operator="rescue desk",
    )


class Desk:
    """Subscribes, posts what it receives to the board, and acknowledges each alarm `ack_after_s` later."""

    def __init__(self, host: str, port: int, board: Board, ack_after_s: float) -> None:
        self._client = aiomqtt.Client(host, port, identifier="demo-rescue-desk")
        self._board = board
        self._ack_after_s = ack_after_s
        self._seen: set[tuple[str, str, Stream, int]] = set()
        self._counter = 0

    async def run(self) -> None:
        """Serve until cancelled. Raises DemoError when the broker goes away."""
        try:
            async with self._client, asyncio.TaskGroup() as tasks:
                for leaf in ("alarm", "event", "state"):
                    await self._client.subscribe(_TOPICS + leaf, qos=1)
                self._board.post(Column.UPSTREAM, "subscribed", Text("救援台已订阅", "rescue desk subscribed"))
                async for message in self._client.messages:
                    self._take(str(message.topic), bytes(message.payload), tasks)
        except* aiomqtt.MqttError as errors:
            raise DemoError(f"the rescue desk lost the broker: {errors.exceptions[0]}") from errors

    def _take(self, topic: str, payload: bytes, tasks: asyncio.TaskGroup) -> None:
        if topic.endswith("/state"):
            self._take_state(_state_decoder.decode(payload))
            return
        message = _decoder.decode(payload)
        identity = (message.terminal_id, message.journal_id, message.stream, message.seq)
        if isinstance(message, TombstoneMessage) or identity in self._seen:
            return
        self._seen.add(identity)
        self._board.post(Column.UPSTREAM, message.phase.value, _sentence(message), message)
        if message.phase is Phase.RAISED:
            tasks.create_task(self._acknowledge(message), name=f"acknowledge-{message.event_id}")

    def _take_state(self, state: StateMessage) -> None:
        if not any(fact.column is Column.UPSTREAM and fact.kind == "state" for fact in self._board.facts):
            label = state.snapshot.floor_label
            shown = "?" if label is None else label
            self._board.post(Column.UPSTREAM, "state", Text(f"收到状态: {shown} 层", f"state received: floor {shown}"))

    async def _acknowledge(self, event: EventMessage) -> None:
        await asyncio.sleep(self._ack_after_s)
        self._counter += 1
        command = acknowledgement(event, self._counter, datetime.datetime.now(datetime.UTC))
        topic = _COMMAND_TOPIC.format(terminal_id=event.terminal_id)
        await self._client.publish(topic, msgspec.json.encode(command), qos=1)
        self._board.post(
            Column.UPSTREAM,
            "ack_sent",
            Text(f"救援台: 确认 {event.code}", f"rescue desk: acknowledges {event.code}"),
            event,
        )


def _sentence(event: EventMessage) -> Text:
    phase = PHASES[event.phase]
    zh, en = f"{event.code} {phase.zh}", f"{event.code} {phase.en}"
    if event.phase is Phase.RAISED:
        return Text(f"收到 {zh}: {event.evidence.zh}", f"received {en}: {event.evidence.en}")
    return Text(f"收到 {zh}", f"received {en}")
