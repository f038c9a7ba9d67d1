"""What the running service has loaded, after it polled a lift and delivered an alarm."""

import signal

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.processes import Desk, Site, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

NEVER = frozenset(("sim", "hil", "simpy", "typer", "rich", "amqtt"))
OF_COMMANDS = ("edge_agent.diagnose", "edge_agent.cli", "edge_agent.link.tcp.", "pymodbus.client")
TELLING = """
import os, runpy, signal, sys

def tell(*_):
    with open("modules.part", "w") as file:
        file.write("\\n".join(sorted(sys.modules)))
    os.replace("modules.part", "modules")

signal.signal(signal.SIGUSR1, tell)
sys.argv[0] = "edge_agent"
runpy.run_module("edge_agent", run_name="__main__")
"""
"""`python -m edge_agent`, which on SIGUSR1 writes down what it has loaded."""


def test_the_running_service_has_loaded_neither_simulator_nor_command_line(broker: Mosquitto, subscriber: Desk) -> None:
    with Site(broker.url) as site:
        site.start_bench()
        agent = site.start("agent", "-c", TELLING, "-c", str(site.config))
        agent.says("link.up")
        site.entrap()
        until(lambda: subscriber.alarms(site), "the alarm")
        site.ask("screen")
        agent.send(signal.SIGUSR1)
        until((site.directory / "modules").exists, "the list of modules")
        loaded = (site.directory / "modules").read_text().split("\n")
    wanted = {
        "edge_agent.app",
        "edge_agent.uplink.mqtt",
        "edge_agent.link.serial_port",
        "aiomqtt",
        "pymodbus",
        "serial",
    }
    assert wanted <= set(loaded)
    assert sorted(name for name in loaded if name.partition(".")[0] in NEVER) == []
    assert sorted(name for name in loaded if name.startswith(OF_COMMANDS)) == []
