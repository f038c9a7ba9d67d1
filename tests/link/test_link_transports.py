"""What `link.port` names decides how the bus is reached; above the seam nothing else changes."""

import asyncio

import pytest
from link_bench import LINE, S, device

from edge_agent import AgentError
from edge_agent.link.master import RtuMaster
from edge_agent.link.poller import Poller
from edge_agent.link.tcp import TcpMaster
from edge_agent.link.transports import transport_of
from hil.bus.memory import MemoryBus
from hil.bus.segment import Segment
from hil.devices.habits import Habits
from hil.devices.profile_device import ProfileDevice
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols.modbus.pdu import ReadFunction, ReadRequest
from protocols.profiles.layout import compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import Framing


async def nothing(*_: object) -> None:
    raise AssertionError("opened")


@pytest.mark.parametrize(
    ("port", "kind"),
    [("/dev/ttyUSB0", RtuMaster), ("tcp://192.0.2.7", TcpMaster), ("tcp://[2001:db8::7]:1502", TcpMaster)],
)
def test_a_port_is_a_serial_line_or_a_tcp_address(port: str, kind: type) -> None:
    made = transport_of(port, LINE, Framing.RTU, nothing, VirtualClock())  # type: ignore[arg-type]
    assert isinstance(made, kind)
    assert not made.is_open


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(AgentError, match="names no Modbus/TCP device"):
        transport_of("tcp://", LINE, Framing.RTU, nothing, VirtualClock())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hpmont-mont70", "hpmont-mont70-rtu"])
def test_one_controller_in_two_framings_says_the_same(name: str) -> None:
    """The whole block C800h with its floor, by the framing that its profile states."""
    profile = load_profile(name)

    async def main() -> None:
        loop = running_loop()
        segment = Segment(loop, LINE)
        values = {"floor": 7, "run_count": 70_000}
        layout = compile_layout(profile, {"rear_door": "absent"})
        ProfileDevice("lift", profile.slave, layout, Habits.of(profile), lambda _t_ns: values).connect(segment, loop)
        master = transport_of("memory", LINE, profile.framing, MemoryBus(lambda: segment), VirtualClock())
        blocks: list[tuple[int, ...]] = []
        polled = device(profile.slave, [39], S)
        request = ReadRequest(profile.slave, ReadFunction.HOLDING, 0xC800, 39)
        (job,) = polled.jobs
        polled = type(polled)(
            polled.name, name, profile.slave, polled.layout, polled.times, (type(job)(job.block, S, ((request, 0),)),)
        )
        poller = Poller(
            [polled],
            master,
            VirtualClock(),
            3 * S,
            on_block=lambda _name, _block, words, _from, _to: blocks.append(words),
            on_link=lambda *_: None,
            line_is_fresh=True,
        )
        task = asyncio.create_task(poller.run(), name="poller")
        await asyncio.sleep(2.5)
        task.cancel()
        await asyncio.wait([task])
        assert len(blocks) == 3
        assert {words[0x0C] for words in blocks} == {7}  # C80Ch: current floor (S-MONT)
        assert {(words[6], words[7]) for words in blocks} == {(1, 4464)}  # C806h/C807h: run count, high word first

    run_virtual(main())
