"""Virtual time: an event loop that lives in integer nanoseconds and never waits.

Time starts at 0 and jumps to the exact next deadline, and only when nothing is ready to run. Callbacks with equal
deadlines run in the order they were scheduled, unless the loop is told to shuffle what is ready. A loop that is blocked
without a timer raises `Deadlock` at once. Executors run inline, other threads are refused, and there are no sockets,
pipes, signals or subprocesses.
`asyncio.sleep` and `asyncio.timeout` are exact to the nanosecond for the first 24 virtual days (float seconds).
"""

import asyncio
import asyncio.base_events
import contextlib
import contextvars
import heapq
import random
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar, TypeVarTuple, Unpack, final

from edge_agent.ports import WallTime
from hil import BenchError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

NS_PER_S: Final = 1_000_000_000
NOON_2026_UNIX_NS: Final = 1_767_268_800 * NS_PER_S
"""2026-01-01T12:00:00Z: where virtual wall clocks start."""


class Deadlock(BenchError, RuntimeError):
    """Nothing is ready, no timer is set: nobody could ever wake the pending tasks."""


class NoOutsideWorld(BenchError, NotImplementedError):
    """A virtual loop has no sockets, pipes, signals, subprocesses or other threads."""


Gate = Callable[[asyncio.Handle], bool]
"""Whether a callback may run now; if not, the gate keeps it."""
AroundWork = Callable[[], AbstractContextManager[None]]


class _Serial:
    """Hashes by order of first use on the loop, so that sets of tasks iterate alike in every process."""

    _serial: int

    def __hash__(self) -> int:
        try:
            return self._serial
        except AttributeError:
            self._serial = self.get_loop().next_serial()  # type: ignore[attr-defined]  # asyncio's class comes later
            return self._serial


class _SerialTask(_Serial, asyncio.Task[T]):
    """A task with a serial hash."""


class _SerialFuture(_Serial, asyncio.Future[T]):
    """A future with a serial hash."""


def _task_factory(
    loop: asyncio.AbstractEventLoop, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any
) -> asyncio.Task[T]:
    return _SerialTask(coro, loop=loop, **options)


def _refuse(name: str) -> Callable[..., Any]:
    def refused(*_args: object, **_options: object) -> Any:
        raise NoOutsideWorld(f"{name}: a virtual loop has no outside world; use the real-time bench for this")

    return refused


@final
class VirtualLoop(asyncio.base_events.BaseEventLoop):
    """An asyncio loop on virtual time. Two runs of the same program give the same trace, in any process."""

    _scheduled: list[tuple[int, int, asyncio.TimerHandle]]
    _ready: deque[asyncio.Handle]
    _stopping: bool

    def __init__(self, shuffle: random.Random | None = None) -> None:
        """`shuffle`: callbacks that are ready at one instant run in an order drawn from it, to find hidden races."""
        self._shuffle = shuffle
        self._now_ns = 0
        self._order = 0
        self._serials = 0
        self._time_sources: list[Callable[[int], None]] = []
        self._gate: Gate | None = None
        self._around_work: AroundWork = contextlib.nullcontext
        self._owner = threading.get_ident()
        super().__init__()
        self.set_task_factory(_task_factory)

    @property
    def now_ns(self) -> int:
        """The present instant: ns since the loop was made."""
        return self._now_ns

    def time(self) -> float:
        """The present instant in seconds, as asyncio asks for it."""
        return self._now_ns / NS_PER_S

    def next_serial(self) -> int:
        """A number nobody else on this loop has."""
        self._serials += 1
        return self._serials

    def add_time_source(self, advance_to: Callable[[int], None]) -> None:
        """Call `advance_to(t_ns)` at every jump, before anything that is due at t_ns runs."""
        self._time_sources.append(advance_to)

    def set_gate(self, gate: "Gate | None") -> None:
        """Ask `gate` before each callback; what it keeps does not run until it is given back to `resume`."""
        self._gate = gate

    def resume(self, kept: Iterable[asyncio.Handle]) -> None:
        """Run what a gate kept, in this order, before anything that is scheduled from now on."""
        self._ready.extend(kept)

    def set_around_work(self, around: "AroundWork") -> None:
        """Enter `around()` for each piece of work that goes to an executor."""
        self._around_work = around

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback(*args)` at `when_ns`, or at once if that is past."""
        handle = asyncio.TimerHandle(when_ns / NS_PER_S, callback, args, self, context)
        self._order += 1
        heapq.heappush(self._scheduled, (when_ns, self._order, handle))
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback(*args)` at `when` seconds of this loop."""
        return self.call_at_ns(round(when * NS_PER_S), callback, *args, context=context)

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback(*args)` in `delay` seconds, rounded to the ns once."""
        return self.call_at_ns(self._now_ns + round(delay * NS_PER_S), callback, *args, context=context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Ts]], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """As call_soon; another thread has no place on a virtual loop and raises NoOutsideWorld."""
        if threading.get_ident() != self._owner:
            raise NoOutsideWorld("another thread called into a virtual loop: run its work inline")
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: object, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        """Run `func(*args)` here and now, whatever the executor."""
        future: asyncio.Future[T] = self.create_future()
        try:
            with self._around_work():
                future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  # the caller's, and it reaches the caller through the future
            future.set_exception(error)
        return future

    def create_future(self) -> asyncio.Future[Any]:
        """A future with a serial hash."""
        return _SerialFuture(loop=self)

    def _run_once(self) -> None:
        self._forget_cancelled()
        if not self._ready:
            self._jump()
        timers, ready, now_ns = self._scheduled, self._ready, self._now_ns
        while timers and timers[0][0] <= now_ns:
            ready.append(heapq.heappop(timers)[2])
        if self._shuffle is not None and len(ready) > 1:
            self._shuffle.shuffle(ready)
        gate = self._gate
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled and (gate is None or gate(handle)):
                handle._run()

    def _forget_cancelled(self) -> None:
        timers = self._scheduled
        while timers and timers[0][2]._cancelled:
            heapq.heappop(timers)

    def _jump(self) -> None:
        if not self._scheduled:
            if self._stopping:
                return
            raise Deadlock(f"at {self._now_ns} ns nothing is ready and no timer is set; waiting: {self._pending()}")
        when_ns = self._scheduled[0][0]
        if when_ns <= self._now_ns or self._stopping:
            return
        self._now_ns = when_ns
        for advance_to in self._time_sources:
            advance_to(when_ns)

    def _pending(self) -> str:
        names = (
            f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})" for task in asyncio.all_tasks(self)
        )
        return ", ".join(sorted(names))

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """Cancelled timers leave the heap when they come up."""

    def _write_to_self(self) -> None:
        """There is no other thread to wake us from."""

    def _process_events(self, event_list: object) -> None:
        """There is no selector."""


