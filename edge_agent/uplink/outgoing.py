"""Numbered messages on their way: from the journal to the broker, one at a time, and alarms again until acknowledged.

Alarms go first; per topic the order of the journal is kept. A message leaves the journal's queue only on a PUBACK that
says yes. A denied topic waits and the others go on. A lost connection marks nothing: the same message goes again, with
the same identity and a higher `attempt`. What could not be journalled goes out first, and stays here until it is taken.
"""

import asyncio
import logging
from collections import deque
from typing import Final

import msgspec

from edge_agent.clock import ns, stamp
from edge_agent.config_types import UplinkConfig
from edge_agent.points import Point, reached
from edge_agent.ports import BrokerSession, Clock, PubAck, Publication
from edge_agent.uplink.denials import Denials, seconds_until
from edge_agent.uplink.source import Identity, Source, StoredMessage
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage
from protocols.upstream.topics import Topics

_log: Final = logging.getLogger(__name__)
PAGE: Final = 100
LONGEST_PAGE: Final = 3200
"""Messages read from the journal at a time."""
MOST_UNDURABLE: Final = 200
"""Alarm steps kept in memory while the disk refuses; beyond that the oldest goes."""
JOURNAL_RETRY_S: Final = 5.0
_encoder: Final = msgspec.json.Encoder()


class _Sent(msgspec.Struct):
    """How often a message was handed to a broker, and when it is due again."""

    attempts: int = 0
    emissions: int = 0
    due_ns: int = 0


class _Undurable(msgspec.Struct):
    message: EventMessage
    sent: _Sent
    taken: bool = False


