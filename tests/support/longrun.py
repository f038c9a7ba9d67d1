"""A long run of many numbered tasks: on all cores, remembered on disk, to be interrupted and gone on with."""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Final, Generic, TypeVar

import msgspec

ROOT: Final = Path(__file__).resolve().parents[2]
Result = TypeVar("Result")


class Memory(msgspec.Struct, Generic[Result]):
    """What is done so far `of` one thing: of one state of the sources, one seed, one size."""

    of: str
    done: dict[int, Result] = {}


def fingerprint(sources: Sequence[str]) -> str:
    """The files of these patterns, as they are now."""
    digest = hashlib.sha256()
    for path in sorted(path for source in sources for path in ROOT.glob(source)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def remembered(path: Path, of: str, result: type[Result]) -> Memory[Result]:
    """What was done of the same thing; nothing otherwise."""
    try:
        memory = msgspec.json.decode(path.read_bytes(), type=Memory[result])  # type: ignore[valid-type]
    except (FileNotFoundError, msgspec.DecodeError):
        return Memory(of)
    return memory if memory.of == of else Memory(of)


def remember(path: Path, memory: Memory[Result]) -> None:
    """Put it on disk in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(memory))
    fresh.replace(path)


def finished(task: Callable[[int], Result], numbers: Sequence[int], jobs: int) -> Iterator[tuple[int, Result]]:
    """Each number's result as it is done, in `jobs` processes; no more than two a process are waiting.

    Ctrl-C ends the processes and is raised.
    """
    left, running = list(reversed(numbers)), dict[Future[Result], int]()
    with ProcessPoolExecutor(jobs) as pool:
        try:
            while left or running:
                while left and len(running) < 2 * jobs:
                    number = left.pop()
                    running[pool.submit(task, number)] = number
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield running.pop(future), future.result()
        except KeyboardInterrupt:
            end(pool)
            raise


def end(pool: ProcessPoolExecutor) -> None:
    """Leave nothing running."""
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in multiprocessing.active_children():
        worker.terminate()
