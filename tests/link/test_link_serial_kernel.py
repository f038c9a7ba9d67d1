"""What is asked of the kernel beyond termios, on made-up drivers that keep the kernel's structs (linux/serial.h)."""

import errno
import fcntl
import os
import struct
import tty
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from link_bench import LINE

from edge_agent.link import rs485, serial_port
from edge_agent.link.rs485 import ENABLED, RTS_AFTER_SEND, RTS_ON_SEND, Rs485, set_direction
from edge_agent.link.serial_port import SerialBus
from edge_agent.link.tty_kernel import TIOCGICOUNT, Host, Ioctl, UartCounters, has_own_serial_number
from edge_agent.ports import BusPort, UartErrors

RX_DURING_TX = 1 << 4
TIOCGSERIAL, TIOCSSERIAL = 0x541E, 0x541F
"""Linux asm-generic/ioctls.h."""
ASYNC_LOW_LATENCY = 1 << 13
"""linux/tty_flags.h; `flags` is the fifth int of struct serial_struct."""
NOTHING_OFFERED = OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))


class Driver:
    """A driver under the kernel's serial core: TIOCGRS485 always answers, TIOCSRS485 only where it is offered."""

    def __init__(self, flags: int = 0, before_ms: int = 0, after_ms: int = 0, *, offers: bool = True) -> None:
        self.state = (flags, before_ms, after_ms)
        self.offers = offers
        self.sets: list[int] = []

    def __call__(self, _fd: int, request: int, argument: bytes) -> bytes:
        if request == rs485.TIOCSRS485:
            if not self.offers:
                raise NOTHING_OFFERED
            self.state = struct.unpack_from("3I", argument)
            self.sets.append(self.state[0])
        elif request != rs485.TIOCGRS485:
            raise NOTHING_OFFERED
        return struct.pack("8I", *self.state, 0, 0, 0, 0, 0)


def no_rs485(_fd: int, _request: int, _argument: bytes) -> bytes:
    """Most USB drivers, and every pty."""
    raise NOTHING_OFFERED


def direction(wanted: Rs485, driver: Ioctl) -> tuple[str, ...]:
    return set_direction(3, "p", wanted, driver)


@pytest.fixture
def port() -> Iterator[tuple[int, str]]:
    """The master of a pty, and its slave's path."""
    master, slave = os.openpty()
    tty.setraw(master)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


async def opened(path: str, host: Host, wanted: Rs485 = Rs485.AUTO) -> BusPort:
    return await SerialBus(rs485=wanted, host=host)(path, LINE, lambda _data, _t_ns: None, lambda _error: None)


# direction


@pytest.mark.parametrize("flags", [0, RTS_ON_SEND, ENABLED | RTS_ON_SEND])
def test_auto_leaves_the_direction_as_the_driver_has_it(flags: int) -> None:
    driver = Driver(flags)
    direction(Rs485.AUTO, driver)
    assert driver.sets == []


def test_auto_says_so_where_the_kernel_switches_already() -> None:
    assert direction(Rs485.AUTO, Driver(ENABLED | RTS_ON_SEND)) == (
        "p: the kernel switches the RS-485 direction (RTS high while sending)",
    )


def test_the_kernel_is_told_to_switch_with_rts_high_while_sending_where_nothing_else_is_known() -> None:
    """rs485.yaml: "drive RTS low when sending (default is high)"."""
    driver = Driver()
    assert "RTS high while sending" in direction(Rs485.KERNEL, driver)[0]
    assert driver.state[0] == ENABLED | RTS_ON_SEND


def test_levels_delays_and_other_flags_of_the_device_tree_are_kept() -> None:
    driver = Driver(RTS_AFTER_SEND | RX_DURING_TX, before_ms=1, after_ms=2)
    said = direction(Rs485.KERNEL, driver)
    assert driver.state == (ENABLED | RTS_AFTER_SEND | RX_DURING_TX, 1, 2)
    assert said == (
        "p: the kernel switches the RS-485 direction (RTS low while sending, 1 ms before and 2 ms after a frame)",
    )


def test_a_direction_that_is_switched_already_is_not_set_again() -> None:
    driver = Driver(ENABLED | RTS_ON_SEND)
    direction(Rs485.KERNEL, driver)
    assert driver.sets == []


