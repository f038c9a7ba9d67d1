"""What travels between an MQTT client and its broker, and what may become of it: where faults of the uplink act."""

import enum

import msgspec


class Act(enum.Enum):
    """What somebody sends, and who that is: the client, but for DELIVER."""

    CONNECT = "connect"
    SUBSCRIBE = "subscribe"
    PUBLISH = "publish"
    DELIVER = "deliver"


class Refusal(enum.Enum):
    """How a connection is refused: by nobody being there, without a word, for its version, for who asks."""

    NOBODY = "nobody"
    SILENT = "silent"
    VERSION = "version"
    NOT_AUTHORIZED = "not_authorized"


class Exchange(msgspec.Struct, frozen=True):
    """One packet and its answer. `session` counts the client's connections, `nth` its acts of this kind in this one."""

    t_ns: int
    act: Act
    client_id: str
    topic: str = ""
    session: int = 0
    nth: int = 0


class Course(msgspec.Struct, frozen=True):
    """What becomes of an exchange. All times are ns; the broker's own latency comes on top.

    `reaches_ns`: after so long it is at the other side, None is never. `copies_ns`: when, counted from there, each copy
    is handed on (to subscribers; by DELIVER to the client). `answer_ns`: when, counted from there, the answer is back.
    `reason`: a PUBACK's, where it is not the broker's own; from 0x80 on the message is not taken.
    `cuts`: the connection is cut once it is taken, before the answer. `deadens`: nothing passes on this connection any
    more, and nobody says so. `forgets`: the broker keeps nothing from before this CONNECT.
    """

    reaches_ns: int | None = 0
    copies_ns: tuple[int, ...] = (0,)
    answer_ns: int = 0
    reason: int = 0
    refusal: Refusal | None = None
    cuts: bool = False
    deadens: bool = False
    forgets: bool = False

    @property
    def is_over(self) -> bool:
        """Nothing more can become of it."""
        return self.reaches_ns is None or self.refusal is not None


PLAIN = Course()
"""Nothing is wrong."""
VANISHES = Course(reaches_ns=None)
"""It goes, and nothing comes back."""
