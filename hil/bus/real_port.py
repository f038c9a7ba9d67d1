"""A segment's end on a real serial port: the simulated devices at one end of a wire, what is tested at the other.

A real line takes its own time, so the segment behind it should take next to none. A master's bytes come in pieces
there; they are one transmission until the line is silent. On a pty, such as one of socat's, everything comes whole.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Final

import serial

from hil import BenchError
from hil.bus.segment import Segment
from hil.loop import NS_PER_S
from protocols.modbus.line import LineSettings, Parity

FAST: Final = LineSettings.parse("1000000 8N1")
"""For a segment behind a real line."""
SILENCE_NS: Final = 20_000_000
"""A USB adapter hands bytes over every 16 ms."""
_CHUNK_BYTES: Final = 4096
OnLost = Callable[[str], None]
"""Why the port is gone."""


def is_pty(path: str) -> bool:
    """Whether it leads to a pty, which has no speed."""
    return os.path.realpath(path).startswith("/dev/pts/")


class RealPort:
    """Serves a segment on the port at `path`, on which whoever is at its other end is called `name`.

    Needs a running asyncio loop. Raises BenchError if the port cannot be opened for us alone.
    """

    def __init__(self, segment: Segment, path: str, line: LineSettings, name: str, on_lost: OnLost) -> None:
        self._path = path
        self._name = name
        self._on_lost = on_lost
        self._is_whole = is_pty(path)
        parity = Parity.NONE if self._is_whole else line.parity  # the kernel strips a pty's parity, and says so
        try:
            self._serial = serial.Serial(
                path, line.baud, parity=parity.value, stopbits=line.stop_bits, timeout=0, exclusive=True
            )
        except (serial.SerialException, OSError) as error:
            raise BenchError(f"{path}: cannot open the bench's port: {error}") from error
        self._loop = asyncio.get_running_loop()
        self._silence_s = max(SILENCE_NS, line.t35_ns) / NS_PER_S
        self._pieces = bytearray()
        self._silence: asyncio.TimerHandle | None = None
        self._end = segment.attach(name, self._heard)
        self._loop.add_reader(self._serial.fileno(), self._readable)

    def join(self, segment: Segment) -> None:
        """Serve another segment from now on."""
        self._end.detach()
        self._end = segment.attach(self._name, self._heard)

    def _readable(self) -> None:
        try:
            data = os.read(self._serial.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(str(error.strerror))
            return
        if not data:
            self._lose("hung up")
        elif self._is_whole:
            self._end.send(data)
        else:
            self._gather(data)

    def _gather(self, data: bytes) -> None:
        self._pieces += data
        if self._silence is not None:
            self._silence.cancel()
        self._silence = self._loop.call_later(self._silence_s, self._silent)

    def _silent(self) -> None:
        self._end.send(bytes(self._pieces))
        self._pieces.clear()

    def _heard(self, data: bytes, _t_ns: int) -> None:
        try:
            os.write(self._serial.fileno(), data)
        except BlockingIOError:
            pass  # nobody reads at the other end
        except OSError as error:
            self._lose(str(error.strerror))

    def _lose(self, why: str) -> None:
        self._loop.remove_reader(self._serial.fileno())
        self._on_lost(f"{self._path}: the bench's port is gone: {why}")

    def close(self) -> None:
        """Let go of the port."""
        if self._silence is not None:
            self._silence.cancel()
        self._end.detach()
        self._loop.remove_reader(self._serial.fileno())
        self._serial.close()
