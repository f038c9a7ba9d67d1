"""Reads every block of every device on the bus at a fixed rate, for ever, whatever happens to slaves and port.

One task, one request at a time. A slave that does not answer waits out its quarantine and its back-off while the
others are served; nothing is asked twice within a cycle. A port that is missing or lost is opened again for ever.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.config_types import LinkConfig
from edge_agent.link.bus import Bus
from edge_agent.link.device import DeviceLink, LinkState
from edge_agent.link.master import RtuMaster
from edge_agent.link.outcome import Failure, FailureKind, Reply, SlaveTimes
from edge_agent.link.schedule import Schedule, Slot
from edge_agent.local.views import LinkView
from edge_agent.ports import BusOpener, Clock, PortError
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import Block, Layout

_log: Final = logging.getLogger(__name__)
_REOPEN_NS: Final = tuple(round(seconds * NS) for seconds in (0.5, 1, 2, 4, 5))

OnBlock = Callable[[str, Block, tuple[int, ...], int, int], None]
"""Called with device, block, words, and the span in which they were sampled."""
OnLink = Callable[[str, bool, int, int], None]
"""Called with device, whether it is down, since when, and now."""


class PolledDevice(msgspec.Struct, frozen=True):
    """One slave on the bus and what is read of it."""

    name: str
    profile_name: str
    slave: int
    layout: Layout
    times: SlaveTimes


class Poller:
    """`run` polls until cancelled. The callbacks run between requests and must not wait."""

    def __init__(
        self,
        config: LinkConfig,
        devices: Sequence[PolledDevice],
        open_bus: BusOpener,
        line: LineSettings,
        clock: Clock,
        on_block: OnBlock,
        on_link: OnLink,
    ) -> None:
        self._devices = tuple(devices)
        self._clock = clock
        self._on_block = on_block
        self._on_link = on_link
        self._bus = Bus(open_bus, config.port, line)
        self._master = RtuMaster(self._bus, line, clock)
        self._links = [DeviceLink(ns(config.down_after_s)) for _ in self._devices]
        self._schedule = Schedule([device.layout.blocks for device in self._devices], ns(config.poll_period_s))
        self._port_problem = ""
        self._port_tries = 0
        self._port_carried = False

    async def run(self) -> None:
        """Poll for ever."""
        try:
            while True:
                await self._open()
                await self._poll_until_lost()
        finally:
            self._bus.close()

    # the port

    async def _open(self) -> None:
        while True:
            try:
                await self._bus.open()
            except PortError as error:
                self._port_refused(str(error))
                await self._back_off()
            else:
                break
        _log.info("link.port_open port=%s notes=%s", self._bus.name, "; ".join(self._bus.notes))
        self._schedule.restart(self._clock.now_ns())
        for index, device in enumerate(self._devices):
            self._schedule.postpone(index, self._master.quarantined_until(device.slave))

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
            slot = self._schedule.next()
            await self._pause(slot.due_ns)
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
        device, link = self._devices[slot.device], self._links[slot.device]
        cycle, began_ns = slot.due_ns, self._clock.now_ns()
        outcome = await self._master.transact(slot.block.request(device.slave), device.times)
        now_ns = self._clock.now_ns()
        self._schedule.tried(slot, now_ns)
        if isinstance(outcome, Reply):
            self._answered(device, link, slot.block, outcome)
            return None
        link.failed(slot.block.name, outcome, began_ns, cycle)
        _log.debug("link.failed device=%s block=%s problem=%s", device.name, slot.block.name, outcome)
        quarantined_until_ns = self._master.quarantined_until(device.slave)
        if quarantined_until_ns > now_ns:
            self._schedule.postpone(slot.device, max(quarantined_until_ns, now_ns + link.silent()))
        return outcome

    def _answered(self, device: PolledDevice, link: DeviceLink, block: Block, reply: Reply) -> None:
        came_up = link.answered(block.name)
        self._on_block(device.name, block, reply.words, reply.request_end_ns, reply.reply_start_ns)
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
        """Wait, but report every outage at its instant."""
        while (now_ns := self._clock.now_ns()) < until_ns:
            downs_ns = [at_ns for link in self._links if (at_ns := link.down_at_ns()) is not None]
            await asyncio.sleep(max(0, min([until_ns, *downs_ns]) - now_ns) / NS)
            self._judge()

    # views

    def views(self) -> list[LinkView]:
        """Every device's link, in the order of the configuration."""
        return [
            LinkView(
                device=device.name,
                profile=device.profile_name,
                slave=device.slave,
                state=link.state.value,
                counters=self._master.counters(device.slave).by_name(),
                last_error=link.last_error,
            )
            for device, link in zip(self._devices, self._links, strict=True)
        ]

    def notes(self) -> tuple[str, ...]:
        """What a person should know of the bus: how the port was opened, or why it is not; strangers on the line."""
        said = [self._port_problem] if self._bus.port is None and self._port_problem else list(self._bus.notes)
        if self._master.strays:
            said.append(f"{self._master.strays} frames from slaves that are not configured: a second master?")
        return tuple(said)

    @property
    def states(self) -> dict[str, LinkState]:
        """Each device's link by name."""
        return {device.name: link.state for device, link in zip(self._devices, self._links, strict=True)}
