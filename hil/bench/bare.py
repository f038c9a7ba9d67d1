"""The yardstick: the least asyncio Modbus RTU master that reads registers at all.

It writes a ready-made frame, waits for as many bytes as the answer has, and checks the CRC. It knows nothing of
echoes, junk, late answers, dead slaves, profiles, states or alarms. `python -m hil.bench.bare` polls one slave.
"""

import argparse
import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Self

from protocols.modbus.crc import crc_ok
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadRequest, encode_request

_ANSWER_WITHIN_S: Final = 1.0


class Ask(NamedTuple):
    """A frame to be sent, how long its answer is, and how often; period 0 is as fast as the line lets it."""

    frame: bytes
    reply_len: int
    period_s: float

    @classmethod
    def of(cls, request: ReadRequest, period_s: float = 0.0) -> Self:
        """What asks for `request`."""
        return cls(encode_request(request), request.reply_len, period_s)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gives: frame in hexadecimal, length of the answer, period."""
        frame, reply_len, period_s = text.split(":")
        return cls(bytes.fromhex(frame), int(reply_len), float(period_s))

    def __str__(self) -> str:
        return f"{self.frame.hex()}:{self.reply_len}:{self.period_s!r}"


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

    async def read(self, ask: Ask) -> bool:
        """One exchange; did a frame with a good CRC arrive in time?"""
        self._buffer, self._wanted = b"", ask.reply_len
        self._answer = asyncio.get_running_loop().create_future()
        self._write(ask.frame)
        try:
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                return crc_ok(await self._answer)
        except TimeoutError:
            return False

    async def poll(self, asks: Sequence[Ask], silence_s: float) -> None:
        """Each ask at its period, for ever, with `silence_s` between two exchanges."""
        loop = asyncio.get_running_loop()
        due_s = dict.fromkeys(asks, loop.time())
        while True:
            ask = min(asks, key=due_s.__getitem__)
            await self.read(ask)
            due_s[ask] = max(due_s[ask] + ask.period_s, loop.time())
            await asyncio.sleep(max(silence_s, min(due_s.values()) - loop.time()))


async def _poll_port(port: str, line: LineSettings, asks: Sequence[Ask]) -> None:
    import serial  # noqa: PLC0415  # only this process opens a port

    with serial.Serial(port, line.baud, parity=line.parity.value, timeout=0) as device:
        master = BareMaster(device.write)
        fd = device.fileno()
        asyncio.get_running_loop().add_reader(fd, lambda: master.received(os.read(fd, 4096)))
        await master.poll(asks, line.t35_ns / 1e9)


def main() -> None:
    """Poll until ended."""
    parser = argparse.ArgumentParser(description="a bare Modbus RTU master: polls frames for ever")
    parser.add_argument("port")
    parser.add_argument("line", type=LineSettings.parse, help='as in "9600 8N1"')
    parser.add_argument(
        "asks", type=Ask.parse, nargs="+", metavar="FRAME:LENGTH:SECONDS", help="period 0: as fast as the line lets it"
    )
    given = parser.parse_args()
    asyncio.run(_poll_port(given.port, given.line, given.asks))


if __name__ == "__main__":
    main()
