"""Real processes on loopback: a simulated lift on a pty, the agent, `mosquitto_sub`; whatever was started is ended.

A `Site` is one lift with its terminal, in a directory of its own. When we are root it can be run as `nobody`, who has
neither our rights nor a way to our files: directories that root may enter are handed down as open descriptors.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import yaml

from edge_agent.local.client import AgentClient
from edge_agent.local.views import Reply, Request
from protocols.upstream.topics import Topics
from tests.support.mosquitto import LOOPBACK, Mosquitto, tool

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
PROFILE = "stm32-lift-sensor"
NOBODY = 65534
CLI = "from edge_agent.cli import main; main()"
"""The console script `liftwarden`, for `python -c`."""
GENEROUS_S = 60.0
"""For what must come and has no deadline of its own; a busy machine may take long."""
STOP_WITHIN_S = 2.0
"""From SIGTERM to the end of the agent, as specified."""
_LOOK_S = 0.03
_BUILDING = """\
name: quick
title: {en: quick, zh: quick}
floors: [{label: "1", height_m: 0.0}, {label: "2", height_m: 3.3}, {label: "3", height_m: 6.6}]
door: {opening_s: 0.5, closing_s: 0.5, dwell_car_call_s: 0.5, dwell_hall_call_s: 0.5}
traffic: {passengers_per_hour: 0, transfer_s: 0.2}
"""
"""Nobody comes but those the test sends, and they are soon on their way."""


def until(holds: Callable[[], object], what: str, within_s: float = GENEROUS_S) -> None:
    """Return once `holds()`; fail with `what` if it does not in time."""
    deadline_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline_s:
            raise AssertionError(f"not within {within_s:g} s: {what}")
        time.sleep(_LOOK_S)


def python(*arguments: str, nobody: bool, stack: ExitStack) -> tuple[list[str], dict[str, Any]]:
    """A command and Popen's options that start Python with this source tree, as ourselves or as `nobody`."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
    environment.pop("LIFTWARDEN_KILL_AT", None)
    if not nobody:
        return [sys.executable, *arguments], {"env": {**environment, "PYTHONPATH": str(ROOT)}}

    handed: list[int] = []

    def hand(directory: str | Path) -> str:
        handed.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
        stack.callback(os.close, handed[-1])
        return f"/proc/self/fd/{handed[-1]}"

    base = hand(sys.base_prefix)
    environment |= {
        "PYTHONHOME": base,
        "PYTHONPATH": f"{hand(ROOT)}:{hand(sysconfig.get_paths()['purelib'])}",
        "LD_LIBRARY_PATH": f"{base}/lib",
        "HOME": "/nonexistent",
        "USER": "nobody",
        "LOGNAME": "nobody",
    }
    program = Path(sys.executable).resolve().relative_to(Path(sys.base_prefix).resolve())
    options = {"env": environment, "pass_fds": handed, "user": NOBODY, "group": NOBODY, "extra_groups": []}
    return [f"{base}/{program}", *arguments], options


class Program:
    """A running process; what it says is in `log`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    def said(self, text: str = "") -> list[str]:
        """The whole lines that contain `text`."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        return [line.rstrip("\n") for line in lines if line.endswith("\n") and text in line]

    def says(self, text: str, times: int = 1) -> None:
        """Return once it has said `text` in so many lines; fail if it ends before."""
        until(lambda: len(self.said(text)) >= times or self.process.poll() is not None, f"{text!r} in:\n{self.story()}")
        assert len(self.said(text)) >= times, f"ended with {self.process.returncode} before {text!r}:\n{self.story()}"

    def story(self) -> str:
        """The end of its log."""
        return "\n".join(self.said()[-40:])

    @property
    def user(self) -> int:
        """The user id it runs as."""
        return Path(f"/proc/{self.process.pid}").stat().st_uid

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def type(self, text: str) -> None:
        """Type this, if it was started to be typed to."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def ended(self, within_s: float = GENEROUS_S) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still runs after {within_s:g} s:\n{self.story()}") from None

    def kill(self) -> None:
        """End it without a word; safe to call twice."""
        if self.process.poll() is None:
            self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def _listens(path: str) -> bool:
    """Whether somebody accepts; between its making and its listening a socket is there and refuses."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