@pytest.mark.parametrize("driver", [Driver(offers=False), no_rs485])
def test_a_driver_that_cannot_switch_is_a_note_when_it_was_asked_to(driver: Ioctl) -> None:
    (said,) = direction(Rs485.KERNEL, driver)
    assert said == (
        "p: the kernel cannot switch the RS-485 direction: its driver does not offer it;"
        " use an adapter that switches by itself, and link.rs485: auto"
    )


def test_a_driver_that_takes_the_wish_and_does_not_heed_it_is_found_out() -> None:
    driver = Driver()

    def deaf(fd: int, request: int, argument: bytes) -> bytes:
        return driver(fd, rs485.TIOCGRS485, argument) if request == rs485.TIOCSRS485 else driver(fd, request, argument)

    assert "its driver does not offer it" in direction(Rs485.KERNEL, deaf)[0]
    driver.state = (ENABLED, 0, 0)
    assert direction(Rs485.OFF, deaf)[0].endswith("and cannot be told not to")


@pytest.mark.parametrize("wanted", [Rs485.AUTO, Rs485.OFF])
@pytest.mark.parametrize("driver", [Driver(offers=False), no_rs485])
def test_nobody_needs_to_know_what_a_driver_lacks_that_was_not_asked_for(wanted: Rs485, driver: Ioctl) -> None:
    assert direction(wanted, driver) == ()


def test_the_kernel_is_told_to_switch_no_more() -> None:
    driver = Driver(ENABLED | RTS_ON_SEND, before_ms=1)
    assert direction(Rs485.OFF, driver) == ("p: the kernel switches the RS-485 direction no more (link.rs485)",)
    assert driver.state == (RTS_ON_SEND, 1, 0)


async def test_a_port_is_opened_with_its_direction_switched_and_says_so(port: tuple[int, str]) -> None:
    driver = Driver()
    bus = await opened(port[1], Host(ioctl=driver), Rs485.KERNEL)
    assert bus.notes == (f"{port[1]}: the kernel switches the RS-485 direction (RTS high while sending)",)
    assert driver.state[0] & ENABLED
    bus.close()


# error counters


class Uart:
    """struct serial_icounter_struct: cts dsr rng dcd rx tx frame overrun parity brk buf_overrun reserved[9]."""

    def __init__(self, first: int = 0) -> None:
        self.counts = [first] * 11

    def count(self, frame: int, overrun: int, parity: int, brk: int, buf_overrun: int) -> None:
        since = (0, 0, 0, 0, 700, 800, frame, overrun, parity, brk, buf_overrun)
        self.counts = [(one + more) % 2**32 for one, more in zip(self.counts, since, strict=True)]

    def __call__(self, _fd: int, request: int, argument: bytes) -> bytes:
        if request != TIOCGICOUNT:
            raise NOTHING_OFFERED
        return struct.pack("11I", *self.counts).ljust(len(argument), b"\0")


async def test_uart_errors_are_those_since_the_port_was_opened(port: tuple[int, str]) -> None:
    uart = Uart(first=1000)
    bus = await opened(port[1], Host(ioctl=uart))
    assert bus.uart_errors() == UartErrors(framing=0, parity=0, overrun=0, breaks=0)
    uart.count(frame=1, overrun=2, parity=4, brk=8, buf_overrun=16)
    assert bus.uart_errors() == UartErrors(framing=1, parity=4, overrun=18, breaks=8)
    bus.close()


def test_uart_counters_wrap_at_32_bits() -> None:
    uart = Uart(first=2**32 - 1)
    counters = UartCounters(3, uart)
    uart.count(frame=3, overrun=0, parity=0, brk=0, buf_overrun=0)
    assert counters.read() == UartErrors(framing=3, parity=0, overrun=0, breaks=0)


async def test_a_pty_keeps_no_uart_errors(port: tuple[int, str]) -> None:
    bus = await opened(port[1], Host())
    assert bus.uart_errors() is None
    bus.close()


async def test_a_closed_port_tells_no_uart_errors(port: tuple[int, str]) -> None:
    bus = await opened(port[1], Host(ioctl=Uart()))
    bus.close()
    assert bus.uart_errors() is None


# latency of USB adapters


