"""Who switches an RS-485 transceiver between sending and listening: the adapter itself, or the kernel through RTS.

By the kernel's driver-api/serial/serial-rs485.rst and devicetree/bindings/serial/rs485.yaml: the device tree knows
whether a transceiver hangs on RTS, which level sends, and what delays it needs; a board made for RS-485 has it on from
boot. Most adapters switch by themselves, and some draw their power from RTS. So left to itself (`auto`) this program
changes nothing; told to (`kernel`), it switches the kernel's control on with the levels and delays that are there.

TIOCGRS485 succeeds on ports that offer nothing; only TIOCSRS485 tells (serial_core.c). Nobody tried real hardware.
"""

import enum
import errno
import os
import struct
from typing import Final, NamedTuple

from edge_agent.link.tty_kernel import Ioctl

TIOCGRS485: Final = 0x542E
TIOCSRS485: Final = 0x542F
"""Linux asm-generic/ioctls.h."""
ENABLED: Final = 1 << 0
RTS_ON_SEND: Final = 1 << 1
RTS_AFTER_SEND: Final = 1 << 2
"""Flags of struct serial_rs485 (linux/serial.h)."""
_STATE: Final = struct.Struct("3I20s")


class Rs485(enum.Enum):
    """As the configuration names it: leave it to the driver, have the kernel switch, or have it not."""

    AUTO = "auto"
    KERNEL = "kernel"
    OFF = "off"


class _State(NamedTuple):
    """struct serial_rs485; the addresses of multipoint mode are passed on as they are."""

    flags: int
    before_ms: int
    after_ms: int
    rest: bytes


def set_direction(fd: int, port: str, wanted: Rs485, ioctl: Ioctl) -> tuple[str, ...]:
    """Have the direction of an open port switched as wanted; what a person should know of it. Never an error."""
    try:
        found = _get(fd, ioctl)
        now = _changed(fd, found, wanted, ioctl)
    except OSError as error:
        return _refused(port, wanted, error)
    if now.flags & ENABLED:
        return (f"{port}: {_described(now)}{', and cannot be told not to' if wanted is Rs485.OFF else ''}",)
    if wanted is Rs485.KERNEL:
        return _refused(port, wanted, OSError(errno.ENOTTY, os.strerror(errno.ENOTTY)))
    return (f"{port}: the kernel switches the RS-485 direction no more (link.rs485)",) if found.flags & ENABLED else ()


def _changed(fd: int, found: _State, wanted: Rs485, ioctl: Ioctl) -> _State:
    is_on = bool(found.flags & ENABLED)
    if wanted is Rs485.AUTO or is_on is (wanted is Rs485.KERNEL):
        return found
    flags = found.flags & ~ENABLED
    if wanted is Rs485.KERNEL:
        flags |= ENABLED
        if not flags & (RTS_ON_SEND | RTS_AFTER_SEND):
            flags |= RTS_ON_SEND  # the device tree says nothing: "drive RTS low when sending (default is high)"
    ioctl(fd, TIOCSRS485, _STATE.pack(*found._replace(flags=flags)))
    return _get(fd, ioctl)


def _get(fd: int, ioctl: Ioctl) -> _State:
    return _State(*_STATE.unpack(ioctl(fd, TIOCGRS485, bytes(_STATE.size))))


def _described(state: _State) -> str:
    level = "high" if state.flags & RTS_ON_SEND else "low"
    delays = ""
    if state.before_ms or state.after_ms:
        delays = f", {state.before_ms} ms before and {state.after_ms} ms after a frame"
    return f"the kernel switches the RS-485 direction (RTS {level} while sending{delays})"


def _refused(port: str, wanted: Rs485, error: OSError) -> tuple[str, ...]:
    if wanted is Rs485.KERNEL:
        why = "its driver does not offer it" if error.errno == errno.ENOTTY else str(error.strerror)
        return (
            f"{port}: the kernel cannot switch the RS-485 direction: {why};"
            " use an adapter that switches by itself, and link.rs485: auto",
        )
    if wanted is Rs485.AUTO or error.errno == errno.ENOTTY:
        return ()
    return (f"{port}: the kernel's RS-485 direction control cannot be switched off: {error.strerror}",)
