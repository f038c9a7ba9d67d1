"""Reads every block of every device on the bus at its rate, for ever, whatever happens to slaves and port.

One task, one request at a time. A slave that does not answer waits out its quarantine and its back-off while the
others are served; nothing is asked twice within a cycle. Two requests in a row to one slave ask for different numbers
of registers where its readable ranges allow, so that no answer fits the wrong one. A port that is missing or lost is
opened again for ever. It can be lent: then nothing is asked until it is given back, or its time is up.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.clock import NS
from edge_agent.link.device import DeviceLink
from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.plan import Job
from edge_agent.link.schedule import Schedule, Slot
from edge_agent.link.transport import Transport
from edge_agent.local.views import PAUSED, LinkView
from edge_agent.ports import Clock, PortError
from protocols.modbus.pdu import ReadRequest
from protocols.profiles.layout import Block, Layout

_log: Final = logging.getLogger(__name__)
_REOPEN_NS: Final = tuple(round(seconds * NS) for seconds in (0.5, 1, 2, 4, 5))
_LENT_WITHIN_S: Final = 15.0
"""A port is lent between two requests; opening one may take 10 s."""

OnBlock = Callable[[str, Block, tuple[int, ...], int, int], None]
"""Called with device, block, words, and the span in which they were sampled."""
OnLink = Callable[[str, bool, int, int], None]
"""Called with device, whether it is down, since when, and now."""


class PolledDevice(msgspec.Struct, frozen=True):
    """One slave on the bus and what is read of it; its layout has the jobs' blocks."""

    name: str
    profile_name: str
    slave: int
    layout: Layout
    times: SlaveTimes
    jobs: tuple[Job, ...]


class Lease(msgspec.Struct, frozen=True):
    """Who has the port, and for how long at most from when it has it."""

    holder: str
    for_ns: int


