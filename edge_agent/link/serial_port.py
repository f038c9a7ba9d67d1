"""A serial port of this machine as the bus: opened once with its settings, read when the kernel has something.

pyserial opens and sets the port; its settings are never touched again, since the next change of a pty's fails. The
port is ours alone: an advisory lock everywhere, and TIOCEXCL on real ports (on a pty it would outlive us). The kernel
strips the parity from a pty and refuses to set it twice, so there it is not even asked for. A port is opened again by
its lasting name, and who switches the direction, how often a USB adapter hands over and the like are asked of the
kernel once: `notes` says what came of it.
"""

import array
import asyncio
import errno
import fcntl
import os
import stat
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import serial

from edge_agent.clock import NS
from edge_agent.daemon_thread import in_daemon_thread
from edge_agent.link.lasting_name import LastingNames
from edge_agent.link.port_errors import open_error
from edge_agent.link.rs485 import Rs485, set_direction
from edge_agent.link.tty_kernel import Host, UartCounters, is_usb, number_of, quicken, reason
from edge_agent.ports import BusPort, OnBytes, OnLost, PortError, UartErrors
from protocols.modbus.line import LineSettings, Parity

_CHUNK_BYTES: Final = 4096
_MOST_CHUNKS: Final = 64
"""At once: more than a kernel holds of a port, about 70 kB; a pty's other end may go on for ever."""
_NS_PER_MS: Final = 1_000_000
_GRAIN_NS: Final = 20 * _NS_PER_MS
"""An FTDI adapter's 16 ms, and a host that is a little late."""
_HOST_LATE_NS: Final = 4 * _NS_PER_MS
_PTY_MAJORS: Final = range(136, 144)
"""Unix98 pty slaves (Linux, admin-guide/devices.txt)."""


