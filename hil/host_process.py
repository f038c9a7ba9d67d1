"""One process of the agent on a virtual host: what it holds open, and how it stands still, goes on and dies."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

import msgspec

from edge_agent.app import Ports, Reply, Request
from edge_agent.config_types import AgentConfig
from edge_agent.points import watch
from edge_agent.ports import BrokerError, BusPort, MqttVersion, OnBytes, OnLost, PortError, Publication
from hil.broker import WILL_AFTER_S, MemoryBroker
from hil.broker_session import MemorySession
from hil.loop import VirtualClock, VirtualLoop
from hil.process import Process
from protocols.modbus.line import LineSettings

_TTY_BUFFER: Final = 4095
"""Bytes that the kernel keeps for who does not read them (N_TTY)."""


class TestedAgent(Protocol):
    """What runs in the process: the production agent, or one that a bench must find wanting."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set."""

    async def answer(self, request: Request) -> Reply:
        """What a technician's command is told. Raises AgentError."""


MakeAgent = Callable[[AgentConfig, Ports], TestedAgent]


class HostProcess:
    """It runs from the beginning on. `reached` is told of each of the agent's points, by name."""

    def __init__(
        self,
        config: AgentConfig,
        ports: Ports,
        broker: MemoryBroker,
        clock: VirtualClock,
        loop: VirtualLoop,
        reached: Callable[[str], None],
        context: contextvars.Context,
        make_agent: MakeAgent,
    ) -> None:
        self.stop = asyncio.Event()
        self._world = ports
        self._clock = clock
        self._loop = loop
        self._reached = reached
        self._context = context
        self._connection = _Connection(broker)
        self._is_dead = False
        self._port: BusPort | None = None
        self._waiting: list[Callable[[], None]] = []
        self._unread = 0
        self._stands = 0
        self._process = Process(loop, "agent", self._set_up)
        mine = msgspec.structs.replace(ports, open_bus=self._open_bus, broker=self._connection, clock=clock)
        self.agent = make_agent(config, mine)
        self.task = self._process.start(self.agent.run(self.stop))

    def _set_up(self) -> None:
        watch(lambda point: None if self._is_dead else self._reached(point.value))

    # its serial port

    async def _open_bus(self, port: str, line: LineSettings, on_bytes: OnBytes, on_lost: OnLost) -> BusPort:
        def heard(data: bytes, t_ns: int) -> None:
            if self.is_stopped:
                self._keep(lambda: on_bytes(data, self._clock.now_ns()), len(data))
            elif not self._is_dead:
                self._process.run(on_bytes, data, self._clock.at(t_ns))

        def lost(error: PortError) -> None:
            if self.is_stopped:
                self._keep(lambda: on_lost(error), 0)
            elif not self._is_dead:
                self._process.run(on_lost, error)

        if self._is_dead:
            raise PortError(f"{port}: who asks is dead")
        self._port = await self._world.open_bus(port, line, heard, lost)
        return self._port

    def _keep(self, call: Callable[[], None], size: int) -> None:
        if self._unread + size <= _TTY_BUFFER:
            self._unread += size
            self._waiting.append(call)

    # standing still

    @property
    def is_stopped(self) -> bool:
        """Whether it stands still."""
        return self._process.is_stopped

    def stand_still(self) -> bool:
        """As SIGSTOP does; False if it does already. A broker gives it up when its keep-alive has run out."""
        if self.is_stopped:
            return False
        self._process.stop()
        self._stands += 1
        self._loop.call_later(WILL_AFTER_S, self._given_up, self._stands, context=self._context)
        return True

    def _given_up(self, stands: int) -> None:
        if self.is_stopped and stands == self._stands and not self._is_dead:
            self._connection.close(silently=False)

    def go_on(self) -> None:
        """As SIGCONT does: it reads what came meanwhile, then everything runs that became due."""
        if self.is_stopped:
            waiting, self._waiting, self._unread = self._waiting, [], 0
            for call in waiting:
                self._process.run(call)
            self._process.go_on()

    # its end

    def cut_off(self, *, silently: bool) -> None:
        """It is dead: let nothing that it still does be seen. `silently`: nobody closes its connection for it."""
        self._is_dead = True
        self._waiting.clear()
        if self._port is not None:
            self._port.close()
        self._connection.close(silently=silently)
        self._connection.is_allowed = False
        self.go_on()
        self.task.cancel()


class _Connection:
    """The broker as one process knows it."""

    def __init__(self, broker: MemoryBroker) -> None:
        self.is_allowed = True
        self.current: MemorySession | None = None
        self._broker = broker

    @asynccontextmanager
    async def session(
        self, version: MqttVersion, client_id: str, will: Publication, timeout_s: float
    ) -> AsyncIterator[MemorySession]:
        self._check()
        async with self._broker.session(version, client_id, will, timeout_s) as session:
            self._check()
            self.current = session
            try:
                yield session
            finally:
                self.current = None

    def _check(self) -> None:
        if not self.is_allowed:
            raise BrokerError("who asks is dead")

    def close(self, *, silently: bool) -> None:
        """Close its connection, if it has one; `silently`, so that only time tells the broker."""
        if self.current is None:
            return
        if silently:
            self._broker.vanish(self.current.client_id)
            self.current.end()
        else:
            self._broker.drop(self.current.client_id)
