"""The bench's port opened again and again: whoever follows the link while the bench renews it is served all the same.

A master opening it in a loop got EIO once in some 3 000 opens: it had followed the link to a pty closed under it.
"""

import asyncio
import os
import select
import tty
from pathlib import Path

import pytest

from hil.bus.pty import PtyPort
from hil.setup import BenchSetup, DeviceSetup
from hil.timeline import RealTimeline
from hil.world import World
from protocols.modbus.pdu import ReadFunction, ReadRequest, encode_request

pytestmark = pytest.mark.process

REQUEST = encode_request(ReadRequest(247, ReadFunction.HOLDING, 0x10, 19))
REPLY_BYTES = 5 + 2 * 19
BENCH = BenchSetup(devices=(DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "open_end"}),))


def opened(node: str | Path) -> int:
    slave = os.open(node, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(slave)
    return slave


async def answer(slave: int) -> int:
    """Ask once; how many bytes came, once they stop coming or are all there."""
    os.write(slave, REQUEST)
    got = b""
    async with asyncio.timeout(20):
        while len(got) < REPLY_BYTES:
            if select.select([slave], [], [], 0)[0]:
                got += os.read(slave, 256)
            await asyncio.sleep(0.005)
    return len(got)


async def renewed(link: Path, node: str) -> None:
    async with asyncio.timeout(20):
        while str(link.readlink()) == node:
            await asyncio.sleep(0)


async def test_who_followed_the_link_just_before_it_was_renewed_is_served(tmp_path: Path) -> None:
    link = tmp_path / "tty"
    port = PtyPort(World(BENCH).connect(RealTimeline()), link)
    try:
        node = str(link.readlink())
        os.close(opened(link))
        await renewed(link, node)
        late = opened(node)
        assert await answer(late) == REPLY_BYTES
        assert str(link.readlink()) == node, "the next one would get a port that nobody serves"
        os.close(late)
        await renewed(link, node)
        following = opened(link)
        assert await answer(following) == REPLY_BYTES
        os.close(following)
    finally:
        port.close()
    assert not link.is_symlink()


async def test_ports_that_were_let_go_do_not_pile_up(tmp_path: Path) -> None:
    link = tmp_path / "tty"
    before = len(list(Path("/proc/self/fd").iterdir()))
    port = PtyPort(World(BENCH).connect(RealTimeline()), link)
    try:
        for _ in range(20):
            node = str(link.readlink())
            os.close(opened(link))
            await renewed(link, node)
    finally:
        port.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