class SerialBus:
    """Opens serial ports. `now_ns` stamps what is received; the agent's clock and this one must be the same.

    `rs485`: who switches the direction. `host`: the machine the ports are on.
    """

    def __init__(
        self,
        now_ns: Callable[[], int] = time.monotonic_ns,
        rs485: Rs485 = Rs485.AUTO,
        host: Host | None = None,
    ) -> None:
        self._now_ns = now_ns
        self._rs485 = rs485
        self._host = Host() if host is None else host
        self._names = LastingNames(self._host)

    async def __call__(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        """Open `port` exclusively with `line`. Raises PortError, one line: what, where, what to do."""
        claimed = await in_daemon_thread(lambda: self._claim(port, line), f"open-{port}", _let_go)
        try:
            return SerialPort(port, line, claimed, on_bytes, on_lost, self._now_ns)
        except BaseException:
            claimed.device.close()
            raise

    def _claim(self, port: str, line: LineSettings) -> "Claimed":
        path = self._names.path_of(port)
        is_pty = _is_pty(path)
        device = _opened(port, path, line, Parity.NONE if is_pty else line.parity)
        try:
            if not is_pty:
                fcntl.ioctl(device.fileno(), termios.TIOCEXCL)
            return self._settled(device, port, path, line)
        except OSError as error:  # pulled in this very moment
            device.close()
            raise open_error(port, error.errno, str(error.strerror)) from error

    def _settled(self, device: serial.Serial, port: str, path: str, line: LineSettings) -> "Claimed":
        """Ours now: have the kernel do what it can for it."""
        fd = device.fileno()
        notes = [*_parity_note(path, port, line), *self._names.remember(port, path)]
        notes += set_direction(fd, port, self._rs485, self._host.ioctl)
        grain_ns = _GRAIN_NS
        if is_usb(path, self._host):
            quickened, every_ms = quicken(device, path, port, self._host)
            notes += quickened
            grain_ns = max(grain_ns, every_ms * _NS_PER_MS + _HOST_LATE_NS)
        return Claimed(device, tuple(notes), UartCounters(fd, self._host.ioctl), grain_ns, not _is_pty(path))


class Claimed(msgspec.Struct, frozen=True):
    """An open device, ours alone, with what was learnt of it on the way."""

    device: serial.Serial
    notes: tuple[str, ...]
    counters: UartCounters
    grain_ns: int
    takes_time: bool


def _let_go(claimed: Claimed) -> None:
    claimed.device.close()


def _opened(port: str, path: str, line: LineSettings, parity: Parity) -> serial.Serial:
    try:
        return serial.Serial(
            path,
            baudrate=line.baud,
            bytesize=line.data_bits,
            parity=parity.value,
            stopbits=line.stop_bits,
            timeout=0,
            inter_byte_timeout=0,  # sets VMIN 1: reading nothing then means a hang-up, never a false alarm
            exclusive=True,
        )
    except (OSError, ValueError, termios.error) as error:
        raise open_error(port, number_of(error), reason(error), line, path) from error


def _is_pty(port: str) -> bool:
    try:
        status = Path(port).stat()
    except OSError:
        return False
    return stat.S_ISCHR(status.st_mode) and os.major(status.st_rdev) in _PTY_MAJORS


def _parity_note(path: str, port: str, line: LineSettings) -> tuple[str, ...]:
    if line.parity is Parity.NONE or not _is_pty(path):
        return ()
    return (f"{port}: parity {line.parity.value} of {line} not set: this is a pseudo-terminal",)


class SerialPort:
    """An open serial port on the running loop. Lost once: on the first sign that the adapter is gone."""

    def __init__(
        self,
        name: str,
        line: LineSettings,
        claimed: Claimed,
        on_bytes: OnBytes,
        on_lost: OnLost,
        now_ns: Callable[[], int],
    ) -> None:
        self._name = name
        self._claimed = claimed
        self._device = claimed.device
        self._fd: int = claimed.device.fileno()
        self._line = line
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self._now_ns = now_ns
        self._sent_ns = 0
        self._is_open = True
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._readable)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of how it was opened."""
        return self._claimed.notes

    @property
    def grain_ns(self) -> int:
        """What the adapter's timer says, and a host that is a little late."""
        return self._claimed.grain_ns

    @property
    def takes_time(self) -> bool:
        """All but a pty; of an adapter that has no UART the kernel knows nothing."""
        return self._claimed.takes_time

    def write(self, data: bytes) -> None:
        """Hand over a whole frame without waiting. Raises PortError when the line is gone or takes nothing."""
        if not self._is_open:
            raise PortError(f"{self._name}: not open any more; open it again")
        try:
            written = os.write(self._fd, data)
        except BlockingIOError:
            written = 0
        except OSError as error:
            raise self._gone(error.errno) from error
        if written < len(data):
            raise PortError(f"{self._name}: the adapter takes no data; unplug it and plug it in again")
        self._sent_ns = max(self._sent_ns, self._now_ns()) + self._line.wire_ns(len(data))

    async def drained(self) -> None:
        """Return when the frame's wire time has passed and the kernel holds nothing of it any more."""
        while self._is_open:
            left_ns = self._left_ns()
            if left_ns <= 0:
                return
            await asyncio.sleep(left_ns / NS)

    def _left_ns(self) -> int:
        left_ns = self._sent_ns - self._now_ns()
        return left_ns if left_ns > 0 else self._line.wire_ns(self._unsent_bytes())

    def _unsent_bytes(self) -> int:
        count = array.array("i", [0])
        try:
            fcntl.ioctl(self._fd, termios.TIOCOUTQ, count)
        except OSError:
            return 0
        return count[0]

    def deliver_input(self) -> None:
        """Hand over now what the kernel has; where that has no end, forget the rest."""
        for _ in range(_MOST_CHUNKS):
            if not self._is_open or not self._readable():
                return
        try:
            termios.tcflush(self._fd, termios.TCIFLUSH)
        except termios.error:
            pass  # the port is going away; reading or writing it will say so

    def uart_errors(self) -> UartErrors | None:
        """Since it was opened; None where the kernel keeps none (ptys, some adapters) or the port is closed."""
        return self._claimed.counters.read() if self._is_open else None

    def _readable(self) -> bool:
        """Read and hand over; whether there was something."""
        try:
            data = os.read(self._fd, _CHUNK_BYTES)
        except BlockingIOError:
            return False
        except OSError as error:
            self._lose(self._gone(error.errno))
            return False
        if data:
            self._on_bytes(data, self._now_ns())
        else:
            self._lose(self._gone(None))
        return bool(data)

    def _gone(self, number: int | None) -> PortError:
        reason = "" if number is None or number == errno.EIO else f" ({os.strerror(number)})"
        return PortError(f"{self._name}: the adapter was unplugged{reason}; plug it in again")

    def _lose(self, error: PortError) -> None:
        if self._is_open:
            self.close()
            self._on_lost(error)

    def close(self) -> None:
        """Close the port at once; what was not sent yet is not sent any more."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._fd)
        try:
            termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error:
            pass  # nothing to flush on a port that is gone
        self._device.close()
