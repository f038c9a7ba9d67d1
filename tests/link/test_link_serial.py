"""The serial port on real ptys: opened, held, refused, lost; every refusal one line that ends with what to do."""

import asyncio
import errno
import fcntl
import os
import subprocess
import sys
import termios
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from link_bench import LINE, TIMES, answer_with, holding

from edge_agent.clock import SystemClock
from edge_agent.link import bus, port_errors, serial_port
from edge_agent.link.bus import Bus
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply
from edge_agent.link.serial_port import SerialBus
from edge_agent.link.tty_kernel import UartCounters, ask_kernel
from edge_agent.ports import BusPort, PortError
from hil.bus.pty import PtyPort
from hil.bus.segment import Segment
from hil.timeline import RealTimeline
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import encode_request

EVEN = LineSettings.parse("19200 8E1")
TIOCGEXCL = 0x80045440
"""Linux asm-generic/ioctls.h: whether a terminal is exclusive."""


class Pty:
    """A plain pty behind a symlink; `pull` is the hand that unplugs the adapter."""

    def __init__(self, link: Path) -> None:
        self.master, self._slave = os.openpty()
        tty.setraw(self.master)
        self.link = link
        link.symlink_to(os.ttyname(self._slave))

    @property
    def port(self) -> str:
        return str(self.link)

    def pull(self) -> None:
        for fd in (self._slave, self.master):
            if fd >= 0:
                os.close(fd)
        self._slave = self.master = -1


@pytest.fixture
def pty(tmp_path: Path) -> Iterator[Pty]:
    made = Pty(tmp_path / "port")
    yield made
    made.pull()


class Ears:
    """What a port told its opener."""

    def __init__(self) -> None:
        self.bytes: list[tuple[bytes, int]] = []
        self.lost: list[PortError] = []
        self.news = asyncio.Event()

    def heard(self, data: bytes, t_ns: int) -> None:
        self.bytes.append((data, t_ns))
        self.news.set()

    def gone(self, error: PortError) -> None:
        self.lost.append(error)
        self.news.set()

    async def told(self) -> None:
        async with asyncio.timeout(10):
            await self.news.wait()
        self.news.clear()


async def opened(port: str, ears: Ears | None = None, line: LineSettings = LINE) -> BusPort:
    ears = Ears() if ears is None else ears
    return await SerialBus()(port, line, ears.heard, ears.gone)


async def refusal(port: str) -> str:
    before = open_fds()
    with pytest.raises(PortError) as caught:
        await opened(port)
    assert open_fds() == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def open_fds() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # the listing's own fd is in both counts


# opening


async def test_even_parity_opens_again_and_again_on_a_plain_pty(pty: Pty) -> None:
    for _ in range(3):
        port = await opened(pty.port, line=EVEN)
        assert "parity E of 19200 8E1 not set: this is a pseudo-terminal" in port.notes[0]
        port.close()


async def test_no_parity_needs_no_note(pty: Pty) -> None:
    port = await opened(pty.port)
    assert port.notes == ()
    port.close()


async def test_even_parity_is_read_over_a_virtual_port_again_after_reopening(tmp_path: Path) -> None:
    segment = Segment(RealTimeline(), EVEN)
    serving = PtyPort(segment, tmp_path / "port")

    def heard(_data: bytes, _t_ns: int) -> None:
        end.send(answer_with(1, 3, [7, 8]))

    end = segment.attach("slave", heard)
    bus = Bus(SerialBus(), str(serving.link), EVEN)
    master = RtuMaster(bus, EVEN, SystemClock())
    for _ in range(2):
        await bus.open()
        before_ns = time.monotonic_ns()
        reply = await master.transact(holding(), TIMES)
        assert isinstance(reply, Reply), reply
        assert reply.words == (7, 8)
        assert before_ns + EVEN.wire_ns(8) <= reply.request_end_ns <= reply.reply_start_ns <= time.monotonic_ns()
        bus.close()
    serving.close()


async def test_an_answer_sooner_than_a_wire_carries_it_is_sampled_between_sending_and_hearing(pty: Pty) -> None:
    """The other end of a plain pty does not pace: a stamp in the future would make the value too young."""
    loop = asyncio.get_running_loop()
    loop.add_reader(pty.master, lambda: os.write(pty.master, answer_with(os.read(pty.master, 8)[0], 3, [1, 2])))
    bus = Bus(SerialBus(), pty.port, LINE)
    master = RtuMaster(bus, LINE, SystemClock())
    await bus.open()
    reply = await master.transact(holding(), TIMES)
    assert isinstance(reply, Reply), reply
    assert reply.request_end_ns <= reply.reply_start_ns <= time.monotonic_ns()
    loop.remove_reader(pty.master)
    bus.close()


