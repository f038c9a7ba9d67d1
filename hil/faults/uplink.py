"""Faults of the way to the platform: refused, half open, slow, doubled, denied, forgotten, reordered, cut, gone.

They see what the agent's adapter sends and what it gets back (`hil/course.py`). `uplink.broker_down` happens by itself;
of its operators `match` says nothing.
"""

from typing import Annotated, ClassVar, Protocol

import msgspec
from msgspec import Meta
from paho.mqtt.client import topic_matches_sub

from hil.course import Act, Course, Exchange, Refusal
from hil.faults.armed import Turn
from hil.faults.deeds import BrokerDown
from hil.faults.kind import Happening, Kind, Seconds, ns
from hil.faults.when import Operators

NOT_AUTHORIZED = 0x87
"""MQTT 5.0, 3.4.2.1."""
_HANDED_ON = (Act.PUBLISH, Act.DELIVER)


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which exchanges; what is not named may be anything.

    `topic` may have wildcards. `again`: in the client's first session, or not.
    """

    act: Act | None = None
    topic: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    again: bool | None = None

    def fits(self, exchange: Exchange) -> bool:
        """Whether it describes an exchange."""
        return (
            (self.act is None or self.act is exchange.act)
            and (self.topic is None or bool(exchange.topic and topic_matches_sub(self.topic, exchange.topic)))
            and (self.again is None or self.again == (exchange.session > 0))
        )


class When(Operators, frozen=True, forbid_unknown_fields=True):
    """On which exchanges a fault fires."""

    match: Match = Match()


class Change(msgspec.Struct, frozen=True):
    """Another course, and what was done, in words for the record."""

    course: Course
    done: str


class Effect(Protocol):
    """A fault of exchanges. Pure: the same exchange, course and random stream give the same change.

    It is not asked about an exchange that another fault ended before it got anywhere.
    """

    @property
    def acts(self) -> tuple[Act, ...]:
        """Which acts it can change at all."""

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """What becomes of it instead; None if nothing else does, which is no firing."""


def _but(course: Course, done: str, **changes: object) -> Change:
    return Change(msgspec.structs.replace(course, **changes), done)


class Refuse(Kind, frozen=True, tag="uplink.refuse"):
    """Connections are refused: nobody listens, the broker hangs up, does not know the version, or does not want us."""

    acts: ClassVar[tuple[Act, ...]] = (Act.CONNECT,)
    loses: ClassVar[bool] = True

    how: Refusal = Refusal.NOBODY

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Refuse it."""
        return _but(course, f"connection refused: {self.how.value}", refusal=self.how)


class HalfOpen(Kind, frozen=True, tag="uplink.half_open"):
    """The connection is accepted, or was, and nothing is ever answered on it; also when the fault is over."""

    acts: ClassVar[tuple[Act, ...]] = tuple(Act)
    loses: ClassVar[bool] = True

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Let nothing through any more."""
        return _but(course, f"nothing passes from this {exchange.act.value} on", reaches_ns=None, deadens=True)


class Hole(Kind, frozen=True, tag="uplink.hole"):
    """Packets vanish; the connection is as good as before when the fault is over."""

    acts: ClassVar[tuple[Act, ...]] = tuple(Act)
    loses: ClassVar[bool] = True

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Lose it."""
        return _but(course, f"{exchange.act.value} lost", reaches_ns=None)


class SlowAck(Kind, frozen=True, tag="uplink.slow_ack"):
    """The broker takes what it gets, and its answer comes `late_s` later, or up to `most_s` if that is more."""

    acts: ClassVar[tuple[Act, ...]] = (Act.CONNECT, Act.SUBSCRIBE, Act.PUBLISH)

    late_s: Seconds
    most_s: Seconds = 0.0

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Delay the answer."""
        late_ns = ns(turn.rng.uniform(self.late_s, self.most_s) if self.most_s > self.late_s else self.late_s)
        done = f"answer to {exchange.act.value} {late_ns / 1e9:g} s late"
        return _but(course, done, answer_ns=course.answer_ns + late_ns)


class Cut(Kind, frozen=True, tag="uplink.cut"):
    """The broker takes the message, and the connection is cut before its PUBACK."""

    acts: ClassVar[tuple[Act, ...]] = (Act.PUBLISH,)

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Cut the connection."""
        return None if course.cuts else _but(course, "cut before the PUBACK", cuts=True)


class Duplicate(Kind, frozen=True, tag="uplink.duplicate"):
    """A message arrives once more `after_s` later, as QoS 1 allows: at the platform, or at the terminal."""

    acts: ClassVar[tuple[Act, ...]] = _HANDED_ON

    after_s: Seconds = 0.5

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Hand it on twice."""
        again = (*course.copies_ns, course.copies_ns[-1] + ns(self.after_s))
        return _but(course, f"{exchange.topic} handed on twice", copies_ns=again)


class Denied(Kind, frozen=True, tag="uplink.denied"):
    """The broker does not take a message: under MQTT 5 it says so (a reason from 0x80 on), under 3.1.1 it hides it."""

    acts: ClassVar[tuple[Act, ...]] = (Act.PUBLISH,)
    loses: ClassVar[bool] = True

    reason: Annotated[int, Meta(ge=0x80, le=0xFF)] = NOT_AUTHORIZED

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Deny it."""
        return _but(course, f"{exchange.topic} denied with 0x{self.reason:02x}", reason=self.reason)


class SessionLost(Kind, frozen=True, tag="uplink.session_lost"):
    """The broker forgot everything when the client comes back (session present = 0): subscriptions and retained."""

    acts: ClassVar[tuple[Act, ...]] = (Act.CONNECT,)
    loses: ClassVar[bool] = True

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Forget."""
        if not exchange.session:
            return None
        return _but(course, "the broker forgot the session", forgets=True)


class Reorder(Kind, frozen=True, tag="uplink.reorder"):
    """After a reconnect the `first` messages are acknowledged, and handed on up to `most_s` late, in any order."""

    acts: ClassVar[tuple[Act, ...]] = _HANDED_ON

    first: Annotated[int, Meta(ge=1, le=1000)] = 5
    most_s: Seconds = 5.0

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        """Let others overtake it."""
        if not exchange.session or exchange.nth >= self.first:
            return None
        late_ns = ns(turn.rng.uniform(0, self.most_s))
        later = tuple(copy_ns + late_ns for copy_ns in course.copies_ns)
        return _but(course, f"{exchange.topic} handed on {late_ns / 1e9:.3f} s late", copies_ns=later)


class Down(Happening, frozen=True, tag="uplink.broker_down"):
    """The broker is down for `for_s`; `forgets`: it comes back without what it had retained."""

    loses: ClassVar[bool] = True

    for_s: Seconds
    forgets: bool = False

    def deed(self, turn: Turn) -> BrokerDown:
        """Take it down."""
        return BrokerDown(for_ns=ns(self.for_s), forgets=self.forgets, done=f"broker down for {self.for_s:g} s")


Changing = Refuse | HalfOpen | Hole | SlowAck | Cut | Duplicate | Denied | SessionLost | Reorder
"""Those that change what becomes of an exchange."""
AnyKind = Changing | Down
