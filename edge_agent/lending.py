"""The port lent to a technician's command: only in quiet times, for a stated time, and surely back.

Back it comes when the command ends, crashes, is cut off or overstays; monitoring is paused meanwhile, and health says
who has it.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from edge_agent import AgentError
from edge_agent.clock import ns
from edge_agent.config_types import AgentConfig
from edge_agent.equipment import Equipment
from edge_agent.link.poller import Poller
from edge_agent.local.views import BusDevice, BusView, LentPort, Reply, Request

LONGEST_S: Final = 3600.0
SHORTEST_S: Final = 1.0


class Lender:
    """Lends what the poller holds. `worries` tells why the agent cannot look away; `on_lent` is told of both ends."""

    def __init__(
        self,
        config: AgentConfig,
        equipment: Equipment,
        poller: Poller,
        worries: Callable[[], Sequence[str]],
        on_lent: Callable[[], None],
    ) -> None:
        self._config = config
        self._equipment = equipment
        self._poller = poller
        self._worries = worries
        self._on_lent = on_lent

    @asynccontextmanager
    async def lend(self, request: Request) -> AsyncIterator[Reply]:
        """The port, for as long as the context lasts. Raises AgentError, one line."""
        holder = request.holder.strip()
        if not holder.isprintable() or not holder:
            raise AgentError("say who wants the port: one printable line")
        if not SHORTEST_S <= request.period_s <= LONGEST_S:
            raise AgentError(f"the port is lent for {SHORTEST_S:g} to {LONGEST_S:g} s, not {request.period_s:g}")
        worries = self._worries()
        if worries:
            raise AgentError(f"not now: {'; '.join(worries)}; the agent must go on watching")
        if not request.loss_accepted:
            self._refuse_to_stop_a_lift()
        lease = await self._poller.lend(holder, ns(request.period_s))
        self._on_lent()
        try:
            yield Reply(lent=LentPort(self.bus(), request.period_s))
        finally:
            self._poller.take_back(lease)
            self._on_lent()

    def bus(self) -> BusView:
        """What would be lent, and what its devices do when nobody asks them any more."""
        options = {device.name: device.options for lift in self._config.lifts for device in lift.devices}
        return BusView(
            port=self._config.link.port,
            line=str(self._equipment.line),
            framing=self._equipment.framing,
            devices=[
                BusDevice(
                    name=device.name,
                    profile=device.profile_name,
                    slave=device.slave,
                    options=options[device.name],
                    comm_loss=self._equipment.profiles[device.name].comm_loss,
                    comm_loss_effect=self._equipment.profiles[device.name].comm_loss_effect,
                )
                for device in self._equipment.devices
            ],
        )

    def _refuse_to_stop_a_lift(self) -> None:
        """The `comm_loss_accepted_by` of the configuration is for a failure, not for one made on purpose."""
        for device in self.bus().devices:
            if device.stops_the_lift:
                raise AgentError(
                    f"{device.name} (slave {device.slave}), when polling stops: {device.comm_loss_effect.en};"
                    " not lent without a yes to that"
                )