@pytest.mark.parametrize("kernel_has", [answer_with(1, 3, [7, 8]), encode_request(holding(address=0x20))])
async def test_what_the_kernel_has_when_our_turn_begins_is_evidence_and_no_answer(pty: Pty, kernel_has: bytes) -> None:
    """An old answer of the right shape is none; behind another master's request neither is the next one."""
    bus = Bus(SerialBus(), pty.port, LINE)
    master = RtuMaster(bus, LINE, SystemClock())
    await bus.open()
    await master.transact(holding(slave=9), TIMES)
    await asyncio.sleep(0.02)
    os.read(pty.master, 8)
    os.write(pty.master, kernel_has)
    loop = asyncio.get_running_loop()
    if kernel_has[1:3] == b"\x03\x00":  # a request: answer him once we have asked
        loop.add_reader(pty.master, lambda: os.write(pty.master, answer_with(os.read(pty.master, 8)[0], 3, [1, 2])))
    ended = await master.transact(holding(), TIMES)
    loop.remove_reader(pty.master)
    assert isinstance(ended, Failure)
    assert ended.kind is FailureKind.TIMEOUT
    bus.close()


# refusals


async def test_a_missing_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    said = await refusal(str(tmp_path / "ttyUSB7"))
    assert said.startswith(f"{tmp_path}/ttyUSB7: no such port")
    assert said.endswith("plug the adapter in, or name another in link.port")