_OUTSIDE: Final = (
    "add_reader",
    "add_writer",
    "remove_reader",
    "remove_writer",
    "add_signal_handler",
    "remove_signal_handler",
    "getaddrinfo",
    "getnameinfo",
    "create_connection",
    "create_server",
    "create_datagram_endpoint",
    "create_unix_connection",
    "create_unix_server",
    "connect_accepted_socket",
    "connect_read_pipe",
    "connect_write_pipe",
    "subprocess_exec",
    "subprocess_shell",
    "sendfile",
    "start_tls",
    "sock_recv",
    "sock_recv_into",
    "sock_recvfrom",
    "sock_sendall",
    "sock_sendto",
    "sock_connect",
    "sock_accept",
    "sock_sendfile",
)
for _name in _OUTSIDE:
    setattr(VirtualLoop, _name, _refuse(_name))


def run_virtual(main: Coroutine[Any, Any, T], shuffle: random.Random | None = None) -> T:
    """Run `main` on a virtual loop of its own to its end; leftover tasks are cancelled as asyncio.run does."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(shuffle)) as runner:
        return runner.run(main)


def running_loop() -> VirtualLoop:
    """The virtual loop that runs the caller. Raises BenchError on any other loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise BenchError("this needs the virtual loop: start it with hil.loop.run_virtual")
    return loop


class VirtualClock:
    """The agent's clock on a virtual loop: monotonic time is the loop's own since the boot; wall time goes with it."""

    def __init__(
        self, boot_id: str = "virtual-boot-1", unix_ns: int = NOON_2026_UNIX_NS, synchronised: bool = True
    ) -> None:
        self._boot_id = boot_id
        self._booted_ns = 0
        self._true_unix_ns = unix_ns
        self._origin_unix_ns = unix_ns
        self.synchronised = synchronised

    @property
    def boot_id(self) -> str:
        """Names this run of the monotonic clock."""
        return self._boot_id

    def now_ns(self) -> int:
        """The loop's integer time since the boot."""
        return running_loop().now_ns - self._booted_ns

    def at(self, loop_ns: int) -> int:
        """An instant of the loop on this clock."""
        return loop_ns - self._booted_ns

    def wall(self) -> WallTime:
        """The wall clock now."""
        return WallTime(self._origin_unix_ns + running_loop().now_ns, self.synchronised)

    def true_unix_ns(self) -> int:
        """What a right wall clock shows now, whatever this one does."""
        return self._true_unix_ns + running_loop().now_ns

    def step_wall(self, by_ns: int) -> None:
        """Step the wall clock, as NTP or a person would; monotonic time stays."""
        self._origin_unix_ns += by_ns

    def set_right(self) -> None:
        """A time server sets the wall clock right."""
        self._origin_unix_ns, self.synchronised = self._true_unix_ns, True

    def reboot(self, boot_id: str, since_ns: int, *, wall_is_kept: bool) -> None:
        """Monotonic time began anew `since_ns` ago; a wall clock that is not kept too, in 1970 and unsynchronised."""
        now_ns = running_loop().now_ns
        self._boot_id, self._booted_ns = boot_id, now_ns - since_ns
        if not wall_is_kept:
            self._origin_unix_ns, self.synchronised = since_ns - now_ns, False
