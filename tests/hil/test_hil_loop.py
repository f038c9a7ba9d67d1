"""The virtual loop: exact, ordered, and the same in every process."""

import asyncio
import os
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil import BenchError
from hil.loop import NS_PER_S, Deadlock, NoOutsideWorld, VirtualClock, run_virtual, running_loop

DAY_S = 86_400


def test_time_starts_at_zero_and_jumps_to_the_exact_deadline() -> None:
    async def main() -> tuple[int, int]:
        before = running_loop().now_ns
        await asyncio.sleep(0.1)
        return before, running_loop().now_ns

    assert run_virtual(main()) == (0, 100_000_000)


def test_ten_thousand_tenths_of_a_second_are_exactly_a_thousand_seconds() -> None:
    async def main() -> int:
        for _ in range(10_000):
            await asyncio.sleep(0.1)
        return running_loop().now_ns

    assert run_virtual(main()) == 1000 * NS_PER_S


def test_sleep_and_timeout_are_exact_at_the_end_of_a_day() -> None:
    async def main() -> tuple[int, int]:
        await asyncio.sleep(DAY_S - 1)
        await asyncio.sleep(0.000_000_001)
        after_sleep = running_loop().now_ns
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await asyncio.sleep(10)
        return after_sleep, running_loop().now_ns

    slept = (DAY_S - 1) * NS_PER_S + 1
    assert run_virtual(main()) == (slept, slept + 300_000_000)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_equal_deadlines_run_in_the_order_they_were_set(deadlines_ns: list[int]) -> None:
    ran: list[tuple[int, int]] = []

    async def main() -> None:
        loop = running_loop()
        for index, t_ns in enumerate(deadlines_ns):
            loop.call_at_ns(t_ns, ran.append, (t_ns, index))
        await asyncio.sleep(1)

    run_virtual(main())
    assert ran == sorted((t_ns, index) for index, t_ns in enumerate(deadlines_ns))


def test_time_stands_still_while_anything_is_ready() -> None:
    async def main() -> int:
        asyncio.get_running_loop().call_later(0.001, lambda: None)
        for _ in range(1000):
            await asyncio.sleep(0)
        return running_loop().now_ns

    assert run_virtual(main()) == 0


def test_a_cancelled_timer_does_not_move_time() -> None:
    async def main() -> int:
        running_loop().call_later(5, lambda: None).cancel()
        await asyncio.sleep(10)
        return running_loop().now_ns

    seen: list[int] = []

    async def watched() -> int:
        running_loop().add_time_source(seen.append)
        return await main()

    assert run_virtual(watched()) == 10 * NS_PER_S
    assert seen == [10 * NS_PER_S]


def test_a_time_source_is_advanced_before_anything_due_at_that_instant() -> None:
    order: list[str] = []

    async def main() -> None:
        loop = running_loop()
        loop.call_at_ns(7, order.append, "due")
        loop.add_time_source(lambda t_ns: order.append(f"source {t_ns}"))
        await asyncio.sleep(1e-8)

    run_virtual(main())
    assert order == ["source 7", "due", "source 10"]


def test_a_loop_blocked_without_a_timer_raises_at_once_and_names_the_waiting() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.create_task(forever(), name="the-sleeper")

    with pytest.raises(Deadlock, match=r"at 0 ns .* the-sleeper \(.*forever\)"):
        run_virtual(main())


def test_executors_run_inline_and_hand_over_errors() -> None:
    async def main() -> tuple[int, str]:
        thread = await asyncio.to_thread(threading.get_ident)
        try:
            await asyncio.to_thread(int, "x")
        except ValueError as error:
            return thread, str(error)
        return thread, ""

    thread, error = run_virtual(main())
    assert thread == threading.get_ident()
    assert "invalid literal" in error


def test_another_thread_is_refused() -> None:
    refused: list[BaseException] = []

    async def main() -> None:
        loop = running_loop()

        def intrude() -> None:
            try:
                loop.call_soon_threadsafe(lambda: None)
            except NoOutsideWorld as error:
                refused.append(error)

        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()

    run_virtual(main())
    assert len(refused) == 1


def test_there_are_no_sockets_signals_or_subprocesses() -> None:
    async def main() -> None:
        with pytest.raises(NoOutsideWorld, match="create_connection"):
            await asyncio.open_connection("127.0.0.1", 1)
        with pytest.raises(NoOutsideWorld, match="subprocess_exec"):
            await asyncio.create_subprocess_exec("true")
        with pytest.raises(NoOutsideWorld, match="add_reader"):
            asyncio.get_running_loop().add_reader(0, lambda: None)

    run_virtual(main())


def test_leftover_tasks_are_cancelled_when_main_ends() -> None:
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("cancelled")

    async def main() -> None:
        main.task = asyncio.create_task(forever())  # type: ignore[attr-defined]
        await asyncio.sleep(1)

    run_virtual(main())
    assert ended == ["cancelled"]


def test_the_virtual_clock_is_the_loop_and_its_wall_can_step() -> None:
    clock = VirtualClock(unix_ns=1_000)

    async def main() -> tuple[int, int, int]:
        await asyncio.sleep(1e-6)
        before = clock.wall().unix_ns
        clock.step_wall(-500)
        return clock.now_ns(), before, clock.wall().unix_ns

    assert run_virtual(main()) == (1_000, 2_000, 1_500)


def test_a_real_loop_is_not_taken_for_a_virtual_one() -> None:
    async def main() -> None:
        running_loop()

    with pytest.raises(BenchError, match="run_virtual"):
        asyncio.run(main())


TRACE = """
import asyncio
from hil.loop import run_virtual, running_loop

async def worker(name, trace):
    try:
        await asyncio.sleep(100)
    except asyncio.CancelledError:
        trace.append(name)
        raise

async def main():
    trace = []
    try:
        async with asyncio.TaskGroup() as group:
            for i in range(40):
                group.create_task(worker(f"w{i}", trace), name=f"w{i}")
            await asyncio.sleep(0.5)
            raise RuntimeError
    except* RuntimeError:
        pass
    done, _ = await asyncio.wait([asyncio.create_task(asyncio.sleep(0, i)) for i in range(20)])
    trace += [task.result() for task in done]
    print(running_loop().now_ns, trace)

run_virtual(main())
"""


@pytest.mark.process
def test_two_processes_with_different_hash_seeds_give_the_same_trace() -> None:
    def trace(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", f"x = [object() for _ in range({int(hash_seed) * 997})]\n{TRACE}"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    first = trace("1")
    assert first.startswith("500000000 ['w")
    assert trace("2") == first
    assert trace("3") == first