async def test_a_port_without_permission_names_the_group(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    really_open = os.open

    def forbidden(path: str, *args: int, **options: int) -> int:
        if path == pty.port:
            raise PermissionError(13, "Permission denied", path)
        return really_open(path, *args, **options)

    monkeypatch.setattr(os, "open", forbidden)
    monkeypatch.setattr(port_errors, "_group_of", lambda _port: "dialout")
    monkeypatch.setattr(port_errors, "_user", lambda: "lift")
    said = await refusal(pty.port)
    assert said == (
        f"{pty.port}: user lift may not open it; add the user to its group: "
        "sudo usermod -aG dialout lift, then start anew"
    )


def test_a_port_that_belongs_to_nobodys_group_names_the_usual_one(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch(mode=0o600)
    assert port_errors._group_of(str(port)) == "dialout"


async def test_a_held_port_names_its_holder(pty: Pty) -> None:
    hold = "import serial, sys; s = serial.Serial(sys.argv[1], exclusive=True); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, pty.port], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        said = await refusal(pty.port)
        assert f"(pid {holder.pid})" in said
        assert said.endswith("end that first, only one master may be on the bus")
        holder.communicate(b"\n")
    (await opened(pty.port)).close()


async def test_a_port_held_by_ourselves_is_refused_too(pty: Pty) -> None:
    port = await opened(pty.port)
    assert f"(pid {os.getpid()})" in await refusal(pty.port)
    port.close()


@pytest.mark.parametrize("kind", ["file", "directory"])
async def test_what_is_no_terminal_is_said_in_plain_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """pyserial's own text of it is "(25, 'Inappropriate ioctl for device')"."""
    monkeypatch.setattr(port_errors, "_others", lambda: "")
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    said = await refusal(str(tmp_path / kind))
    assert said == f"{tmp_path / kind}: is not a serial port; name a serial port in link.port"


async def test_a_speed_that_the_driver_refuses_is_named(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_fd: int, _when: int, _settings: list[int]) -> None:
        raise termios.error(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(termios, "tcsetattr", refuse)
    assert await refusal(pty.port) == (
        f"{pty.port}: the adapter does not take {LINE}; set another link.line, or use another adapter"
    )


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOENT, "no such port; plug the adapter in, or name another in link.port"),
        (errno.ENXIO, "no such port; plug the adapter in, or name another in link.port"),
        (
            errno.EIO,
            "no adapter answers behind this name; unplug it and plug it in again, or name another in link.port",
        ),
        (errno.EBUSY, "held by another program; end that first, only one master may be on the bus"),
        (errno.EPROTO, "cannot be used as a serial port: Protocol error; name a serial port in link.port"),
    ],
)
async def test_whatever_the_kernel_refuses_with_ends_with_what_to_do(
    pty: Pty, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    really_open = os.open

    def refuse(path: str, *args: int, **options: int) -> int:
        if path == pty.port:
            raise OSError(number, os.strerror(number), path)
        return really_open(path, *args, **options)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(port_errors, "holder_of", lambda _port: None)
    monkeypatch.setattr(port_errors, "_others", lambda: "")
    assert await refusal(pty.port) == f"{pty.port}: {told}"


def test_the_liftwarden_agent_is_named_as_the_holder(pty: Pty) -> None:
    hold = "import os, sys; os.open(sys.argv[3], os.O_RDWR | os.O_NOCTTY); print('held', flush=True); input()"
    command = [sys.executable, "-c", hold, "-m", "edge_agent", pty.port]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert port_errors.holder_of(pty.port) == f"the liftwarden agent (pid {holder.pid})"
        told = str(port_errors.open_error(pty.port, errno.EBUSY, "busy"))
        assert f"held by the liftwarden agent (pid {holder.pid}); borrow it with --take-port 10m" in told
        holder.communicate(b"\n")


@pytest.mark.parametrize("is_pty", [True, False])
async def test_exclusive_use_by_the_kernel_is_asked_for_on_real_ports_only(
    pty: Pty, monkeypatch: pytest.MonkeyPatch, is_pty: bool
) -> None:
    """A pty stays exclusive after its last close, and could never be opened again."""
    monkeypatch.setattr(serial_port, "_is_pty", lambda _port: is_pty)
    port = await opened(pty.port)
    assert isinstance(port, serial_port.SerialPort)
    exclusive = int.from_bytes(fcntl.ioctl(port._fd, TIOCGEXCL, bytes(4)), sys.byteorder)
    fcntl.ioctl(port._fd, termios.TIOCNXCL)
    port.close()
    assert bool(exclusive) is not is_pty


@pytest.mark.parametrize("is_pty", [True, False])
async def test_only_a_pty_is_known_to_take_no_time(pty: Pty, monkeypatch: pytest.MonkeyPatch, is_pty: bool) -> None:
    monkeypatch.setattr(serial_port, "_is_pty", lambda _port: is_pty)
    port = await opened(pty.port)
    assert port.takes_time is not is_pty
    assert isinstance(port, serial_port.SerialPort)
    fcntl.ioctl(port._fd, termios.TIOCNXCL)
    port.close()


async def test_an_adapter_pulled_while_it_is_opened_is_one_line(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = fcntl.ioctl

    def pulled(fd: int, request: int, *rest: bytes) -> int | bytes:
        if request == termios.TIOCEXCL:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return ask(fd, request, *rest)

    monkeypatch.setattr(serial_port, "_is_pty", lambda _port: False)
    monkeypatch.setattr(fcntl, "ioctl", pulled)
    assert "no adapter answers behind this name" in await refusal(pty.port)


async def test_a_driver_that_hangs_in_open_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The device that comes after all is closed, not leaked."""
    opens, closed = threading.Event(), threading.Event()

    class Late(serial_port.serial.Serial):
        def close(self) -> None:
            closed.set()

    def hangs(_self: SerialBus, _port: str, _line: LineSettings) -> serial_port.Claimed:
        opens.wait(60)
        return serial_port.Claimed(Late(), (), UartCounters(-1, ask_kernel), 0)

    monkeypatch.setattr(SerialBus, "_claim", hangs)
    monkeypatch.setattr(bus, "OPEN_WITHIN_S", 0.05)
    with pytest.raises(PortError, match=r"opening it took more than 0\.05 s; unplug the adapter"):
        await Bus(SerialBus(), "/dev/ttyHANGS", LINE).open()
    opens.set()
    assert await asyncio.to_thread(closed.wait, 60)


# traffic


async def test_bytes_arrive_with_the_monotonic_instant_of_reading(pty: Pty) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    before_ns = time.monotonic_ns()
    os.write(pty.master, b"\x01\x02")
    await ears.told()
    ((data, t_ns),) = ears.bytes
    assert data == b"\x01\x02"
    assert before_ns <= t_ns <= time.monotonic_ns()
    port.close()


async def test_a_frame_is_drained_no_sooner_than_a_wire_carries_it(pty: Pty) -> None:
    port = await opened(pty.port)
    before_ns = time.monotonic_ns()
    port.write(b"\x00" * 8)
    await port.drained()
    assert time.monotonic_ns() - before_ns >= LINE.wire_ns(8)
    assert os.read(pty.master, 100) == b"\x00" * 8
    port.close()


async def test_what_the_kernel_has_is_delivered_at_once_when_asked_for(pty: Pty) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    os.write(pty.master, b"old")
    port.deliver_input()
    port.deliver_input()
    assert ears.news.is_set()
    await ears.told()
    assert [data for data, _ in ears.bytes] == [b"old"]
    os.write(pty.master, b"new")
    await ears.told()
    assert [data for data, _ in ears.bytes] == [b"old", b"new"]
    port.close()


async def test_asking_a_port_that_never_ends_for_its_bytes_ends(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    os.write(pty.master, b"what is left")
    monkeypatch.setattr(serial_port.os, "read", lambda _fd, size: bytes(size))
    port.deliver_input()
    monkeypatch.undo()
    port.deliver_input()
    assert {data.strip(b"\x00") for data, _ in ears.bytes} == {b""}
    port.close()


async def test_a_port_found_unplugged_when_asked_for_its_bytes_is_lost(pty: Pty) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    pty.pull()
    port.deliver_input()
    assert len(ears.lost) == 1


async def test_a_port_that_is_ready_with_nothing_to_read_is_not_lost(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    assert isinstance(port, serial_port.SerialPort)
    port._readable()
    assert ears.lost == []
    port.close()


async def test_an_adapter_that_takes_nothing_is_an_error_not_a_wait(pty: Pty) -> None:
    port = await opened(pty.port)
    with pytest.raises(PortError, match="takes no data; unplug it"):
        port.write(bytes(100_000))
    port.close()


# losing


async def test_an_unplugged_port_is_lost_once(pty: Pty) -> None:
    ears = Ears()
    before = open_fds()
    port = await opened(pty.port, ears)
    pty.pull()
    await ears.told()
    await asyncio.sleep(0)
    assert [str(error) for error in ears.lost] == [f"{pty.port}: the adapter was unplugged; plug it in again"]
    with pytest.raises(PortError, match="not open any more"):
        port.write(b"\x00")
    port.deliver_input()
    await port.drained()
    port.close()
    assert len(ears.lost) == 1
    assert open_fds() == before - 2


async def test_a_port_that_reads_nothing_is_lost(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    ears = Ears()
    await opened(pty.port, ears)
    monkeypatch.setattr(serial_port.os, "read", lambda _fd, _size: b"")
    os.write(pty.master, b"\x00")
    await ears.told()
    assert len(ears.lost) == 1


async def test_a_virtual_port_taken_away_is_lost_once_and_read_again_when_it_is_back(tmp_path: Path) -> None:
    segment = Segment(RealTimeline(), LINE)
    serving = PtyPort(segment, tmp_path / "port")
    ears = Ears()
    await opened(str(serving.link), ears)
    serving.close()
    await ears.told()
    assert len(ears.lost) == 1
    assert "no such port" in await refusal(str(tmp_path / "port"))
    serving = PtyPort(segment, tmp_path / "port")
    (await opened(str(serving.link), ears)).close()
    serving.close()


async def test_opening_and_closing_leaves_no_descriptor_open(pty: Pty) -> None:
    before = open_fds()
    for _ in range(20):
        port = await opened(pty.port)
        port.close()
        port.close()
    assert open_fds() == before


async def test_nothing_is_heard_from_a_closed_port(pty: Pty) -> None:
    ears = Ears()
    port = await opened(pty.port, ears)
    os.write(pty.master, b"\x00")
    port.close()
    await asyncio.sleep(0.01)
    assert (ears.bytes, ears.lost) == ([], [])


def test_a_process_whose_files_nobody_may_see_holds_nothing_we_can_name() -> None:
    assert port_errors.holder_of("/no/such/port") is None


def test_every_settings_of_the_line_reaches_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(serial_port.serial, "Serial", lambda _port, **options: asked.append(options))
    serial_port._opened("port", "port", EVEN, EVEN.parity)
    wanted = {"baudrate": 19200, "bytesize": 8, "parity": "E", "stopbits": 1}
    assert [wanted | asking for asking in asked] == asked