class Adapter:
    """/sys/class/tty and the ioctls of a USB adapter whose node is a pty; `refusal`: errno of TIOCSSERIAL, or 0."""

    def __init__(self, root: Path, node: str, timer_ms: int | None, bus: str = "usb-serial", refusal: int = 0) -> None:
        self.host = Host(sysfs=root / "class")
        self.low_latency = False
        self._refusal = refusal
        self._ask = fcntl.ioctl
        self.usb_device = root / "devices" / "1-2"
        tty_device = self.usb_device / "1-2:1.0" / "ttyUSB0"
        for directory in (tty_device, root / "bus" / bus, root / "class" / Path(node).name):
            directory.mkdir(parents=True)
        (root / "class" / Path(node).name / "device").symlink_to(tty_device)
        (tty_device / "subsystem").symlink_to(root / "bus" / bus)
        if timer_ms is not None:
            (tty_device / "latency_timer").write_text(f"{timer_ms}\n")
        self._timer = tty_device / "latency_timer"

    def ioctl(self, fd: int, request: int, argument: "array[int] | bytes | int" = 0, *rest: bool) -> int | bytes:
        if request not in {TIOCGSERIAL, TIOCSSERIAL}:
            return self._ask(fd, request, argument, *rest)
        if request == TIOCSSERIAL and self._refusal:
            raise OSError(self._refusal, os.strerror(self._refusal))
        assert isinstance(argument, array)
        if request == TIOCSSERIAL:
            self.low_latency = bool(argument[4] & ASYNC_LOW_LATENCY)
            if self._timer.exists():
                self._timer.write_text("1\n")  # ftdi_sio.c: what the flag means to the timer
        return 0


async def notes_of(port: str, adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    monkeypatch.setattr(fcntl, "ioctl", adapter.ioctl)
    bus = await opened(port, adapter.host)
    notes = bus.notes
    bus.close()
    return notes


async def test_a_usb_adapter_is_asked_to_hand_over_at_once(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms=16)
    notes = await notes_of(port[1], adapter, monkeypatch)
    assert adapter.low_latency
    assert notes == (f"{port[1]}: the USB adapter hands over what it received every 1 ms",)


async def test_a_refused_low_latency_mode_is_a_note_with_the_timer(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms=16, refusal=errno.EPERM)
    (note,) = await notes_of(port[1], adapter, monkeypatch)
    assert note == (
        f"{port[1]}: the USB adapter hands over what it received every 16 ms;"
        " low-latency mode refused (Operation not permitted)"
    )


async def test_an_adapter_without_a_timer_needs_no_note(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms=None, bus="usb")
    assert await notes_of(port[1], adapter, monkeypatch) == ()
    assert adapter.low_latency


async def test_a_port_that_is_no_usb_adapter_keeps_its_latency(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms=16, bus="platform")
    assert await notes_of(port[1], adapter, monkeypatch) == ()
    assert not adapter.low_latency


@pytest.mark.parametrize(("timer_ms", "grain_ms"), [(16, 20), (255, 259)])
async def test_bytes_may_be_seen_as_late_as_the_adapters_timer_says(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timer_ms: int, grain_ms: int
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms, refusal=errno.EPERM)
    monkeypatch.setattr(fcntl, "ioctl", adapter.ioctl)
    bus = await opened(port[1], adapter.host)
    assert bus.grain_ns == grain_ms * 1_000_000
    bus.close()


async def test_a_pulled_adapter_that_answers_no_question_is_still_one_line(
    port: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = Adapter(tmp_path, port[1], timer_ms=16)

    def gone(_device: serial.Serial, _mode: bool) -> None:
        raise ValueError("Failed to update ASYNC_LOW_LATENCY flag to True: Input/output error")

    monkeypatch.setattr(serial_port.serial.Serial, "set_low_latency_mode", gone)
    (note,) = await notes_of(port[1], adapter, monkeypatch)
    assert "low-latency mode refused (Failed to update" in note


@pytest.mark.parametrize(
    ("number", "own"), [("A50285BI\n", True), ("0001\n", False), ("00000000\n", False), (None, False)]
)
def test_a_factory_serial_number_is_nobodys_own(tmp_path: Path, number: str | None, own: bool) -> None:
    adapter = Adapter(tmp_path, "/dev/ttyUSB0", timer_ms=None)
    (adapter.usb_device / "idVendor").write_text("0403\n")
    if number is not None:
        (adapter.usb_device / "serial").write_text(number)
    assert has_own_serial_number("/dev/ttyUSB0", adapter.host) is own
