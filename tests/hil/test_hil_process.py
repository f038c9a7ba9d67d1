"""A process on the virtual loop stands still as under SIGSTOP, and goes on as under SIGCONT."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hil.loop import NS_PER_S, run_virtual, running_loop
from hil.process import Process


def on_loop(main: Coroutine[Any, Any, None]) -> None:
    run_virtual(main)


async def ticking(ticks: list[float], period_s: float = 1.0) -> None:
    while True:
        await asyncio.sleep(period_s)
        ticks.append(running_loop().time())


async def cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_a_stopped_process_runs_nothing_and_the_world_goes_on() -> None:
    async def main() -> None:
        inside: list[float] = []
        outside: list[float] = []
        process = Process(running_loop(), "agent")
        tasks = process.start(ticking(inside)), asyncio.create_task(ticking(outside))
        await asyncio.sleep(2.5)
        process.stop()
        await asyncio.sleep(5)
        assert inside == [1, 2]
        assert outside == [1, 2, 3, 4, 5, 6, 7]
        process.go_on()
        await asyncio.sleep(2)
        assert inside == [1, 2, 7.5, 8.5], "the timer that was due fires at once, and the next counts from there"
        await cancelled(*tasks)

    on_loop(main())


def test_what_became_due_while_it_stood_still_runs_in_that_order() -> None:
    async def main() -> None:
        loop, done = running_loop(), list[str]()
        process = Process(loop, "agent")

        def plan() -> None:
            loop.call_later(3, done.append, "third")
            loop.call_later(1, done.append, "first")
            loop.call_later(2, done.append, "second")

        process.run(plan)
        process.stop()
        await asyncio.sleep(4)
        process.go_on()
        loop.call_soon(done.append, "later")
        await asyncio.sleep(0)
        assert done == ["first", "second", "third", "later"]

    on_loop(main())


def test_a_future_set_from_outside_wakes_the_process_only_when_it_goes_on() -> None:
    async def main() -> None:
        loop, got = running_loop(), list[int]()
        answer: asyncio.Future[int] = loop.create_future()

        async def wait() -> None:
            got.append(await answer)

        process = Process(loop, "agent")
        task = process.start(wait())
        await asyncio.sleep(1)
        process.stop()
        answer.set_result(7)
        await asyncio.sleep(1)
        assert got == []
        process.go_on()
        await asyncio.wait([task])
        assert (got, loop.now_ns) == ([7], 2 * NS_PER_S)

    on_loop(main())


def test_tasks_that_a_call_from_outside_starts_belong_to_the_process() -> None:
    async def main() -> None:
        ticks: list[float] = []
        process = Process(running_loop(), "agent")
        task = process.run(lambda: asyncio.get_running_loop().create_task(ticking(ticks)))
        process.stop()
        await asyncio.sleep(3)
        assert ticks == []
        process.go_on()
        await cancelled(task)

    on_loop(main())


def test_two_processes_stand_still_each_for_itself() -> None:
    async def main() -> None:
        first: list[float] = []
        second: list[float] = []
        one, two = Process(running_loop(), "one"), Process(running_loop(), "two")
        tasks = one.start(ticking(first)), two.start(ticking(second))
        await asyncio.sleep(0.5)
        one.stop()
        two.stop()
        two.go_on()
        await asyncio.sleep(2)
        assert (first, second) == ([], [1, 2])
        one.go_on()
        await cancelled(*tasks)

    on_loop(main())


def test_work_for_an_executor_is_done_within_what_the_bench_puts_around_it() -> None:
    class Around:
        def __enter__(self) -> None:
            seen.append("enter")

        def __exit__(self, *_: object) -> None:
            seen.append("exit")

    seen: list[str] = []

    async def main() -> None:
        loop = running_loop()
        loop.set_around_work(Around)
        await loop.run_in_executor(None, seen.append, "work")

    on_loop(main())
    assert seen == ["enter", "work", "exit"]
