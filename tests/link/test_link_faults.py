"""The production poller and master under every row of the fault matrix, in virtual time."""

from functools import lru_cache

import pytest
from fault_bench import Broken, FaultBench, Row, Run, judge
from fault_matrix_more import ROWS

from hil.bus.segment import Delivery
from hil.loop import run_virtual

SEED = "faults"


@lru_cache(maxsize=len(ROWS))
def ran(name: str) -> tuple[Run, dict[int, dict[str, int]], int]:
    """The run of a row, what it counted for each slave, and frames of strangers."""

    async def main() -> tuple[Run, dict[int, dict[str, int]], int]:
        bench = FaultBench(next(row for row in ROWS if row.name == name), SEED)
        run = await bench.run()
        return run, bench.counted, bench.strays

    return run_virtual(main())


rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@rows
def test_no_wrong_value_is_taken_and_the_full_rate_is_back_in_time(row: Row) -> None:
    run, _, _ = ran(row.name)
    fired = {firing.fault for firing in run.firings}
    assert fired == {raw["fault"] for raw in row.faults}, "a fault that never fired proves nothing"
    assert judge(row, run) == set()


@rows
def test_the_fault_is_counted_under_its_own_name(row: Row) -> None:
    _, counted, strays = ran(row.name)
    for slave, got in counted.items():
        wanted = row.counted.get(slave, {})
        for name, count in wanted.items():
            assert got.get(name, 0) >= 1 if count is None else got.get(name, 0) == count, (slave, name, got)
        assert set(got) <= {*wanted, *row.may}, (slave, got)
    assert row.strays is None or strays == row.strays


@pytest.mark.parametrize("row", [row for row in ROWS if row.lasts_s <= 60], ids=lambda row: row.name)
def test_no_wrong_value_is_taken_behind_a_usb_adapter(row: Row) -> None:
    """It hands over every 16 ms what it has: we speak into what we have not heard yet, and lose more, but take none."""

    async def main() -> set[Broken]:
        return judge(row, await FaultBench(row, SEED, Delivery.USB).run())

    assert Broken.WRONG_VALUE not in run_virtual(main())


def test_every_row_has_a_name_of_its_own() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
