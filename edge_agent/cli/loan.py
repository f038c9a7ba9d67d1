"""A port in a command's hands; the agent's is its own again when the command ends, crashes or overstays.

The agent watches the connection, and the command watches it too: with the connection the loan ends.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from edge_agent import AgentError
from edge_agent.cli.borrow import FreePort
from edge_agent.clock import NS, SystemClock, ns
from edge_agent.local.client import AgentClient

_EARLIER_S: Final = 2.0
"""Before the agent takes a borrowed port back, we have let it go."""


class Held:
    """A port in our hands: `until_ns` of the system's clock at most, if it is the agent's."""

    def __init__(self, until_ns: int | None = None, connection: int | None = None) -> None:
        self.until_ns: Final = until_ns
        self._connection: Final = connection

    @property
    def left_ns(self) -> int | None:
        """How long we may still have it; None: as long as we like."""
        return None if self.until_ns is None else max(0, self.until_ns - SystemClock().now_ns())

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Raises TimeoutError when the time is up, or the agent ends the loan before."""
        left_ns = self.left_ns
        async with asyncio.timeout(None if left_ns is None else left_ns / NS) as limit:
            loop = asyncio.get_running_loop()
            connection = self._connection

            def ended() -> None:
                if connection is not None:
                    loop.remove_reader(connection)
                if not limit.expired():
                    limit.reschedule(loop.time())

            if connection is not None:
                loop.add_reader(connection, ended)
            try:
                yield
            finally:
                if connection is not None:
                    loop.remove_reader(connection)


@contextmanager
def held(free: FreePort, *, loss_accepted: bool) -> Iterator[Held]:
    """The port, borrowed if it is the agent's. Raises AgentError when the agent keeps it.

    `loss_accepted`: somebody has said yes to what its devices do when the agent falls silent.
    """
    if free.for_s is None:
        yield Held()
        return
    with AgentClient(free.socket).borrow(free.holder, free.for_s, loss_accepted=loss_accepted) as loan:
        until_ns = SystemClock().now_ns() + ns(loan.port.for_s - _EARLIER_S)
        bus = loan.port.bus
        if (bus.port, bus.line, tuple(bus.devices)) != (free.name, free.line, free.devices):
            raise AgentError(f"{free.name}: the agent was started anew with other devices; try again")
        yield Held(until_ns, loan.connection)
