"""The rows: what each kind of change does to them, inside a transaction that somebody else began.

Messages are immutable rows. `queue` lists what no broker took yet, `unacknowledged` the raised alarms that the
platform has not taken on; to mark something is to delete it there, which costs one page of the file.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from edge_agent.journal.entries import AnyMessage, Now, encode
from protocols.upstream.messages import EventMessage, Phase, Stream

_ACKNOWLEDGING: Final = (Phase.ACKNOWLEDGED, Phase.ENDED)


class Tally(msgspec.Struct, frozen=True):
    """How many rows there are, kept by counting along: a journal of months is not counted at each commit."""

    rows: int = 0
    undelivered_alarms: int = 0
    undelivered_events: int = 0
    unacknowledged: int = 0

    def queued(self, stream: Stream, by: int) -> "Tally":
        """With `by` more undelivered messages of the stream."""
        if stream is Stream.ALARM:
            return msgspec.structs.replace(self, undelivered_alarms=self.undelivered_alarms + by)
        return msgspec.structs.replace(self, undelivered_events=self.undelivered_events + by)

    @property
    def delivered(self) -> int:
        """Messages kept only for people on the box."""
        return self.rows - self.undelivered_alarms - self.undelivered_events


class Tables:
    """The tables behind one connection. `tally` is to be put back by whoever rolls back."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._run = connection.execute
        self._run_many = connection.executemany
        queued = {str(stream): int(n) for stream, n in self._run("SELECT stream, count(*) FROM queue GROUP BY stream")}
        self.tally = Tally(
            self._number("SELECT count(*) FROM message"),
            queued.get(Stream.ALARM.value, 0),
            queued.get(Stream.EVENT.value, 0),
            self._number("SELECT count(*) FROM unacknowledged"),
        )

    def _number(self, query: str) -> int:
        (value,) = self._run(query).fetchone()
        return int(value)

    def next_seq(self, stream: Stream) -> int:
        """Take the stream's next number."""
        (seq,) = self._run(
            "UPDATE counter SET next_seq=next_seq+1 WHERE stream=? RETURNING next_seq-1", (stream.value,)
        ).fetchone()
        return int(seq)

    def insert(self, message: AnyMessage, lift_id: str, code: str, now: Now) -> None:
        """Add a numbered message to its stream and to the queue."""
        stream = message.stream
        row_id = self._run(
            "INSERT INTO message (stream, seq, lift_id, code, stored_unix_s, body) VALUES (?, ?, ?, ?, ?, ?)",
            (stream.value, message.seq, lift_id, code, now.unix_s, encode(message)),
        ).lastrowid
        self._run("INSERT INTO queue VALUES (?, ?, ?)", (stream.value, message.seq, row_id))
        self.tally = msgspec.structs.replace(self.tally.queued(stream, 1), rows=self.tally.rows + 1)
        if stream is Stream.ALARM and isinstance(message, EventMessage):
            self._follow(message, row_id)

    def _follow(self, alarm: EventMessage, row_id: int | None) -> None:
        """An alarm's step that follows from the platform's acknowledgement is as good as the acknowledgement."""
        if alarm.phase is Phase.RAISED:
            self._run("INSERT OR REPLACE INTO unacknowledged VALUES (?, ?)", (alarm.event_id, row_id))
            count = self._number("SELECT count(*) FROM unacknowledged")
            self.tally = msgspec.structs.replace(self.tally, unacknowledged=count)
        elif alarm.phase in _ACKNOWLEDGING:
            self.acknowledge(alarm.event_id)

    def deliver(self, stream: Stream, seq: int) -> None:
        """Take a message off the queue; one that is not on it changes nothing."""
        gone = self._run("DELETE FROM queue WHERE stream=? AND seq=?", (stream.value, seq)).rowcount
        self.tally = self.tally.queued(stream, -gone)

    def acknowledge(self, event_id: str) -> None:
        """The platform took the alarm on; an unknown one changes nothing."""
        gone = self._run("DELETE FROM unacknowledged WHERE event_id=?", (event_id,)).rowcount
        self.tally = msgspec.structs.replace(self.tally, unacknowledged=self.tally.unacknowledged - gone)

    def drop(self, row_ids: Iterable[int]) -> None:
        """Forget messages that are not on the queue."""
        gone = self._run_many("DELETE FROM message WHERE id=?", [(row_id,) for row_id in row_ids]).rowcount
        self.tally = msgspec.structs.replace(self.tally, rows=self.tally.rows - gone)

    def keep(self, key: str, value: str) -> None:
        """Keep a value under a name."""
        self._run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def keep_states(self, states: Mapping[str, bytes]) -> None:
        """Keep the lifts' latest states."""
        self._run_many("INSERT OR REPLACE INTO lift_state VALUES (?, ?)", states.items())

    def oldest_undelivered_events(self, limit: int) -> Sequence[tuple[int, int, str, bytes]]:
        """(id, seq, lift, body) of what waits longest."""
        return self._run(
            "SELECT m.id, q.seq, m.lift_id, m.body FROM queue q JOIN message m ON m.id=q.id"
            " WHERE q.stream='event' ORDER BY q.seq LIMIT ?",
            (limit,),
        ).fetchall()

    def oldest_delivered(self, limit: int) -> Sequence[tuple[int, int | None]]:
        """(id, stored) of the oldest messages that nobody waits for any more."""
        return self._run(
            "SELECT id, stored_unix_s FROM message WHERE id NOT IN (SELECT id FROM queue)"
            " AND id NOT IN (SELECT id FROM unacknowledged) ORDER BY id LIMIT ?",
            (limit,),
        ).fetchall()
