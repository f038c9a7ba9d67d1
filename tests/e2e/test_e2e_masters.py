"""Every simulated device read by two masters that are not ours, mbpoll and pymodbus, and by ours: one answer."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest
from pymodbus.client import ModbusSerialClient

from hil.setup import BenchSetup, DeviceSetup
from hil.world import World
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import Block
from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.schema import Framing, ReplyOrder
from tests.support.mosquitto import tool
from tests.support.processes import Site

pytestmark = [pytest.mark.mbpoll, pytest.mark.process]

NOWHERE = "mqtt://127.0.0.1:1"
REGISTER = re.compile(r"^\[(\d+)\]:\s+(?:0x)?([0-9A-F]+)$", re.MULTILINE)
MBPOLL_TYPES = {2: "1", 3: "4:hex", 4: "3:hex"}
ON_THE_LINE = [
    name for name in profile_names() if not load_profile(name).stub and load_profile(name).framing is Framing.RTU
]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(NOWHERE) as one:
        yield one


def options_of(name: str) -> dict[str, str]:
    return {key: next(iter(option.values)) for key, option in load_profile(name).options.items()}


def mbpoll(site: Site, name: str, block: Block) -> tuple[int, ...]:
    profile = load_profile(name)
    line = LineSettings.parse(profile.line.default)
    command = [tool("mbpoll", "apt-get install mbpoll"), "-m", "rtu", "-P", "none", "-b", str(line.baud)]
    asked = ["-a", str(profile.slave), "-t", MBPOLL_TYPES[block.function], "-r", str(block.address + 1), "-1"]
    done = subprocess.run(
        [*command, *asked, "-c", str(block.count), str(site.link)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tuple(int(word, 16) for _, word in REGISTER.findall(done.stdout))


def pymodbus(site: Site, name: str, block: Block) -> tuple[int, ...]:
    profile = load_profile(name)
    line = LineSettings.parse(profile.line.default)
    client = ModbusSerialClient(str(site.link), baudrate=line.baud, parity="N", stopbits=1, timeout=2, retries=0)
    assert client.connect()
    try:
        ask = {2: client.read_discrete_inputs, 3: client.read_holding_registers, 4: client.read_input_registers}
        answer = ask[block.function](block.address, count=block.count, device_id=profile.slave)
        assert not answer.isError(), answer
        return tuple(map(int, answer.bits[: block.count] if block.function == 2 else answer.registers))
    finally:
        client.close()


def ours(site: Site, name: str) -> dict[int, int]:
    """Every word by its address, as `diag read` shows them."""
    options = [word for item in options_of(name).items() for word in ("--option", "=".join(item))]
    said = site.liftwarden("diag", "read", "--port", str(site.link), "--profile", name, *options, "--yes", "--json")
    rows = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {row["address"] + index: word for row in rows for index, word in enumerate(row["words"])}


def pieces(name: str) -> Iterator[Block]:
    """What of a device's ranges is in use, in requests that it allows."""
    profile = load_profile(name)
    (device,) = World(BenchSetup(devices=(DeviceSetup(profile=name, options=options_of(name)),))).devices
    for block in device.layout.blocks:
        if device.layout.spans(block):
            most = block.count if block.function == 2 else min(block.count, profile.max_regs)
            yield Block(block.name, block.function, block.address, most)


@pytest.mark.parametrize("name", ON_THE_LINE)
def test_three_masters_read_the_same(site: Site, name: str) -> None:
    """The house is quiet, so nothing changes between them; words of a device that answers downwards come downwards."""
    answers = [word for item in options_of(name).items() for word in ("--option", "=".join(item))]
    site.start_bench(*answers, profile=name)
    mine = ours(site, name)
    downwards = load_profile(name).reply_order is ReplyOrder.DESCENDING
    for block in pieces(name):
        theirs = mbpoll(site, name, block)
        assert pymodbus(site, name, block) == theirs
        upwards = theirs[::-1] if downwards else theirs
        shown = {address: word for address, word in enumerate(upwards, start=block.address) if address in mine}
        assert shown
        assert {address: mine[address] for address in shown} == shown
