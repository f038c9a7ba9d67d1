"""The port over the socket: lent as long as the client is there, and taken back however it goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from local_bench import WITHIN_S, echo, raw, served, turns

from edge_agent import AgentError
from edge_agent.config import load_config
from edge_agent.equipment import equipment_of
from edge_agent.lending import Lender
from edge_agent.local.views import BusDevice, BusView, LentPort, Reply, Request
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import CommLoss, Framing
from protocols.resources import config_text
from protocols.upstream.messages import Text

BOX = BusDevice("box", "stm32-lift-sensor", 247, {}, CommLoss.NONE, Text("无", "nothing"))
LENT = LentPort(BusView("/dev/ttyX", "9600 8N1", Framing.RTU, [BOX]), 60.0)
TAKE = msgspec.json.encode(Request("take_port", holder="test", period_s=60.0)) + b"\n"


class Desk:
    """Lends, and takes down when and for how many."""

    def __init__(self) -> None:
        self.out = 0
        self.times = 0
        self.back = asyncio.Event()

    @asynccontextmanager
    async def lend(self, _request: Request) -> AsyncIterator[Reply]:
        self.out += 1
        self.times += 1
        try:
            yield Reply(lent=LENT)
        finally:
            self.out -= 1
            self.back.set()


@pytest.mark.parametrize("farewell", [b"", b"x", TAKE], ids=["closed", "a byte", "another request"])
async def test_the_port_is_back_as_soon_as_the_client_goes_or_says_anything(tmp_path: Path, farewell: bytes) -> None:
    desk = Desk()
    async with served(tmp_path / "s", echo, desk.lend), raw(tmp_path / "s") as client:
        await client.say(TAKE)
        assert await client.hear() == Reply(lent=LENT)
        assert desk.out == 1
        if farewell:
            await client.say(farewell)
        else:
            client.writer.transport.abort()
        await asyncio.wait_for(desk.back.wait(), WITHIN_S)
        assert (desk.out, desk.times) == (0, 1)


async def test_the_port_is_back_when_the_time_is_up_and_the_client_learns_it(tmp_path: Path) -> None:
    desk = Desk()
    short = msgspec.json.encode(Request("take_port", holder="test", period_s=0.05)) + b"\n"
    async with served(tmp_path / "s", echo, desk.lend), raw(tmp_path / "s") as client:
        await client.say(short)
        assert await client.hear() == Reply(lent=LENT)
        assert await client.hear() is None
        assert desk.out == 0


async def test_the_port_is_back_when_the_agent_stops(tmp_path: Path) -> None:
    desk = Desk()
    async with served(tmp_path / "s", echo, desk.lend) as agent, raw(tmp_path / "s") as client:
        await client.say(TAKE)
        await client.hear()
        await agent.stop()
        await turns()
        assert desk.out == 0


async def test_a_client_that_borrows_has_the_port_as_long_as_its_context_lasts(tmp_path: Path) -> None:
    desk = Desk()

    async with served(tmp_path / "s", echo, desk.lend) as agent:

        def borrow() -> LentPort:
            with agent.client.borrow("test", 60.0) as loan:
                assert desk.out == 1
                return loan.port

        assert await asyncio.wait_for(asyncio.to_thread(borrow), WITHIN_S) == LENT
        await asyncio.wait_for(desk.back.wait(), WITHIN_S)


async def test_a_refusal_is_one_line(tmp_path: Path) -> None:
    async with served(tmp_path / "s") as agent:

        def borrow() -> None:
            with agent.client.borrow("test", 60.0):
                pytest.fail("lent")

        with pytest.raises(AgentError, match=r"^not now$"):
            await asyncio.wait_for(asyncio.to_thread(borrow), WITHIN_S)


# what the agent lends


class Poller:
    """Only what a lender needs of one."""

    def __init__(self) -> None:
        self.lent: list[tuple[str, int]] = []
        self.back: list[object] = []

    async def lend(self, holder: str, for_ns: int) -> object:
        self.lent.append((holder, for_ns))
        return len(self.lent)

    def take_back(self, lease: object) -> None:
        self.back.append(lease)


def lender(tmp_path: Path, worries: list[str], poller: Poller, comm_loss: str = "") -> Lender:
    """Of the example's box; with `comm_loss`, of a box that does that when its master falls silent."""
    path, box = tmp_path / "agent.yaml", tmp_path / "box.yaml"
    text = config_text("agent", "example")[0]
    if comm_loss:
        profile = config_text("profiles", "stm32-lift-sensor")[0]
        changed = profile.replace("comm_loss: none", f"comm_loss: {comm_loss}")
        box.write_text(changed, encoding="utf-8")
        text = text.replace("profile: stm32-lift-sensor", f"profile: {box}")
        text = text.replace('comm_loss_accepted_by: ""', "comm_loss_accepted_by: test")
    path.write_text(text, encoding="utf-8")
    config = load_config(str(path))
    return Lender(config, equipment_of(config), poller, lambda: worries, lambda: None)  # type: ignore[arg-type]  # all it needs


