"""How a USB adapter hands over what it received: at the ticks of its latency timer, or in full packets.

The model is FTDI's: 64-byte packets of which 2 are status, and a timer of 16 ms by default that Linux's
`low_latency` sets to 1 ms (serial_faults.md, 2.2 `usb.chunk`). The timer runs free, from 0 on.
"""

from collections.abc import Callable
from typing import Final

from hil.timeline import Timeline, Timer

LATENCY_NS: Final = 16_000_000
LOW_LATENCY_NS: Final = 1_000_000
PACKET_BYTES: Final = 62


class UsbAdapter:
    """Takes bytes at their wire times and releases them to `on_bytes`, stamped with the time of release."""

    def __init__(self, timeline: Timeline, on_bytes: Callable[[bytes, int], None], latency_ns: int) -> None:
        self._timeline = timeline
        self._on_bytes = on_bytes
        self._latency_ns = latency_ns
        self._held = bytearray()
        self._tick: Timer | None = None

    def take(self, data: bytes, t_ns: int) -> None:
        """Bytes, the last of which had passed at `t_ns`, which is now."""
        self._held += data
        while len(self._held) >= PACKET_BYTES:
            packet = bytes(self._held[:PACKET_BYTES])
            del self._held[:PACKET_BYTES]
            self._on_bytes(packet, t_ns)
        if self._held and self._tick is None:
            tick_ns = -(-t_ns // self._latency_ns) * self._latency_ns
            self._tick = self._timeline.call_at_ns(tick_ns, self._ticked)

    def flush(self) -> None:
        """Forget what is held."""
        self._held.clear()

    def _ticked(self) -> None:
        self._tick = None
        if self._held:
            packet = bytes(self._held)
            self._held.clear()
            self._on_bytes(packet, self._timeline.now_ns)
