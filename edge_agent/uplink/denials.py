"""Topics that the broker does not let us publish to: one line when it begins, one when it ends, back-off between."""

import logging
from typing import Final

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.ports import PubAck

_log: Final = logging.getLogger(__name__)
RETRY_S: Final = (5.0, 10.0, 20.0, 40.0, 60.0)
_NAMES: Final = {
    0x80: "unspecified error",
    0x83: "implementation specific error",
    0x87: "not authorized",
    0x90: "topic name invalid",
    0x91: "packet identifier in use",
    0x97: "quota exceeded",
    0x99: "payload format invalid",
}
"""PUBACK reason codes of MQTT 5.0, 3.4.2.1."""


class _Denial(msgspec.Struct):
    reason: int
    times: int
    until_ns: int


def reason_text(reason: int) -> str:
    """A reason code for a person."""
    return f"0x{reason:02x} {_NAMES.get(reason, 'unknown reason')}"


class Denials:
    """Told of every PUBACK; says which topics to leave alone for a while."""

    def __init__(self) -> None:
        self._denied: dict[str, _Denial] = {}

    @property
    def notes(self) -> list[str]:
        """One sentence per denied topic."""
        return [f"the broker denies {topic}: {reason_text(one.reason)}" for topic, one in self._denied.items()]

    def hear(self, topic: str, ack: PubAck, now_ns: int) -> bool:
        """Whether the broker took the message; a first denial and its end are logged."""
        if ack.accepted:
            if self._denied.pop(topic, None) is not None:
                _log.info("uplink.accepted_again topic=%s", topic)
            return True
        one = self._denied.setdefault(topic, _Denial(ack.reason, 0, 0))
        level = logging.DEBUG if one.times and one.reason == ack.reason else logging.WARNING
        wait_s = RETRY_S[min(one.times, len(RETRY_S) - 1)]
        self._denied[topic] = _Denial(ack.reason, one.times + 1, now_ns + ns(wait_s))
        _log.log(
            level,
            "uplink.denied topic=%s reason=0x%02x (%s) retry_s=%g: not delivered; allow it in the broker's ACL",
            topic,
            ack.reason,
            _NAMES.get(ack.reason, "unknown reason"),
            wait_s,
        )
        return False

    def held(self, topic: str, now_ns: int) -> bool:
        """Whether to leave the topic alone now."""
        one = self._denied.get(topic)
        return one is not None and now_ns < one.until_ns

    def next_ns(self, now_ns: int) -> int | None:
        """When a held topic may be tried again."""
        return min((one.until_ns for one in self._denied.values() if one.until_ns > now_ns), default=None)

    def try_all(self) -> None:
        """A new connection may have new rights: hold nothing back, and still do not warn again."""
        for one in self._denied.values():
            one.until_ns = 0


def seconds_until(at_ns: int | None, now_ns: int) -> float | None:
    """For a time-out; None waits for ever."""
    return None if at_ns is None else max(0, at_ns - now_ns) / NS
