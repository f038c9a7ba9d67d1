"""The agent, wired: bus -> state -> rules -> journal -> uplink, between the ports it is given.

`service_ports` gives those of the box. A bench gives its own, and gets everything in between as it is in production.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from edge_agent import AgentError
from edge_agent.acceptance import Acceptances
from edge_agent.clock import NS, SystemClock, ns
from edge_agent.codes import load_codes
from edge_agent.config_types import AgentConfig
from edge_agent.deadline import Deadline
from edge_agent.equipment import Equipment, equipment_of
from edge_agent.health import health_message
from edge_agent.journal.journal import Journal, JournalError, random_id
from edge_agent.journal.late import AnyJournal, LateJournal, open_or_wait
from edge_agent.lending import Lender
from edge_agent.lift_runtime import LiftRuntime, Terminal
from edge_agent.link.poller import Poller
from edge_agent.link.serial_port import SerialBus
from edge_agent.link.transports import transport_of
from edge_agent.local.server import LocalServer
from edge_agent.local.views import OPERATIONS, LiftBlocks, Reply, Request
from edge_agent.outbox import Outbox
from edge_agent.ports import BrokerPort, BusOpener, Clock, Disk
from edge_agent.sights import named_by
from edge_agent.uplink.mqtt import AiomqttBroker
from edge_agent.uplink.uplink import Uplink
from protocols.lift.catalogue import Catalogue
from protocols.profiles.layout import Block
from protocols.upstream.messages import EventMessage, HealthMessage, StateMessage, Stream

__all__ = ["Agent", "Ports", "Reply", "Request", "service_ports"]
_log: Final = logging.getLogger(__name__)
_RECENT: Final = 200
_STOP_WITHIN_S: Final = 1.0
"""For what is not on disk yet; the whole stop has 2 s."""
_STATE_EXPIRES_PERIODS: Final = 3
"""A state may be missed twice before it is distrusted."""


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """The world outside: the bus, the broker, the clock. `local`: open the technician's socket.

    `disk` is what a bench charges for the journal's writes, `new_journal_id` how it names new journals.
    """

    open_bus: BusOpener
    broker: BrokerPort
    clock: Clock
    local: bool = True
    disk: Disk | None = None
    new_journal_id: Callable[[], str] | None = None


def service_ports(config: AgentConfig) -> Ports:
    """The real ones."""
    return Ports(open_bus=SerialBus(rs485=config.link.rs485), broker=AiomqttBroker(config.uplink), clock=SystemClock())


class Agent:
    """One terminal. `run` once."""

    def __init__(self, config: AgentConfig, ports: Ports) -> None:
        """Raises the one-line errors of `equipment_of` and `load_codes`."""
        self._config = config
        self._ports = ports
        self._equipment: Equipment = equipment_of(config)
        self._catalogue = load_codes()
        self._began_ns = ports.clock.now_ns()
        self._running: _Running | None = None

    async def answer(self, request: Request) -> Reply:
        """What a technician's command is told over the socket. Raises AgentError, also while the agent does not run."""
        if self._running is None:
            raise AgentError("the agent does not run yet")
        return await self._running.answer(request)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then leave nothing unwritten; without a journal while the disk refuses.

        Raises AgentError when the journal cannot be had for any other reason.
        """
        new_id = random_id if self._ports.new_journal_id is None else self._ports.new_journal_id
        open_journal = partial(
            Journal.open,
            self._config.journal.path,
            self._ports.clock,
            self._config.journal,
            disk=self._ports.disk,
            new_id=new_id,
        )
        journal = await open_or_wait(open_journal, new_id)
        try:
            running = _Running(self._config, self._ports, self._equipment, journal, self._began_ns)
            await running.restore(self._catalogue)
            self._running = running
            await running.run(stop)
        finally:
            self._running = None
            await journal.close()


class _Running:
    """Everything that lives between the journal's opening and its closing."""

    def __init__(
        self, config: AgentConfig, ports: Ports, equipment: Equipment, journal: AnyJournal, began_ns: int
    ) -> None:
        self._config = config
        self._clock = ports.clock
        self._equipment = equipment
        self._journal = journal
        self._began_ns = began_ns
        self._lifts: dict[str, LiftRuntime] = {}
        self._by_device: dict[str, str] = {}
        self._deadlines: dict[str, Deadline] = {}
        self._seen: dict[str, tuple[object, ...]] = {}
        self._failure: asyncio.Future[None]
        self._uplink = Uplink(
            config.uplink,
            config.terminal_id,
            ports.clock,
            ports.broker,
            journal,
            on_ack=self._on_ack,
            health=self.health,
            states=self._states,
        )
        self._acceptances = Acceptances(config.lifts, equipment, journal, ports.clock)
        self._outbox = Outbox(journal, self._uplink.wake, self._uplink.publish_undurable)
        self._poller = Poller(
            equipment.devices,
            transport_of(config.link.port, equipment.line, equipment.framing, ports.open_bus, ports.clock),
            ports.clock,
            ns(config.link.down_after_s),
            on_block=self._on_block,
            on_link=self._on_link,
        )
        self._lender = Lender(config, equipment, self._poller, self._worries, self._on_lent)
        self._server = LocalServer(config.local.socket, self.answer, self._lender.lend) if ports.local else None

    async def restore(self, catalogue: Catalogue) -> None:
        """Build the lifts from what was stored of them."""
        terminal = Terminal(
            terminal_id=self._config.terminal_id,
            journal_id=self._journal.journal_id,
            catalogue=catalogue,
            expires_s=round(self._config.uplink.state_max_period_s * _STATE_EXPIRES_PERIODS),
        )
        states = await self._journal.states()
        await self._acceptances.restore()
        recent = await self._journal.recent(_RECENT)
        for lift in self._config.lifts:
            runtime = LiftRuntime(
                lift,
                self._config.detect,
                self._equipment.layouts_of(lift),
                terminal,
                self._clock,
                states.get(lift.id),
                self._outbox.take,
                named_by(self._equipment.profiles[device.name] for device in lift.devices),
            )
            runtime.last_alarm = _last_alarm(recent, lift.id)
            runtime.commissioned = self._acceptances.holds(lift.id)
            self._lifts[lift.id] = runtime
            self._deadlines[lift.id] = Deadline(self._clock, runtime, partial(self._looked, lift.id), self._failed)
            self._by_device.update(dict.fromkeys((device.name for device in lift.devices), lift.id))

    async def run(self, stop: asyncio.Event) -> None:
        """Everything at once until `stop`; then writing ends last."""
        writing = asyncio.create_task(self._outbox.run(), name="outbox")
        self._failure = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self._poller.run(), name="poller"),
                    tasks.create_task(self._uplink.run(), name="uplink"),
                ]
                if isinstance(self._journal, LateJournal):
                    running.append(tasks.create_task(self._commissioned_late(self._journal), name="journal"))
                if self._server is not None:
                    running.append(tasks.create_task(self._server.run(), name="local"))
                for lift_id, lift in self._lifts.items():
                    lift.look()
                    self._looked(lift_id)
                for blind in self._equipment.blind_spots:
                    _log.warning("agent.blind %s", blind)
                plan = self._equipment.plan
                _log.info(
                    "link.plan bus_use=%.0f%% fast_s=%g slow_s=%g age_s=%.3f",
                    100 * plan.use,
                    plan.fast_ns / NS,
                    plan.slow_ns / NS,
                    plan.age_ns / NS,
                )
                _log.info("agent.started terminal=%s journal=%s", self._config.terminal_id, self._journal.journal_id)
                await _first(stop, writing, self._failure)
                for task in running:
                    task.cancel()
        finally:
            for deadline in self._deadlines.values():
                deadline.cancel()
            for lift in self._lifts.values():
                lift.store()
            self._outbox.close()
            await _finish(writing)
        _log.info("agent.stopped terminal=%s", self._config.terminal_id)

    async def _commissioned_late(self, journal: LateJournal) -> None:
        """Which lifts were accepted is known only when the journal is there."""
        await journal.found.wait()
        try:
            await self._acceptances.restore()
        except JournalError as error:
            _log.warning("lift.commissioned problem=%s; not known until the next start", error)
        for lift_id, lift in self._lifts.items():
            lift.commissioned = self._acceptances.holds(lift_id)

    # callbacks, all on one loop

    def _failed(self, error: Exception) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)

    def _on_block(self, device: str, block: Block, words: tuple[int, ...], from_ns: int, to_ns: int) -> None:
        lift_id = self._by_device[device]
        self._lifts[lift_id].on_block(device, block, words, from_ns, to_ns)
        self._looked(lift_id)

    def _on_link(self, device: str, down: bool, since_ns: int, t_ns: int) -> None:
        lift_id = self._by_device[device]
        self._lifts[lift_id].on_link(device, down, since_ns, t_ns)
        self._looked(lift_id)

    def _on_lent(self) -> None:
        for lift in self._lifts.values():
            lift.on_lent()
        self._uplink.state_changed()

    def _on_ack(self, event_id: str, operator: str) -> bool:
        known = [lift_id for lift_id, lift in self._lifts.items() if lift.on_acknowledgement(event_id)]
        _log.info("alarm.acknowledged id=%s operator=%r known=%s", event_id, operator, bool(known))
        for lift_id in known:
            self._looked(lift_id)
        return bool(known)

    def _looked(self, lift_id: str) -> None:
        self._deadlines[lift_id].arm()
        seen = self._lifts[lift_id].looks_like()
        if self._seen.get(lift_id) != seen:
            self._seen[lift_id] = seen
            self._uplink.state_changed()

    # views

    def _worries(self) -> list[str]:
        return [f"{lift_id}: {worry}" for lift_id, lift in self._lifts.items() for worry in lift.worries]

    def _states(self) -> list[StateMessage]:
        return [lift.state_message(paused=self._poller.is_lent) for lift in self._lifts.values()]

    def health(self) -> HealthMessage:
        """The terminal's own state now."""
        problems = [self._outbox.problem, "" if self._server is None else self._server.problem]
        problems += [self._acceptances.note(lift_id) for lift_id in self._lifts]
        if self._outbox.dropped:
            problems.append(f"{self._outbox.dropped} states and events dropped: the journal refused too long")
        return health_message(
            self._config.terminal_id,
            self._journal.journal_id,
            self._clock,
            self._began_ns,
            self._poller.views(),
            [
                *self._equipment.blind_spots,
                *(note for lift in self._lifts.values() for note in lift.notes),
                *self._poller.notes(),
                *self._journal.notes,
                *filter(None, problems),
            ],
            self._journal.stats(),
            self._uplink.status(),
        )

    async def answer(self, request: Request) -> Reply:
        """One request of a technician's command. Raises AgentError."""
        lifts = self._lifts.values()
        match request.op:
            case "screen":
                links = self._poller.views()
                reply = Reply(lifts=[lift.lift_view(links) for lift in lifts], health=self.health())
            case "read" | "watch":
                reply = Reply(registers=[row for lift in lifts for row in lift.register_views()])
            case "blocks":
                reply = Reply(blocks=[self._blocks(lift_id) for lift_id in self._lifts])
            case "accept" | "withdraw":
                await self._accept(request)
                reply = Reply()
            case "events":
                reply = Reply(events=await self._journal.recent(request.limit))
            case "why":
                reply = Reply(why=[view for lift in lifts for view in lift.why_views()])
            case "health":
                reply = Reply(health=self.health())
            case "bus":
                reply = Reply(bus=self._lender.bus())
            case _:
                reply = Reply(error=f"no operation {request.op!r}; there are: {', '.join(OPERATIONS)}")
        return reply

    def _blocks(self, lift_id: str) -> LiftBlocks:
        lift, now_ns = self._lifts[lift_id], self._clock.now_ns()
        return LiftBlocks(lift_id, self._acceptances.wiring[lift_id], lift.commissioned, now_ns, lift.block_views())

    async def _accept(self, request: Request) -> None:
        if request.op == "accept":
            await self._acceptances.accept(request.lift_id, request.wiring, request.report)
        else:
            await self._acceptances.withdraw(request.lift_id)
        holds = self._acceptances.holds(request.lift_id)
        self._lifts[request.lift_id].commissioned = holds
        _log.info("lift.commissioned lift=%s is=%s report=%s", request.lift_id, holds, request.report)
        self._uplink.state_changed()


def _last_alarm(recent: Sequence[EventMessage], lift_id: str) -> EventMessage | None:
    mine = [one for one in recent if one.stream is Stream.ALARM and one.ids.lift_id == lift_id]
    return max(mine, key=lambda one: one.seq, default=None)


async def _first(stop: asyncio.Event, writing: asyncio.Task[None], failure: asyncio.Future[None]) -> None:
    """Until somebody wants to stop, or something fails that nobody may overlook: then it raises."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    watched: list[asyncio.Future[Any]] = [stopping, writing, failure]
    try:
        await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    for ended in (writing, failure):
        if ended.done():
            ended.result()


async def _finish(writing: asyncio.Task[None]) -> None:
    done, _ = await asyncio.wait([writing], timeout=_STOP_WITHIN_S)
    if not done:
        _log.error("agent.unwritten problem=the disk did not take the last batch within %g s", _STOP_WITHIN_S)
        writing.cancel()
