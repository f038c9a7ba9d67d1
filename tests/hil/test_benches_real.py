"""Benches in real time: the installed command on a pty, on a real port, and an agent that is somebody else's.

All runs go on at the same time, since they mostly wait, each in a process of its own. A run whose harness came later
than the bench's uncertainty shows nothing, and says so; it is played again.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
import yaml

from hil.benches.bench import Settings
from hil.benches.far_end import Subscriber
from hil.benches.in_turn import InTurn
from hil.benches.real import RealBench
from hil.benches.real_hands import BrokerHands
from hil.benches.registry import bench_named
from hil.benches.rig import DutSetup, Rig
from hil.benches.virtual import VirtualBench
from hil.faults.deeds import BrokerDown
from hil.report.folder import LOG_FILE
from hil.scenario.loader import load_scenario, parse_scenario
from hil.scenario.record import RECORD_FILE, read_record
from hil.scenario.run import Run, run
from hil.scenario.verdicts import Outcome
from hil.trace import TRACE_FILE, Lane, Trace
from protocols.strictyaml import ConfigError
from tests.support.mosquitto import Mosquitto, tool
from tests.support.processes import GENEROUS_S, ROOT, at_once, until

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.process,
    pytest.mark.mbpoll,
    pytest.mark.socat,
    pytest.mark.timeout(500),
]

HERE = Path(__file__).parent
SCENARIOS = tuple(sorted((HERE / "real_scenarios").glob("*.yaml")))
NAIVE_AGENT = HERE.parent / "support" / "naive_agent.sh"
UNCERTAINTY = "1 s"
"""Wide, for a busy machine; the scenarios' limits leave room for it."""
TRIES = 3
SERIAL, FOREIGN, SMOKE = "serial", "foreign", "trapped-behind-damaged-frames"
FOREIGN_SCENARIO = """
name: foreign
title: {en: "Somebody else's agent", zh: "他人的终端"}
world:
  building_set: {door.opening_s: "0.5", door.closing_s: "0.5", door.dwell_car_call_s: "0.5", traffic.transfer_s: "0.2"}
duration: 20 s
steps:
  - {at: 1 s, stimulus: person_enters}
  - {at: 1200 ms, stimulus: entrap_between_floors}
expect:
  - {requirement: bus.polled, at_least: {count: 5, event: {wire: request, slave: 247, function: 3}}}
  - {requirement: A01.in-time, within: {after: {truth: trapped_since}, event: {alarm: A01}, limit: 12 s}}
  - requirement: A01.not-at-once
    within: {after: {truth: trapped_since}, event: {alarm: A01}, not_before: 8 s, limit: 12 s}
  - {requirement: A01.once, exactly: {count: 1, event: {alarm: A01, phase: raised}}}
"""


@contextmanager
def wire(directory: Path) -> Iterator[tuple[str, str]]:
    """Two serial ports joined by socat."""
    ends = [directory / "tty-bench", directory / "tty-agent"]
    addresses = [f"pty,raw,echo=0,link={end}" for end in ends]
    with subprocess.Popen([tool("socat", "apt-get install socat"), *addresses]) as process:
        try:
            until(lambda: all(end.exists() for end in ends), "socat's ports")
            yield str(ends[0]), str(ends[1])
        finally:
            process.terminate()


def played(scenario: Path, bench: Path, out: Path) -> Path:
    """`hil run` in a process of its own; the run's folder."""
    command = [sys.executable, "-m", "hil", "run", str(scenario), "--bench", str(bench), "-o", str(out), "--json"]
    folder = out / f"{scenario.stem}-{bench.stem}-1"
    for _ in range(TRIES):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
        assert folder.is_dir(), done.stderr
        record = json.loads((folder / RECORD_FILE).read_bytes())
        if record["lag_ns"] <= record["uncertainty_ns"]:
            break
    return folder


def kept(folder: Path) -> Run:
    log = (folder / LOG_FILE).read_text().splitlines()
    return Run(read_record(folder / RECORD_FILE), Trace.read(folder / TRACE_FILE), tuple(log))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    tool("mosquitto")
    tool("mbpoll", "apt-get install mbpoll")
    directory = tmp_path_factory.mktemp("real")

    def bench(name: str, **keys: object) -> Path:
        path = directory / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**keys, "uncertainty": UNCERTAINTY}), encoding="utf-8")
        return path

    foreign = directory / "foreign.yaml"
    foreign.write_text(FOREIGN_SCENARIO, encoding="utf-8")
    pty = bench("pty")
    with ExitStack() as stack:
        broker = Mosquitto(directory)
        stack.callback(broker.kill)
        theirs = bench("theirs", dut={"command": ["sh", str(NAIVE_AGENT)], "mqtt": broker.start().url})
        near, far = stack.enter_context(wire(directory))
        line = bench("line", port=near, dut={"port": far})
        plays = {path.stem: partial(played, path, pty, directory) for path in SCENARIOS}
        plays[SERIAL] = partial(played, HERE / "real_scenarios" / f"{SMOKE}.yaml", line, directory)
        plays[FOREIGN] = partial(played, foreign, theirs, directory)
        with at_once(plays) as futures:
            pass
    yield {name: kept(future.result()) for name, future in futures.items()}


def said(trace: Trace) -> list[tuple[str, str, str]]:
    """(stream, code, phase) of what came upstream, in order, repetitions left out."""
    seen: dict[tuple[str, int], tuple[str, str, str]] = {}
    for one in (*trace.of(Lane.MQTT, "alarm"), *trace.of(Lane.MQTT, "event")):
        message = one.fields["payload"]
        seen.setdefault((message["stream"], message["seq"]), (message["stream"], message["code"], message["phase"]))
    return list(seen.values())