class Outgoing:
    """`run` empties the journal's queue into one session; everything else survives from session to session."""

    def __init__(self, config: UplinkConfig, topics: Topics, clock: Clock, source: Source, denials: Denials) -> None:
        self._config = config
        self._topics = topics
        self._clock = clock
        self._source = source
        self._denials = denials
        self._news = asyncio.Event()
        self._sent: dict[Identity, _Sent] = {}
        self._undurable: deque[_Undurable] = deque(maxlen=MOST_UNDURABLE)
        self._page = PAGE
        self._re_emit_ns: int | None = None

    # what happens outside

    def wake(self) -> None:
        """There is something new in the journal."""
        self._news.set()

    def add_undurable(self, message: EventMessage) -> None:
        """An alarm step that the journal could not take."""
        outside = msgspec.structs.replace(message, durable=False, seq=0)
        self._undurable.append(_Undurable(outside, _Sent()))
        self._news.set()

    def acknowledged(self, event_id: str) -> None:
        """The platform took an alarm on: what is kept of it in memory need not be repeated."""
        self._drop_undurable({event_id})
        self._news.set()

    # the pump

    async def run(self, session: BrokerSession) -> None:
        """Until cancelled. Raises BrokerError when the connection is gone."""
        self._denials.try_all()
        while True:
            self._news.clear()
            await self._send_undurable(session)
            more = await self._send_page(session)
            self._re_emit_ns = await self._re_emit(session)
            if not more and not self._news.is_set():
                await self._pause()

    async def _pause(self) -> None:
        now_ns = self._clock.now_ns()
        retry_ns = now_ns + ns(JOURNAL_RETRY_S) if self._source.problem else None
        candidates = (self._re_emit_ns, retry_ns, self._undurable_due_ns(), self._denials.next_ns(now_ns))
        dues = [at for at in candidates if at is not None]
        try:
            async with asyncio.timeout(seconds_until(min(dues, default=None), now_ns)):
                await self._news.wait()
        except TimeoutError:
            pass

    # undelivered

    async def _send_page(self, session: BrokerSession) -> bool:
        """Send what is undelivered; whether there may be more to send at once."""
        page = await self._source.undelivered(self._page)
        full = len(page) >= self._page
        held = alarm_sent = False
        for row in sorted(page, key=lambda row: row.stream is not Stream.ALARM):
            if row.stream is not Stream.ALARM and (alarm_sent or self._alarm_may_wait()):
                return True
            topic = self._topics.numbered(row.lift_id, row.stream)
            if self._denials.held(topic, self._clock.now_ns()):
                held = True
                continue
            await self._deliver(session, topic, row)
            alarm_sent = row.stream is Stream.ALARM
        return full and self._look_further(held)

    def _alarm_may_wait(self) -> bool:
        """Whether to look for alarms before going on with events."""
        due = self._re_emit_ns is not None and self._re_emit_ns <= self._clock.now_ns()
        return due or self._news.is_set()

    def _look_further(self, held: bool) -> bool:
        """Denied messages at the head of the queue must not hide what may go: take longer pages while there are any."""
        longest = self._page >= LONGEST_PAGE
        self._page = min(self._page * 2, LONGEST_PAGE) if held else PAGE
        return not (held and longest)

    async def _deliver(self, session: BrokerSession, topic: str, row: StoredMessage) -> None:
        if not await self._emit(session, topic, row):
            return
        await self._source.mark_delivered(row.stream, row.seq)
        if row.stream is Stream.ALARM:
            reached(Point.UPLINK_MARKED)
        else:
            del self._sent[_identity(row)]

    async def _emit(self, session: BrokerSession, topic: str, row: StoredMessage) -> bool:
        message = msgspec.structs.replace(row.message, seq=row.seq)
        return await self._publish(session, topic, message, self._sent_of(row))

    # again, until acknowledged

    async def _re_emit(self, session: BrokerSession) -> int | None:
        """Send unacknowledged alarms that are due; when the next one is. What no broker took yet waits in its queue."""
        rows = await self._source.unacknowledged_alarms()
        self._forget_all_but({_identity(row) for row in rows})
        self._drop_undurable({row.event_id for row in rows})
        taken = [row for row in rows if row.attempts or self._sent_of(row).emissions]
        for row in taken:
            if self._news.is_set():
                break
            topic = self._topics.numbered(row.lift_id, row.stream)
            now_ns = self._clock.now_ns()
            if self._sent_of(row).due_ns <= now_ns and not self._denials.held(topic, now_ns):
                await self._emit(session, topic, row)
        now_ns = self._clock.now_ns()
        dues = (self._sent_of(row).due_ns for row in taken)
        return min((due_ns for due_ns in dues if due_ns > now_ns), default=None)

    def _sent_of(self, row: StoredMessage) -> _Sent:
        return self._sent.setdefault(_identity(row), _Sent(row.attempts))

    def _forget_all_but(self, wanted: set[Identity]) -> None:
        """Alarm steps that a broker took and that need no repetition."""
        for identity, sent in list(self._sent.items()):
            if identity[0] is Stream.ALARM and sent.emissions and identity not in wanted:
                del self._sent[identity]

    # not on disk

    async def _send_undurable(self, session: BrokerSession) -> None:
        for one in list(self._undurable):
            topic = self._topics.numbered(one.message.ids.lift_id, Stream.ALARM)
            now_ns = self._clock.now_ns()
            if one.sent.due_ns > now_ns or self._denials.held(topic, now_ns):
                continue
            if await self._publish(session, topic, one.message, one.sent):
                one.taken = True
                if one.message.phase is not Phase.RAISED and one in self._undurable:
                    self._undurable.remove(one)

    def _drop_undurable(self, event_ids: set[str]) -> None:
        """Acknowledged, or on disk by now and repeated from there."""
        for one in list(self._undurable):
            if one.taken and one.message.event_id in event_ids:
                self._undurable.remove(one)

    def _undurable_due_ns(self) -> int | None:
        now_ns = self._clock.now_ns()
        return min((one.sent.due_ns for one in self._undurable if one.sent.due_ns > now_ns), default=None)

    # one message

    async def _publish(
        self, session: BrokerSession, topic: str, message: EventMessage | TombstoneMessage, sent: _Sent
    ) -> bool:
        sent.attempts += 1
        stamped = msgspec.structs.replace(message, attempt=sent.attempts, sent=stamp(self._clock))
        publication = Publication(topic, _encoder.encode(stamped))
        ack = await self._published(session, publication, message.stream)
        now_ns = self._clock.now_ns()
        accepted = self._denials.hear(topic, ack, now_ns)
        if accepted:
            steps = self._config.re_emit_s
            sent.due_ns = now_ns + ns(steps[min(sent.emissions, len(steps) - 1)])
            sent.emissions += 1
        return accepted

    async def _published(self, session: BrokerSession, publication: Publication, stream: Stream) -> PubAck:
        if stream is not Stream.ALARM:
            return await session.publish(publication, self._config.timeout_s)
        reached(Point.UPLINK_BEFORE_PUBLISH)
        asyncio.get_running_loop().call_soon(reached, Point.UPLINK_SENT)  # runs once publish() waits for the PUBACK
        ack = await session.publish(publication, self._config.timeout_s)
        reached(Point.UPLINK_PUBACK)
        return ack


def _identity(row: StoredMessage) -> Identity:
    return (row.stream, row.seq)
