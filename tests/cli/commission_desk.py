"""A terminal's file as a person writes it, a report that is to be judged, and the command that judges it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli_agent import FakeAgent, Invoke
from typer.testing import Result

from edge_agent.commission.record import Record
from edge_agent.commission.report import Report, encoded
from edge_agent.local.views import Reply, Request
from protocols.profiles.place import Channel
from protocols.upstream.messages import LiftIds
from tests.commission.commission_bench import (
    LIFT,
    MODULE,
    OPTIONS,
    RIGHT,
    recorded,
)


def lift_file(directory: Path, *ids: str) -> Path:
    """The terminal's file as a person writes it."""
    lines = [
        "# the yard",
        "terminal_id: t-1",
        "link: {port: /dev/ttyUSB9}",
        f"journal: {{path: {directory}/journal.sqlite}}",
        "uplink: {broker: 'mqtt://127.0.0.1:1883'}",
        f"local: {{socket: {directory}/agent.sock}}",
        "lifts:",
    ]
    for number, lift_id in enumerate(ids or ("lift-1",)):
        lines += [
            f"  - id: {lift_id}",
            "    devices:",
            f"      - name: {'io' if not number else f'io-{number}'}",
            f"        profile: {MODULE}",
            f"        slave: {20 + number}",
            f"        options: {{inputs_at: {OPTIONS['inputs_at']}}}",
            "        channels:",
            *(
                f"          {channel}: {{item: {one.item}{', invert: true' if one.invert else ''}}} # wire {channel}"
                for channel, one in RIGHT.items()
            ),
            "    floors:",
            *(f"      - {{reported: {floor.reported}, label: '{floor.label}'}}" for floor in LIFT.floors),
        ]
    path = directory / "agent.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def own(config: Path) -> Any:
    """The lift as that file has it; its address makes another wiring of it than the bench's."""
    from edge_agent.config import load_config

    return load_config(str(config)).lifts[0]


def unjudged(directory: Path, record: Record) -> Path:
    """A report whose record is complete, to be judged."""
    report = Report(
        version="0",
        terminal_id="t-1",
        ids=LiftIds("lift-1"),
        wiring="",
        lift=LIFT,
        at="",
        finished=False,
        passed=False,
        signals=(),
        steps=(),
        missing=(),
        record=record,
    )
    path = directory / "visit.json"
    path.write_text(encoded(report), encoding="utf-8")
    return path


class Bench:
    """The command with a record that is to be judged, and an agent that takes what is right."""

    def __init__(self, directory: Path, config: Path, agent: FakeAgent, invoke: Invoke) -> None:
        self.directory, self.config, self.agent, self._invoke = directory, config, agent, invoke
        agent.will_answer("accept", Reply())
        agent.will_answer("withdraw", Reply())

    def judge(self, wired: Mapping[int, Channel] = RIGHT, *more: str, stuck: Any = None, **invoked: Any) -> Result:
        self.report = unjudged(self.directory, recorded(1, wired, stuck))
        return self.again(*more, **invoked)

    def again(self, *more: str, **invoked: Any) -> Result:
        return self._invoke("-c", self.config, "commission", "--from", self.report, *more, **invoked)

    @property
    def accepted(self) -> list[Request]:
        return [request for request in self.agent.asked if request.op == "accept"]

    @property
    def withdrawn(self) -> list[Request]:
        return [request for request in self.agent.asked if request.op == "withdraw"]

    @property
    def page(self) -> str:
        return self.report.with_suffix(".html").read_text(encoding="utf-8")