class Poller:
    """`run` polls until cancelled. The callbacks run between requests and must not wait.

    `line_is_fresh`: nobody has asked on this line before. Else an answer may still be owed to whoever had it: another
    process, a borrower, ourselves before a restart; so every slave is first left alone for as long as that may take.
    """

    def __init__(
        self,
        devices: Sequence[PolledDevice],
        transport: Transport,
        clock: Clock,
        down_after_ns: int,
        on_block: OnBlock,
        on_link: OnLink,
        *,
        line_is_fresh: bool = False,
    ) -> None:
        self._line_is_fresh = line_is_fresh
        self._devices = tuple(devices)
        self._bus = transport
        self._clock = clock
        self._on_block = on_block
        self._on_link = on_link
        self._links = [DeviceLink(down_after_ns) for _ in self._devices]
        self._schedule = Schedule([device.jobs for device in self._devices])
        self._asked: dict[int, ReadRequest] = {}
        self._port_problem = ""
        self._port_tries = 0
        self._port_carried = False
        self._nap: asyncio.Future[None] | None = None
        self._lease: Lease | None = None
        self._lent = asyncio.Event()
        self._lent_until_ns = 0

    async def run(self) -> None:
        """Poll for ever."""
        try:
            while True:
                if self._lease is not None:
                    await self._rest(self._lease)
                elif await self._opened():
                    await self._poll_until_lost()
        finally:
            self._bus.close()

    # the port, lent

    async def lend(self, holder: str, for_ns: int) -> Lease:
        """Let go of the port until `take_back`, for `for_ns` at most; nothing is asked meanwhile. Raises AgentError."""
        if self._lease is not None:
            raise AgentError(f"{self._bus.name} is lent to {self._lease.holder} already; wait until it is back")
        self._lease = lease = Lease(holder, for_ns)
        self._lent.clear()
        self._wake()
        try:
            async with asyncio.timeout(_LENT_WITHIN_S):
                await self._lent.wait()
        except TimeoutError as error:
            raise AgentError(f"{self._bus.name}: the agent could not let go of it; try again") from error
        finally:
            if not self._lent.is_set():
                self.take_back(lease)
        return lease

    @property
    def is_lent(self) -> bool:
        """Whether somebody else has the port now."""
        return self._lease is not None

    def take_back(self, lease: Lease) -> None:
        """The port is ours again, unless it is long ago and lent to somebody else by now."""
        if self._lease is lease:
            self._lease = None
            self._wake()

    async def _rest(self, lease: Lease) -> None:
        self._bus.close()
        self._line_is_fresh = False
        for link in self._links:
            link.rest()
        _log.warning("link.lent port=%s holder=%s", self._bus.name, lease.holder)
        self._lent_until_ns = until_ns = self._clock.now_ns() + lease.for_ns
        self._lent.set()
        while self._lease is lease and self._clock.now_ns() < until_ns:
            await self._sleep_until(until_ns)
        self.take_back(lease)
        _log.info("link.returned port=%s", self._bus.name)

    # the port, ours

    async def _opened(self) -> bool:
        """Open it, however long that takes; not if it is to be lent meanwhile."""
        while self._lease is None:
            try:
                await self._bus.open()
            except PortError as error:
                self._port_refused(str(error))
                await self._back_off()
            else:
                self._restart()
                return True
        return False

    def _restart(self) -> None:
        _log.info("link.port_open port=%s notes=%s", self._bus.name, "; ".join(self._bus.notes))
        self._schedule.restart(self._clock.now_ns())
        for index, device in enumerate(self._devices):
            owed_ns = 0 if self._line_is_fresh else device.times.latency_ns + MARGIN_NS + device.times.max_late_ns
            until_ns = max(self._bus.quarantined_until(device.slave), self._clock.now_ns() + owed_ns)
            self._schedule.postpone(index, until_ns)
        self._line_is_fresh = True

    async def _back_off(self) -> None:
        wait_ns = _REOPEN_NS[min(self._port_tries, len(_REOPEN_NS) - 1)]
        self._port_tries += 1
        await self._pause(self._clock.now_ns() + wait_ns)

    def _port_refused(self, problem: str) -> None:
        level = logging.DEBUG if problem == self._port_problem else logging.WARNING
        _log.log(level, "link.port_unusable problem=%s; trying again until it works", problem)
        self._port_problem = problem
        now_ns = self._clock.now_ns()
        for link in self._links:
            link.unreachable(problem, now_ns)

    # the cycle

    async def _poll_until_lost(self) -> None:
        while True:
            slot = self._schedule.next(self._clock.now_ns())
            await self._pause(slot.due_ns)
            if self._lease is not None:
                return
            until_ns = self._bus.quarantined_until(self._devices[slot.device].slave)
            if until_ns > self._clock.now_ns():  # it held the wire, as was seen only after its turn
                self._schedule.postpone(slot.device, until_ns)
                continue
            failure = await self._poll(slot)
            self._judge()
            if failure is None or failure.kind is not FailureKind.PORT:
                self._port_problem, self._port_tries, self._port_carried = "", 0, True
                continue
            self._port_refused(failure.detail)
            if not self._port_carried:
                await self._back_off()  # it opens and carries nothing: not again at once
            self._port_carried = False
            return

    async def _poll(self, slot: Slot) -> Failure | None:
        device, link, job = self._devices[slot.device], self._links[slot.device], slot.job
        cycle, began_ns = slot.due_ns, self._clock.now_ns()
        request, skip = self._way(slot)
        outcome = device.times.understood(await self._bus.transact(request, device.times))
        now_ns = self._clock.now_ns()
        self._schedule.tried(slot, now_ns)
        if isinstance(outcome, Reply):
            words = outcome.words[skip : skip + job.block.count]
            self._answered(device, link, job.block, words, outcome)
            return None
        if outcome.kind is FailureKind.PORT:
            return outcome  # no fault of the slave's
        link.failed(job.block.name, outcome, began_ns, cycle)
        _log.debug("link.failed device=%s block=%s problem=%s", device.name, job.block.name, outcome)
        quarantined_until_ns = self._bus.quarantined_until(device.slave)
        if quarantined_until_ns > now_ns:
            slave_ns, block_ns = link.silent(job.block.name)
            self._schedule.postpone(slot.device, max(quarantined_until_ns, now_ns + slave_ns))
            self._schedule.put_off(slot, now_ns + block_ns)
        return outcome

    def _way(self, slot: Slot) -> tuple[ReadRequest, int]:
        """The first way to ask whose answer could not be taken for the one to the slave's last request.

        Every second device prefers its ways the other way round, so that a cycle is as long as the next one.
        """
        slave, ways = self._devices[slot.device].slave, slot.job.ways
        last, preferred = self._asked.get(slave), ways[::-1] if slot.device % 2 else ways
        chosen = preferred[0]
        if last is not None:
            fresh = (way for way in preferred if not way[0].is_like(last))
            chosen = next(fresh, chosen)
        self._asked[slave] = chosen[0]
        return chosen

    def _answered(
        self, device: PolledDevice, link: DeviceLink, block: Block, words: tuple[int, ...], reply: Reply
    ) -> None:
        came_up = link.answered(block.name)
        self._on_block(device.name, block, words, reply.request_end_ns, reply.reply_start_ns)
        if came_up:
            _log.info("link.up device=%s slave=%d", device.name, device.slave)
            self._on_link(device.name, False, reply.reply_start_ns, self._clock.now_ns())

    def _judge(self) -> None:
        """Report the outages that are certain now."""
        now_ns = self._clock.now_ns()
        for device, link in zip(self._devices, self._links, strict=True):
            if link.went_down(now_ns) and link.failing_since_ns is not None:
                _log.warning("link.down device=%s slave=%d problem=%s", device.name, device.slave, link.last_error)
                self._on_link(device.name, True, link.failing_since_ns, now_ns)

    async def _pause(self, until_ns: int) -> None:
        """Wait, but report every outage at its instant; no longer than until somebody wants the port."""
        while self._lease is None and (now_ns := self._clock.now_ns()) < until_ns:
            downs_ns = [at_ns for link in self._links if (at_ns := link.down_at_ns()) is not None]
            await self._sleep_until(max(now_ns, min([until_ns, *downs_ns])))
            self._judge()

    async def _sleep_until(self, t_ns: int) -> None:
        """Sleep, or be woken."""
        loop = asyncio.get_running_loop()
        self._nap = nap = loop.create_future()
        timer = loop.call_later((t_ns - self._clock.now_ns()) / NS, self._wake)
        try:
            await nap
        finally:
            timer.cancel()
            self._nap = None

    def _wake(self) -> None:
        if self._nap is not None and not self._nap.done():
            self._nap.set_result(None)

    # views

    def views(self) -> list[LinkView]:
        """Every device's link, in the order of the configuration."""
        return [
            LinkView(
                device=device.name,
                profile=device.profile_name,
                slave=device.slave,
                state=self._state(link),
                counters=self._bus.counters(device.slave).by_name(device.times.exceptions),
                latencies=self._bus.counters(device.slave).latencies(),
                last_error=link.last_error,
            )
            for device, link in zip(self._devices, self._links, strict=True)
        ]

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the bus: how the port was opened, or why it is not; strangers on the line."""
        said = [self._port_problem] if not self._bus.is_open and self._port_problem else list(self._bus.notes)
        if self._lease is not None:
            left_s = max(0, self._lent_until_ns - self._clock.now_ns()) // NS
            said = [f"monitoring paused by {self._lease.holder}: {self._bus.name} is lent for {left_s} s at most"]
        if self._bus.strays:
            said.append(f"{self._bus.strays} frames from slaves that are not configured: a second master?")
        return tuple(said)

    def _state(self, link: DeviceLink) -> str:
        return link.state.value if self._lease is None else PAUSED
