"""Slaves that answer at once: the wire is the only thing that takes time, so what is left is the master's.

`python -m hil.bench.slaves` serves them on a pty and takes down every answer.
"""

import argparse
import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import TextIO

from hil.bus.pty import PtyPort
from hil.bus.segment import Delivery, End, Segment, Tapped
from hil.timeline import RealTimeline, Timeline
from protocols.modbus.crc import append_crc, crc_ok
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import REQUEST_LEN

LATENCY_NS = 2_000_000
"""From the end of a request to the start of its answer: a quick slave (2 ms, a design value)."""


@lru_cache
def answer_of(slave: int, function: int, count: int) -> bytes:
    """The whole frame that gives zero for every register."""
    return append_crc(bytes((slave, function, 2 * count)) + bytes(2 * count))


class QuickSlaves:
    """Every address on the segment answers every register with zero, `LATENCY_NS` after the request's end.

    `instead` has what a slave sends instead of its answer, if anything, when it is asked at an instant.
    """

    def __init__(self, timeline: Timeline, segment: Segment) -> None:
        self.instead: dict[int, Callable[[bytes, int], bytes]] = {}
        self._timeline = timeline
        self._segment = segment
        self._end: End = segment.attach("slaves", self._heard, delivery=Delivery.FRAME)
        self._ends: dict[int, End] = {}

    def _heard(self, request: bytes, t_ns: int) -> None:
        if len(request) != REQUEST_LEN or not crc_ok(request):
            return  # one of `instead` drove that
        slave = request[0]
        answer = answer_of(slave, request[1], int.from_bytes(request[4:6], "big"))
        end = self._end
        if slave in self.instead:
            answer = self.instead[slave](answer, t_ns)
            end = self._own_end(slave)
        self._timeline.call_at_ns(t_ns + LATENCY_NS, lambda: end.send(answer))

    def _own_end(self, slave: int) -> End:
        """That of a slave that may drive while others do."""
        if slave not in self._ends:
            self._ends[slave] = self._segment.attach(f"slave {slave}", lambda _data, _t_ns: None)
        return self._ends[slave]


def _taking_down(file: TextIO) -> Callable[[Tapped], None]:
    def tap(tapped: Tapped) -> None:
        if tapped.source == "slaves":
            file.write(f'{{"wall_unix_ns":{time.time_ns()},"words":[0]}}\n')
            file.flush()

    return tap


async def _serve(link: Path, line: LineSettings, truth: Path) -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    with ExitStack() as stack:
        timeline = RealTimeline()
        segment = Segment(timeline, line, _taking_down(stack.enter_context(truth.open("w", encoding="utf-8"))))
        QuickSlaves(timeline, segment)
        stack.callback(PtyPort(segment, link).close)
        await stopped.wait()


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description="slaves that answer at once, on a pty behind a symlink")
    parser.add_argument("link", type=Path)
    parser.add_argument("line", type=LineSettings.parse, help='as in "9600 8N1"')
    parser.add_argument("truth", type=Path, help="file for the wall time of every answer")
    given = parser.parse_args()
    asyncio.run(_serve(given.link, given.line, given.truth))


if __name__ == "__main__":
    main()