class Site:
    """One lift on a virtual serial port and its terminal. Use as a context: it leaves no process behind."""

    def __init__(self, broker: str, *, terminal_id: str = "box-1", nobody: bool = False, **uplink: object) -> None:
        self.terminal_id = terminal_id
        self.topics = Topics(terminal_id)
        self.nobody = nobody
        self._ends = ExitStack()
        self.directory = Path(self._ends.enter_context(tempfile.TemporaryDirectory(prefix="liftwarden-e2e-")))
        self.link = self.directory / "ttyLIFT"
        self.truth = self.directory / "truth.jsonl"
        self.building = self.directory / "building.yaml"
        self.building.write_text(_BUILDING)
        self.config = self.directory / "agent.yaml"
        self.settings = self._settings(broker, uplink)
        self.write_config()
        if nobody:
            for path in (self.directory, self.building, self.config):
                os.chown(path, NOBODY, NOBODY)
        self._started = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, AssertionError):
            error.add_note(self.story())
        self._ends.close()

    def _settings(self, broker: str, uplink: dict[str, object]) -> dict[str, Any]:
        device = {"name": "box", "profile": PROFILE, "options": {"door_switch": "open_end"}}
        floors = [{"reported": number, "label": str(number)} for number in (1, 2, 3)]
        windows = {"between_floors_s": 10, "between_floors_suspect_s": 2, "between_floors_unknown_s": 60}
        return {
            "terminal_id": self.terminal_id,
            "link": {"port": str(self.link), "poll_period_s": 0.5, "down_after_s": 1.5},
            "lifts": [{"id": "lift-1", "devices": [device], "floors": floors}],
            "detect": {
                "entrapment": windows,
                "occupancy": {"sensor_hold_s": 0},
                "movement": {"outside_zone_s": 600},  # an alarm here comes alone
            },
            "journal": {"path": str(self.directory / "journal.sqlite")},
            "uplink": {"broker": broker, "timeout_s": 2, "re_emit_s": [2], **uplink},
            "local": {"socket": str(self.directory / "agent.sock")},
        }

    def write_config(self) -> None:
        """Write `settings` to the agent's configuration file."""
        self.config.write_text(yaml.safe_dump(self.settings))

    # processes

    def start(
        self,
        name: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        nobody: bool | None = None,
        typed: bool = False,
    ) -> Program:
        """Start Python with these arguments in the site's directory, by default as its user; ended with the site.

        `typed`: the test types what it reads (`Program.type`).
        """
        self._started += 1
        log = self.directory / f"{self._started:02d}-{name}.log"
        with ExitStack() as stack:
            command, options = python(*arguments, nobody=self.nobody if nobody is None else nobody, stack=stack)
            options["env"] |= {} if environment is None else environment
            output = stack.enter_context(log.open("wb"))
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if typed else subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                **options,
            )
        program = Program(process, log)
        self._ends.callback(program.kill)
        return program

    def start_bench(self, *options: str, profile: str = PROFILE, nobody: bool | None = None) -> Program:
        """The simulated lift; return once its port is there."""
        asked = ("--option", "door_switch=open_end") if profile == PROFILE else ()
        given = ("--profile", profile, *asked, "--building", str(self.building), "--link", str(self.link))
        bench = self.start("bench", "-m", "hil", "serve", *given, *options, nobody=nobody)
        bench.says(f"serving {profile}#1")
        return bench

    def start_agent(self, *settings: str, environment: Mapping[str, str] | None = None) -> Program:
        """The agent, with `--set` for each of `settings`."""
        overrides = [part for setting in settings for part in ("--set", setting)]
        return self.start("agent", "-m", "edge_agent", "-c", str(self.config), *overrides, environment=environment)

    def unplug(self, bench: Program) -> None:
        """End the bench as if the adapter were pulled: first the name goes, then the port hangs up.

        A link left dangling would soon lead the agent to the pty of another lift: the kernel gives the numbers again.
        """
        self.link.unlink()
        bench.kill()

    def poke(self, stimulus: str) -> str:
        """`liftwarden hil poke`; what it says."""
        poke = self.start(f"poke-{stimulus}", "-m", "hil", "poke", str(self.link), stimulus)
        assert poke.ended() == 0, poke.story()
        return poke.story()

    def entrap(self) -> None:
        """Somebody gets in, and the car stops between two floors."""
        assert "armed" in self.poke("entrap_between_floors")
        self.poke("person_enters")

    # looking

    def ask(self, operation: str) -> Reply:
        """What the agent answers on its local socket, once it listens there."""
        path = str(self.directory / "agent.sock")
        until(lambda: _listens(path), "the agent's local socket")
        return AgentClient(path).ask(Request(operation, limit=200))

    def liftwarden(self, *arguments: str) -> str:
        """What a `liftwarden` command prints."""
        command = self.start("cli", "-c", CLI, *arguments)
        assert command.ended() == 0, command.story()
        return "\n".join(command.said())

    def records(self) -> list[dict[str, Any]]:
        """The lines of the truth file."""
        lines = self.truth.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def happened(self, kind: str) -> list[dict[str, Any]]:
        """The truth file's records of one kind; samples have the kind "sample"."""
        return [record for record in self.records() if record.get("kind", "sample") == kind]

    def story(self) -> str:
        """The ends of all logs."""
        logs = sorted(self.directory.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


class Desk:
    """`mosquitto_sub` on everything, and what it received in order."""

    def __init__(self, broker: Mosquitto, output: Path) -> None:
        self._broker = broker
        self._output = output
        command = [tool("mosquitto_sub"), "-h", LOOPBACK, "-p", str(broker.port), "-q", "1", "-t", "liftwarden/#"]
        with output.open("wb") as file:
            self.process = subprocess.Popen([*command, "-F", "%t %r %p"], stdout=file, stderr=subprocess.DEVNULL)

    def listens(self, mark: str = "0") -> None:
        """Return once it hears what is published; `mark` must differ from earlier ones."""

        def heard() -> bool:
            self._broker.publish("liftwarden/ready", f'{{"mark": "{mark}"}}'.encode())
            return {"mark": mark} in self.messages("liftwarden/ready")

        until(heard, "mosquitto_sub subscribes")

    def lines(self) -> list[str]:
        """ "topic retained payload" of each message."""
        lines = self._output.read_text(encoding="utf-8").splitlines(keepends=True)
        return [line for line in lines if line.endswith("\n")]

    def messages(self, topic: str) -> list[dict[str, Any]]:
        """The payloads received on a topic."""
        return [json.loads(line.split(" ", 2)[2]) for line in self.lines() if line.startswith(topic + " ")]

    def alarms(self, site: Site) -> list[dict[str, Any]]:
        """What came on the alarm topic of a site's lift."""
        return self.messages(f"{site.topics.base}/lift/lift-1/alarm")

    def events(self, site: Site) -> list[dict[str, Any]]:
        """What came on the event topic of a site's lift."""
        return self.messages(f"{site.topics.base}/lift/lift-1/event")

    def acknowledge(self, site: Site, event_id: str) -> None:
        """Take an alarm on."""
        now = time.time()
        instants = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)) for at_s in (now, now + 600))
        issued, expires = instants
        command = {"kind": "ack", "id": "1", "issued": issued, "expires": expires, "counter": int(now)}
        payload = json.dumps({**command, "event_id": event_id, "operator": "desk"})
        self._broker.publish(site.topics.command, payload.encode())


