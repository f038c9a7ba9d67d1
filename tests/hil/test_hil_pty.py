"""The segment as a pty: any program's serial port, opened again and again, with 8E1 too."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import serial

from hil import BenchError
from hil.bus.pty import PtyPort
from hil.control import Control, control_path, poke
from hil.setup import BenchSetup, DeviceSetup
from hil.timeline import RealTimeline
from hil.world import World
from protocols.modbus.pdu import ReadRequest, encode_request
from sim.stimuli import Effect, Stimulus

CHV180 = DeviceSetup(profile="invt-chv180")
ANSWER_WITHIN_S = 5.0


@asynccontextmanager
async def served(link: Path) -> AsyncIterator[World]:
    world = World(BenchSetup(devices=(CHV180,)))
    port = PtyPort(world.connect(RealTimeline()), link)
    try:
        yield world
    finally:
        port.close()


@contextmanager
def opened(link: Path) -> Iterator[serial.Serial]:
    with serial.Serial(str(link), 19200, parity=serial.PARITY_EVEN, timeout=ANSWER_WITHIN_S, exclusive=True) as port:
        yield port


def ask(link: Path, request: ReadRequest) -> bytes:
    with opened(link) as port:
        port.write(encode_request(request))
        return bytes(port.read(request.reply_len))


async def test_an_8e1_port_opens_and_answers_as_often_as_one_likes(tmp_path: Path) -> None:
    link = tmp_path / "ttyLIFT"
    async with served(link) as world:
        device = world.devices[0]
        request = device.layout.blocks[0].request(device.slave)
        for _ in range(5):
            answer = await asyncio.to_thread(ask, link, request)
            assert len(answer) == request.reply_len
            assert answer[:2] == bytes((device.slave, int(request.function)))


async def test_what_a_user_left_unread_is_not_kept_for_the_next(tmp_path: Path) -> None:
    link = tmp_path / "ttyLIFT"

    def rude(request: bytes) -> None:
        with opened(link) as port:
            port.write(request)

    async with served(link) as world:
        device = world.devices[0]
        request = device.layout.blocks[0].request(device.slave)
        await asyncio.to_thread(rude, encode_request(request))
        await asyncio.sleep(0.2)
        with opened(link) as port:
            await asyncio.sleep(0.05)
            assert port.in_waiting == 0


async def test_the_link_is_gone_with_the_port(tmp_path: Path) -> None:
    link = tmp_path / "ttyLIFT"
    async with served(link):
        assert link.is_symlink()
        assert link.readlink().is_char_device()
    assert not link.is_symlink()


async def test_a_stale_link_is_replaced_and_a_file_is_left_alone(tmp_path: Path) -> None:
    stale, file = tmp_path / "stale", tmp_path / "file"
    stale.symlink_to("/dev/pts/99999")
    file.write_text("mine", encoding="utf-8")
    async with served(stale):
        assert stale.readlink() != Path("/dev/pts/99999")
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(BenchError, match="exists and is not a virtual port's link; choose another path"):
        async with served(file):
            pass
    assert file.read_text(encoding="utf-8") == "mine"
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


async def test_a_poke_reaches_the_bench_and_its_effect_comes_back(tmp_path: Path) -> None:
    link, done = tmp_path / "ttyLIFT", []

    def act(stimulus: Stimulus, for_s: float | None) -> Effect:
        done.append((stimulus, for_s))
        return Effect.ARMED

    control = Control(link, act)
    await control.start()
    try:
        effect = await asyncio.to_thread(poke, link, Stimulus.HOLD_DOOR, 30.0)
        with pytest.raises(BenchError, match="another bench serves this port"):
            await Control(link, act).start()
    finally:
        control.close()
    assert (effect, done) == (Effect.ARMED, [(Stimulus.HOLD_DOOR, 30.0)])
    assert not control_path(link).exists()
    with pytest.raises(BenchError, match="no bench serves this port; start one: liftwarden hil serve --link"):
        poke(link, Stimulus.RELEASE)


async def test_a_path_too_long_for_a_socket_is_named_as_that(tmp_path: Path) -> None:
    link = tmp_path / ("x" * 120)
    with pytest.raises(BenchError, match="cannot listen: AF_UNIX path too long; choose a writable directory"):
        await Control(link, lambda _stimulus, _for_s: Effect.NOW).start()


async def test_the_socket_of_a_dead_bench_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "ttyLIFT"
    control_path(link).write_text("", encoding="utf-8")
    control = Control(link, lambda _stimulus, _for_s: Effect.NOW)
    await control.start()
    try:
        assert await asyncio.to_thread(poke, link, Stimulus.RELEASE) is Effect.NOW
    finally:
        control.close()
