"""The yardstick: the least asyncio Modbus RTU master that reads registers at all.

It writes a ready-made frame, waits for as many bytes as the answer has, and checks the CRC. It knows nothing of
echoes, junk, late answers, dead slaves, profiles, states or alarms. `python -m hil.bench.bare` polls one slave.
"""

import argparse
import asyncio
import os
from collections.abc import Callable

from protocols.modbus.crc import crc_ok


class BareMaster:
    """One request at a time; whatever arrives belongs to it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._buffer = b""
        self._wanted = 0
        self._answer: asyncio.Future[bytes] | None = None

    def received(self, data: bytes, _t_ns: int = 0) -> None:
        """Bytes from the line."""
        self._buffer += data
        if self._answer is not None and not self._answer.done() and len(self._buffer) >= self._wanted:
            self._answer.set_result(self._buffer)

    async def read(self, request: bytes, reply_len: int, timeout_s: float) -> bool:
        """One exchange; did a frame with a good CRC arrive in time?"""
        self._buffer, self._wanted = b"", reply_len
        self._answer = asyncio.get_running_loop().create_future()
        self._write(request)
        try:
            async with asyncio.timeout(timeout_s):
                return crc_ok(await self._answer)
        except TimeoutError:
            return False

    async def poll(self, request: bytes, reply_len: int, period_s: float) -> None:
        """The same exchange every `period_s`, for ever."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            await self.read(request, reply_len, period_s)
            due_s += period_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))


async def _poll_port(port: str, baud: int, parity: str, request: bytes, reply_len: int, period_s: float) -> None:
    import serial  # noqa: PLC0415  # only this process opens a port

    with serial.Serial(port, baud, parity=parity, timeout=0) as line:
        master = BareMaster(line.write)
        asyncio.get_running_loop().add_reader(line.fileno(), lambda: master.received(os.read(line.fileno(), 4096)))
        await master.poll(request, reply_len, period_s)


def main() -> None:
    """Poll until ended."""
    parser = argparse.ArgumentParser(description="a bare Modbus RTU master: polls one frame for ever")
    parser.add_argument("port")
    parser.add_argument("baud", type=int)
    parser.add_argument("parity", choices=["N", "E", "O"])
    parser.add_argument("request", type=bytes.fromhex, help="the whole frame in hexadecimal")
    parser.add_argument("reply_len", type=int)
    parser.add_argument("period_s", type=float)
    given = parser.parse_args()
    asyncio.run(_poll_port(given.port, given.baud, given.parity, given.request, given.reply_len, given.period_s))


if __name__ == "__main__":
    main()