@contextmanager
def desk(broker: Mosquitto, output: Path) -> Iterator[Desk]:
    """A subscriber that listens."""
    one = Desk(broker, output)
    try:
        one.listens()
        yield one
    finally:
        one.process.kill()
        one.process.wait()


@contextmanager
def frozen(broker: Mosquitto) -> Iterator[None]:
    """A broker that keeps its connections and answers nothing."""
    broker.send(signal.SIGSTOP)
    try:
        yield
    finally:
        broker.send(signal.SIGCONT)


@contextmanager
def at_once(scenarios: Mapping[K, Callable[[], T]]) -> Iterator[dict[K, Future[T]]]:
    """Run them all at the same time: they mostly wait. The end of the context waits for the last one."""
    with ThreadPoolExecutor(len(scenarios)) as pool:
        yield {name: pool.submit(scenario) for name, scenario in scenarios.items()}


def undelivered(site: Site) -> int:
    """How many messages the agent says no broker took yet."""
    health = site.ask("health").health
    assert health is not None
    return health.undelivered


def numbers(messages: list[dict[str, Any]]) -> list[int]:
    """What is left of one stream after de-duplication by identity: its numbers, sorted."""
    identities = {(one["terminal_id"], one["journal_id"], one["stream"], one["seq"]) for one in messages}
    assert len({identity[:3] for identity in identities}) <= 1, f"more than one stream: {identities}"
    return sorted(identity[3] for identity in identities)


def gapless(messages: list[dict[str, Any]]) -> bool:
    """Whether the numbers of a stream run from 1 without a gap."""
    return numbers(messages) == list(range(1, len(numbers(messages)) + 1))
