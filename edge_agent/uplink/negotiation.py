"""Which MQTT version to offer next, and how long to wait before.

`auto` offers 5 first. Only a broker that refuses the version, or closes twice in a row without a word, gets 3.1.1; that
it took 3.1.1 is remembered with its address. At a reconnect after a day 5 is offered again: brokers get upgraded, and a
silent close may have been a broker that was just starting.
"""

import random
from typing import Final

from edge_agent.clock import NS
from edge_agent.config_types import Protocol
from edge_agent.ports import BrokerClosedSilently, BrokerError, BrokerVersionRefused, MqttVersion

SILENT_CLOSES: Final = 2
OFFER_5_AGAIN_NS: Final = 24 * 3600 * NS
_FIXED: Final = {Protocol.V5: MqttVersion.V5, Protocol.V311: MqttVersion.V311}


class Negotiation:
    """Told how each attempt ended; says what to offer."""

    def __init__(self, wanted: Protocol, broker: str, now_ns: int) -> None:
        self._fixed = _FIXED.get(wanted)
        self._broker = broker
        self._version = MqttVersion.V5 if self._fixed is None else self._fixed
        self._silent = 0
        self._offered_5_ns = now_ns

    @property
    def fell_back(self) -> bool:
        """Whether 3.1.1 is spoken although 5 would be preferred."""
        return self._fixed is None and self._version is MqttVersion.V311

    @property
    def memory(self) -> str:
        """What to remember across restarts; "" when there is nothing special."""
        return f"{self._version.value} {self._broker}" if self.fell_back else ""

    def remember(self, memory: str) -> None:
        """Begin where an earlier run stood, if it spoke to the same broker."""
        if self._fixed is None and memory == f"{MqttVersion.V311.value} {self._broker}":
            self._version = MqttVersion.V311

    def offer(self, now_ns: int) -> MqttVersion:
        """The version for the next attempt."""
        if self.fell_back and now_ns - self._offered_5_ns >= OFFER_5_AGAIN_NS:
            self._switch(MqttVersion.V5)
        if self._version is MqttVersion.V5:
            self._offered_5_ns = now_ns
        return self._version

    def agreed(self) -> None:
        """The broker took the version offered last."""
        self._silent = 0

    def failed(self, error: BrokerError) -> bool:
        """An attempt ended before the broker agreed; whether the next offer is another version."""
        self._silent = self._silent + 1 if isinstance(error, BrokerClosedSilently) else 0
        gives_up = isinstance(error, BrokerVersionRefused) or self._silent >= SILENT_CLOSES
        if self._fixed is not None or not gives_up:
            return False
        self._switch(MqttVersion.V311 if self._version is MqttVersion.V5 else MqttVersion.V5)
        return True

    def _switch(self, version: MqttVersion) -> None:
        self._version = version
        self._silent = 0


class BackOff:
    """Waits that double from `first_s` to `most_s`, spread by a quarter so that a fleet does not return at once."""

    def __init__(self, seed: str, first_s: float = 1.0, most_s: float = 30.0) -> None:
        self._random = random.Random(seed)
        self._first_s = first_s
        self._most_s = most_s
        self._next_s = first_s

    def reset(self) -> None:
        """The other side behaves again."""
        self._next_s = self._first_s

    def next_s(self) -> float:
        """How long to wait now."""
        wait_s = self._next_s * self._random.uniform(0.75, 1.25)
        self._next_s = min(self._next_s * 2, self._most_s)
        return min(wait_s, self._most_s)
