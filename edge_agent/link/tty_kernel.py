"""What the kernel tells of a serial port beyond its settings: error counters, and what kind of adapter it is.

Layouts by linux/serial.h. Everything that a test gives another of is in `Host`: no real adapter was tried here, so the
drivers of the tests are made up after the kernel's sources.
"""

import errno
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import serial

from edge_agent.ports import UartErrors

Ioctl = Callable[[int, int, bytes], bytes]
"""Descriptor, request and argument to the kernel's answer. Raises OSError."""

TIOCGICOUNT: Final = 0x545D
"""Linux asm-generic/ioctls.h."""
_ICOUNTER: Final = struct.Struct("20I")
_FRAME, _OVERRUN, _PARITY, _BRK, _BUF_OVERRUN = 6, 7, 8, 9, 10
"""Places in struct serial_icounter_struct."""
_USB: Final = frozenset(("usb", "usb-serial"))
"""Buses of the kernel: CDC-ACM adapters hang on the first, all others on the second."""
_SHORT_SERIAL: Final = 4
"""What is no longer, as "0001" of every CP2102, is a factory setting and no adapter's own."""


def ask_kernel(fd: int, request: int, argument: bytes) -> bytes:
    """The real `Ioctl`."""
    return fcntl.ioctl(fd, request, argument)


class Host(msgspec.Struct, frozen=True):
    """The machine around a port: its kernel, and where that lists terminals and their lasting names."""

    ioctl: Ioctl = ask_kernel
    sysfs: Path = Path("/sys/class/tty")
    by_id: Path = Path("/dev/serial/by-id")
    by_path: Path = Path("/dev/serial/by-path")


class UartCounters:
    """A UART's error counters since this was made; the kernel's own began earlier, and wrap at 32 bits."""

    def __init__(self, fd: int, ioctl: Ioctl) -> None:
        self._fd = fd
        self._ioctl = ioctl
        self._before = self._counts()

    def read(self) -> UartErrors | None:
        """None where the kernel keeps none, or does not say."""
        now = self._counts()
        if self._before is None or now is None:
            return None
        since = [(after - before) % 2**32 for before, after in zip(self._before, now, strict=True)]
        return UartErrors(
            framing=since[_FRAME],
            parity=since[_PARITY],
            overrun=since[_OVERRUN] + since[_BUF_OVERRUN],
            breaks=since[_BRK],
        )

    def _counts(self) -> tuple[int, ...] | None:
        try:
            return _ICOUNTER.unpack(self._ioctl(self._fd, TIOCGICOUNT, bytes(_ICOUNTER.size)))
        except OSError:
            return None


def is_usb(node: str, host: Host) -> bool:
    """Whether the terminal `node` ("/dev/ttyUSB0") is a USB adapter."""
    return (_entry(node, host) / "device" / "subsystem").resolve().name in _USB


def has_own_serial_number(node: str, host: Host) -> bool:
    """Whether the USB adapter of `node` has a number that no second one of its make has."""
    for directory in (_entry(node, host) / "device").resolve().parents:
        if (directory / "idVendor").exists():
            number = _text(directory / "serial")
            return len(number) > _SHORT_SERIAL and len(set(number)) > 2
    return False


def quicken(device: serial.Serial, node: str, port: str, host: Host) -> tuple[tuple[str, ...], int]:
    """Ask a USB adapter to hand over at once what it receives: notes for a person, and ms between its hand-overs.

    0 ms where the driver has no timer to tell. A refusal is a note, never an error.
    """
    refused = _low_latency(device)
    timer = _text(_entry(node, host) / "device" / "latency_timer")
    every_ms = int(timer) if timer.isdecimal() else 0
    said = [f"the USB adapter hands over what it received every {every_ms} ms"] if every_ms else []
    if refused:
        said.append(f"low-latency mode refused ({refused})")
    return ((f"{port}: {'; '.join(said)}",) if said else ()), every_ms


def _low_latency(device: serial.Serial) -> str:
    """Why not, or nothing."""
    try:
        device.set_low_latency_mode(True)
    except (OSError, ValueError) as error:
        return reason(error)
    return ""


def _entry(node: str, host: Host) -> Path:
    return host.sysfs / Path(os.path.realpath(node)).name


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def number_of(error: BaseException | None) -> int | None:
    """The errno behind an error: pyserial wraps some kernel's refusals into texts of its own."""
    while error is not None:
        found = getattr(error, "errno", None)
        first = found if found is not None else next(iter(error.args), None)
        if isinstance(first, int) and first in errno.errorcode:
            return first
        error = error.__cause__ or error.__context__
    return None


def reason(error: BaseException) -> str:
    """What the kernel says, without the wrapping."""
    number = number_of(error)
    return str(error) if number is None else os.strerror(number)
