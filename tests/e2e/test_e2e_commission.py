"""The real command beside the real agent: a technician finds swapped wires, has the file mended, and it is accepted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from edge_agent.commission.reading import Reader
from edge_agent.commission.session import items_of_lift
from edge_agent.commission.steps import Step, script
from edge_agent.config import load_config
from hil.control import poke
from hil.technician import Pace, Technician
from protocols.profiles.loader import load_profile
from sim.building import load_building
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Stimulus
from tests.commission.commission_bench import MODULE, OPTIONS, RIGHT, swapped
from tests.support.mosquitto import Mosquitto
from tests.support.processes import CLI, Desk, Program, Site, until

pytestmark = [pytest.mark.mosquitto, pytest.mark.process, pytest.mark.timeout(400)]

DOOR_ZONE, ALARM_BUTTON = 1, 6
AT_REST = msgspec.structs.replace(
    Plant(load_building("residential-9"), seed=1).signals(), landing_made=None, car_made=None
)
"""What he does not see is as in a lift that nobody uses; of its locks he sees what their inputs say."""
PACE = Pace(look_s=(0.9, 1.1), hold_s=5.0, stop_s=25.0)
"""He looks for longer than a car stands with its door shut before that opens."""


def channels(wired: Mapping[int, Any]) -> dict[int, dict[str, object]]:
    return {number: {"item": one.item, "invert": one.invert} for number, one in wired.items()}


class Eyes:
    """What the technician sees of the lift: its real contacts, whatever the lift's file calls them."""

    def __init__(self, site: Site, reader: Reader) -> None:
        self._site, self._reader = site, reader
        self._was_closed = True
        self._cycles = 0

    def __call__(self) -> PlantSignals:
        (lift,) = self._site.ask("blocks").blocks
        seen = {signal.item: value for block in lift.blocks for signal, value in self._reader.values(block).items()}
        closed = bool(seen["doors.front.closed"])
        self._cycles += closed and not self._was_closed
        self._was_closed = closed
        known = {
            name: bool(seen[name]) for name in PlantSignals.__struct_fields__ if isinstance(seen.get(name), bool | int)
        }
        return msgspec.structs.replace(
            AT_REST,
            **known,
            t_ns=lift.now_ns,
            moving=bool(seen["going_up"] or seen["going_down"]),
            door_open=bool(seen["doors.front.open"]),
            door_closed=closed,
            door_cycles=self._cycles,
        )


def wire(site: Site, wired: Mapping[int, Any]) -> None:
    """A bench that is really wired so, an agent whose file knows it as it should be."""
    device = {"profile": MODULE, "options": OPTIONS, "channels": channels(wired)}
    with site.building.open("a", encoding="utf-8") as house:
        house.write("chain: {lock_inputs: contacts}\n")
    bench = {"building": str(site.building), "devices": [device]}
    (site.directory / "bench.yaml").write_text(yaml.safe_dump(bench))
    read = {"name": "io", "profile": MODULE, "options": OPTIONS, "channels": channels(RIGHT)}
    site.settings["lifts"][0]["devices"] = [read]
    del site.settings["link"]["poll_period_s"]  # as often as the line carries it
    site.write_config()


def visit(site: Site, eyes: Eyes, steps: tuple[Step, ...]) -> Program:
    """Everything that the command asks for, confirmed when it is so."""
    command = site.start("commission", "-c", CLI, "-c", str(site.config), "commission", "--yes", typed=True)
    technician = Technician(eyes, 1, PACE)
    for number, step in enumerate(steps, start=1):
        command.says(f"{number}/{len(steps)} ")
        act = technician.begin(step.name)
        if act is not None:
            poke(site.link, act.stimulus, act.for_s)
        until(technician.confirms, step.name)
        command.type("\n")
    return command


def test_a_visit_ends_with_a_mended_file_and_alarms_that_say_so(broker: Mosquitto, subscriber: Desk) -> None:
    with Site(broker.url) as site:
        wire(site, swapped(DOOR_ZONE, ALARM_BUTTON))
        bench = site.start("bench", "-m", "hil", "serve", str(site.directory / "bench.yaml"), "--link", str(site.link))
        bench.says(f"serving {MODULE}#1")
        agent = site.start_agent()
        agent.says("link.up")
        (lift,) = load_config(str(site.config)).lifts
        steps = script(lift, items_of_lift(lift, {"io": load_profile(MODULE)}))
        really = msgspec.structs.replace(
            lift.devices[0],
            channels={
                number: msgspec.structs.replace(lift.devices[0].channels[number], item=one.item, invert=one.invert)
                for number, one in swapped(DOOR_ZONE, ALARM_BUTTON).items()
            },
        )
        command = visit(site, Eyes(site, Reader(really, load_profile(MODULE))), steps)

        assert command.ended() == 1, "not before the agent knows the file"
        command.says("restart the agent")
        (report,) = site.directory.glob("commission-lift-1-*.json")
        told = json.loads(report.read_text())
        found = {one["item"]: one["verdict"] for one in told["signals"] if one["verdict"] != "good"}
        assert found == {}, "judged by the mended file"
        assert {one["after"] for one in told["fixes"]} >= {"alarm_button", "door_zone"}
        assert _channel(site.config, DOOR_ZONE) == "alarm_button"

        agent.kill()
        site.start_agent().says("agent.started")
        accepted = site.liftwarden("-c", str(site.config), "commission", "--from", str(report))
        assert "the agent took it" in accepted
        poke(site.link, Stimulus.ENTRAP_BETWEEN_FLOORS)
        poke(site.link, Stimulus.PERSON_ENTERS)
        until(lambda: subscriber.alarms(site), "the alarm")

        assert subscriber.alarms(site)[0]["commissioned"] is True


def _channel(config: Path, number: int) -> str:
    return str(yaml.safe_load(config.read_text())["lifts"][0]["devices"][0]["channels"][number]["item"])