async def test_what_is_lent_says_what_stands_on_the_bus(tmp_path: Path) -> None:
    poller = Poller()
    async with lender(tmp_path, [], poller).lend(Request("take_port", holder="doctor", period_s=600.0)) as reply:
        assert reply.lent is not None
        bus = reply.lent.bus
        assert (bus.port, bus.line, bus.framing) == ("/dev/ttyUSB0", "9600 8N1", Framing.RTU)
        effect = load_profile("stm32-lift-sensor").comm_loss_effect
        options = {"door_switch": "open_end"}
        assert bus.devices == [BusDevice("box", "stm32-lift-sensor", 247, options, CommLoss.NONE, effect)]
        assert (poller.lent, poller.back) == ([("doctor", 600 * 10**9)], [])
    assert poller.back == [1]


async def test_the_port_is_given_back_when_the_borrower_fails(tmp_path: Path) -> None:
    poller = Poller()
    with pytest.raises(RuntimeError):
        async with lender(tmp_path, [], poller).lend(Request("take_port", holder="doctor", period_s=600.0)):
            raise RuntimeError
    assert poller.back == [1]


@pytest.mark.parametrize(
    ("request_", "worries", "said"),
    [
        (Request("take_port", holder="doctor", period_s=60.0), ["lift-1: A01 open"], "A01 open"),
        (Request("take_port", holder="", period_s=60.0), [], "who wants the port"),
        (Request("take_port", holder="a\nb", period_s=60.0), [], "who wants the port"),
        (Request("take_port", holder="doctor", period_s=0.5), [], "1 to 3600 s"),
        (Request("take_port", holder="doctor", period_s=3601.0), [], "1 to 3600 s"),
    ],
    ids=["alarm", "nobody", "two lines", "short", "long"],
)
async def test_it_is_not_lent(tmp_path: Path, request_: Request, worries: list[str], said: str) -> None:
    poller = Poller()
    with pytest.raises(AgentError, match=said):
        async with lender(tmp_path, worries, poller).lend(request_):
            pytest.fail("lent")
    assert poller.lent == []


@pytest.mark.parametrize("comm_loss", ["trip", "lock"])
async def test_a_port_whose_device_stops_the_lift_is_lent_only_with_a_yes(tmp_path: Path, comm_loss: str) -> None:
    poller = Poller()
    lends = lender(tmp_path, [], poller, comm_loss)
    with pytest.raises(
        AgentError, match=r"^box \(slave 247\), when polling stops: .*; not lent without a yes to that$"
    ):
        async with lends.lend(Request("take_port", holder="doctor", period_s=60.0)):
            pytest.fail("lent")
    assert poller.lent == []
    async with lends.lend(Request("take_port", holder="doctor", period_s=60.0, loss_accepted=True)):
        assert len(poller.lent) == 1


async def test_what_stands_on_the_bus_is_told_without_lending_it(tmp_path: Path) -> None:
    poller = Poller()
    bus = lender(tmp_path, ["lift-1: A01 open"], poller, "trip").bus()
    assert [(device.slave, device.stops_the_lift) for device in bus.devices] == [(247, True)]
    assert poller.lent == []
