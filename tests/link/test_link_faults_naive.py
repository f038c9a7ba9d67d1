"""The suite fails the known-bad master: which rows of the matrix the plain pymodbus client breaks, and how.

It takes a wrong value for a right one after a late reply, an answer to another function, and one with fewer or more
registers; it loses readings to one byte of noise, to frames of others, and to an echo; it takes ever longer to find a
port again. Of rows that go on for hours or minutes only what takes seconds to run is run here.
"""

import asyncio

import pytest
from fault_bench import Broken, Row, judge
from fault_matrix_more import ROWS
from link_bench import LINE, MS, Asker, Habit, LinkBench, holding, serial_answer
from naive import TIMEOUT_S, NaiveBench, opened
from pymodbus.client import AsyncModbusSerialClient

from edge_agent.link.outcome import Reply, SlaveTimes
from hil.bus.memory import MEMORY_PORT
from hil.loop import run_virtual
from protocols.modbus.pdu import ReadRequest

SEED = "faults"
SLOW_NS = 100 * MS
"""How long the slave takes for an answer (serial_faults.md, chapter 1)."""


@pytest.mark.parametrize("row", [row for row in ROWS if row.lasts_s <= 60], ids=lambda row: row.name)
def test_the_naive_master_breaks_exactly_what_the_matrix_says(row: Row) -> None:
    async def main() -> set[Broken]:
        return judge(row, await NaiveBench(row, SEED).run())

    assert run_virtual(main()) == row.naive


def test_the_matrix_says_that_it_takes_wrong_values_and_loses_readings() -> None:
    named = {row.name for row in ROWS if Broken.WRONG_VALUE in row.naive}
    assert named == {
        "late reply, during the next request",
        "function 01h instead of 03h",
        "function 02h instead of 03h",
        "function 04h instead of 03h",
        "1 registers fewer",
        "1 registers more",
        "10 registers more",
    }
    assert {"1 bytes 00 before the reply", "1 bytes FF before the reply"} <= {
        row.name for row in ROWS if Broken.LOST in row.naive
    }


def one_late(late_ns: int) -> Habit:
    """The first answer comes late, the others after 100 ms."""

    def habit(request: ReadRequest, serial: int) -> list[tuple[int, bytes]]:
        return [(SLOW_NS + (late_ns if serial == 1 else 0), serial_answer(request, serial))]

    return habit


def test_one_late_reply_shifts_every_later_value_of_the_naive_master_for_ever() -> None:
    async def main() -> None:
        bench = LinkBench({1: one_late(250 * MS)})
        client = AsyncModbusSerialClient(MEMORY_PORT, baudrate=LINE.baud, timeout=TIMEOUT_S)
        client.ctx.call_create = lambda: opened(client, bench.memory)
        await client.connect()
        values = []
        for block in range(30):
            reply = await client.read_holding_registers(100 * block, count=2, device_id=1)
            assert not reply.isError()
            values.append((bench.serial, reply.registers[0]))
        client.close()
        assert all(value == asked - 1 for asked, value in values)

    run_virtual(main())


def test_the_same_late_reply_shifts_nothing_here() -> None:
    async def main() -> None:
        bench = LinkBench({1: one_late(250 * MS)})
        asker: Asker = await bench.master()
        times = SlaveTimes(latency_ns=SLOW_NS, max_late_ns=1000 * MS, min_gap_ns=0)
        outcomes = []
        for block in range(30):
            outcomes.append((await asker.ask(holding(address=100 * block), times), bench.serial))
            await asyncio.sleep(0)
        replies = [(reply.words[0], asked) for reply, asked in outcomes if isinstance(reply, Reply)]
        assert len(replies) == 29
        assert all(value == asked for value, asked in replies)

    run_virtual(main())
