"""The running agent lends its port to a command, says so, and has it back when the command is killed."""

import signal
import textwrap

import pytest

from tests.support.mosquitto import Mosquitto
from tests.support.processes import Site, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process]

BORROWER = textwrap.dedent(
    """
    import sys, time, serial
    from edge_agent.local.client import AgentClient
    with AgentClient(sys.argv[1]).borrow("test", 600.0) as loan:
        lent = loan.port.bus
        with serial.Serial(lent.port, 9600, exclusive=True):
            print("borrowed", lent.line, lent.devices[0].profile, flush=True)
            time.sleep(600)
    """
)


def test_a_killed_borrower_gives_the_port_back(broker: Mosquitto) -> None:
    with Site(broker.url) as site:
        site.start_bench("--truth", str(site.truth))
        agent = site.start_agent()
        agent.says("link.up")
        borrower = site.start("borrower", "-c", BORROWER, str(site.directory / "agent.sock"))
        borrower.says("borrowed 9600 8N1 stm32-lift-sensor")
        health = site.ask("health").health
        assert health is not None
        assert any("monitoring paused by test" in note for note in health.notes)
        polls = len(site.happened("sample"))
        borrower.send(signal.SIGKILL)
        borrower.ended()
        agent.says("link.port_open", times=2)
        until(lambda: len(site.happened("sample")) > polls, "it polls again")
        assert not agent.said("code=D02"), agent.story()


def test_the_port_is_not_lent_while_somebody_is_trapped(broker: Mosquitto) -> None:
    with Site(broker.url) as site:
        site.start_bench()
        agent = site.start_agent()
        agent.says("link.up")
        site.entrap()
        agent.says("code=A01 phase=raised")
        borrower = site.start("borrower", "-c", BORROWER, str(site.directory / "agent.sock"))
        assert borrower.ended() != 0
        assert borrower.said("not now: lift-1: A01 open")