def passed(done: Run) -> None:
    wrong = [(one.requirement, one.said) for one in done.record.verdicts if one.outcome is not Outcome.PASS]
    assert (done.record.outcome, done.record.reasons, wrong) == (Outcome.PASS, [], []), "\n".join(done.log[-20:])


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_installed_command_on_a_pty_does_what_the_agent_does_in_virtual_time(
    path: Path, runs: dict[str, Run]
) -> None:
    virtual = run(load_scenario(str(path)), VirtualBench(), Settings(1))
    real = runs[path.stem]
    passed(virtual)
    passed(real)
    assert said(real.trace) == said(virtual.trace)
    assert said(real.trace)


def test_the_agent_behind_a_real_port_passes_the_same_scenario(runs: dict[str, Run]) -> None:
    passed(runs[SERIAL])


def test_an_agent_of_somebody_else_gets_an_honest_report(runs: dict[str, Run]) -> None:
    record = runs[FOREIGN].record
    assert {one.requirement: one.outcome for one in record.verdicts} == {
        "bus.polled": Outcome.PASS,
        "A01.in-time": Outcome.PASS,
        "A01.not-at-once": Outcome.FAIL,
        "A01.once": Outcome.FAIL,
    }
    assert (record.outcome, record.reasons) == (Outcome.FAIL, [])


def test_a_scenario_that_configures_the_agent_is_skipped_for_an_agent_of_somebody_else() -> None:
    theirs = RealBench(Rig(dut=DutSetup(command=("false",))), "theirs")
    record = run(load_scenario(str(SCENARIOS[0])), theirs, Settings(1)).record
    assert record.outcome is Outcome.SKIPPED
    assert record.reasons == ["the bench theirs lacks agent_config: an agent whose configuration the bench writes"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("{fault: gap.t35}", "gap.t35: it delivers whole frames"),
        ("{fault: uplink.slow_ack, late_s: 1}", "uplink.slow_ack: it can be made in memory only"),
        ("{fault: host.crash, when: {match: {at: raise.decided}}}", "host.crash: raise.decided is a point inside the"),
    ],
)
def test_a_fault_that_real_time_cannot_make_is_a_skip_with_its_reason(fault: str, reason: str) -> None:
    text = f"""
name: x
title: {{en: x, zh: x}}
duration: 1 min
steps: [{{at: 1 s, fault: {fault}}}]
expect: [{{requirement: R.x, never: {{event: {{alarm: any}}}}}}]
"""
    record = run(parse_scenario(text, "x.yaml"), RealBench(Rig(), "pty"), Settings(1)).record
    assert record.outcome is Outcome.SKIPPED
    assert record.reasons[0].startswith(f"the bench cannot make {reason}")


def test_a_device_that_ends_by_itself_has_failed(tmp_path: Path) -> None:
    text = """
name: x
title: {en: x, zh: x}
duration: 1 s
expect: [{requirement: R.x, never: {event: {alarm: any}}}]
"""
    tool("mosquitto")
    rig = Rig(dut=DutSetup(command=("sh", "-c", "echo no such lift; exit 3")), uncertainty="1 min")
    record = run(parse_scenario(text, "x.yaml"), RealBench(rig, "x"), Settings(1)).record
    assert record.outcome is Outcome.FAIL
    assert record.reasons == ["the agent ended by itself at 0 s: exit code 3: no such lift"]


def of_bench(directory: Path) -> list[str]:
    """Command lines of processes whose files are there."""
    lines: list[str] = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return [line for line in lines if f"{directory}/" in line]


def test_a_bench_that_is_told_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    tool("mosquitto")
    scenario = ROOT / "configs" / "scenarios" / "normal-service.yaml"
    command = [sys.executable, "-m", "hil", "run", str(scenario), "--bench", "pty"]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}) as process:
        try:
            until(lambda: len(of_bench(tmp_path)) == 2, "broker and agent")
            process.send_signal(signal.SIGTERM)
            assert process.wait(GENEROUS_S) != 0
        finally:
            process.terminate()
    assert of_bench(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("port: /dev/ttyUSB0", "b.yaml:1: dut wants a port: the other end of the wire, where the agent is"),
        ("dut: {box: true}", "b.yaml:1: dut: a box runs anyway and publishes somewhere: it wants mqtt, and no command"),
        ("dut: {mqtt: 'http://x'}", "b.yaml:1: dut: mqtt 'http://x' is no broker; write mqtt://HOST:PORT"),
        ("dut: {comand: [x]}", "b.yaml:1: dut.comand: unknown key; did you mean command?"),
    ],
)
def test_a_wrong_bench_file_is_one_line(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("b.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        bench_named("b.yaml")
    assert str(error.value) == problem


async def test_a_broker_that_two_faults_take_away_is_back_after_the_last_of_them() -> None:
    class Broker:
        url = ""
        subscriber = Subscriber("127.0.0.1", 1, "#", lambda *_message: None)

        def __init__(self) -> None:
            self.did: list[str] = []

        async def start(self) -> None:
            self.did.append("start")

        async def down(self, *, forgets: bool) -> None:
            self.did.append("down")

        async def up(self) -> None:
            self.did.append("up")

        async def end(self) -> None:
            self.did.append("end")

    broker, behind = Broker(), InTurn()
    hands, deed = BrokerHands(broker, behind), BrokerDown(done="down")
    assert hands.begin(deed)
    assert hands.begin(deed)
    hands.end(deed)
    await behind.ended()
    assert broker.did == ["down"]
    hands.end(deed)
    await behind.ended()
    assert broker.did == ["down", "up"]
