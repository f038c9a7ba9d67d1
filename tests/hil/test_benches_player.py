"""What every bench gets: steps in time and a record of them, faults armed and cleared, a platform that acknowledges."""

import heapq
from collections.abc import Callable
from typing import Any

import msgspec

from hil import BenchError
from hil.benches.platform import Platform
from hil.benches.player import Faults, Player
from hil.bus.faults.injector import Firing
from hil.scenario.model import Scenario
from hil.scenario.steps import AgentStep, Ask, Step
from hil.trace import Lane, Trace
from protocols.upstream.messages import Command, CommandKind

S = 1_000_000_000


class Handle:
    def cancel(self) -> None:
        pass


class SlowTimeline:
    """A timeline that calls back `late_ns` after what it was asked for."""

    def __init__(self, late_ns: int = 0) -> None:
        self.now_ns = 0
        self._late_ns = late_ns
        self._due: list[tuple[int, int, Callable[[], object]]] = []

    def call_at_ns(self, when_ns: int, callback: Callable[[], object]) -> Handle:
        heapq.heappush(self._due, (when_ns + self._late_ns, len(self._due), callback))
        return Handle()

    def run(self) -> None:
        while self._due:
            self.now_ns, _, callback = heapq.heappop(self._due)
            callback()


class Recorder:
    def __init__(self) -> None:
        self.done: list[str] = []

    def do(self, step: Step) -> dict[str, object]:
        self.done.append(step.does)
        if step.acknowledge is not None:
            raise BenchError("no such alarm")
        return {"effect": "now"}


def scenario(*steps: Step) -> Scenario:
    expect = [{"requirement": "R.x", "never": {"event": {"alarm": "any"}}}]
    plain = {"name": "x", "title": {"en": "x", "zh": "x"}, "duration": "1 min", "expect": expect}
    return msgspec.structs.replace(msgspec.convert(plain, Scenario), steps=steps)


def test_steps_are_done_in_time_whatever_their_order_in_the_file() -> None:
    timeline, hands, trace = SlowTimeline(), Recorder(), Trace()
    player = Player(
        scenario(Step(at="9 s", agent=AgentStep.STOP), Step(at="3 s", technician=Ask.WHY)),
        hands,
        timeline,
        trace,
    )
    timeline.run()
    assert hands.done == ["technician", "agent"]
    assert [(one.t_ns, one.name) for one in trace.of(Lane.STEP)] == [(3 * S, "technician"), (9 * S, "agent")]
    assert player.failure == ""
    assert not list(trace.of(Lane.BENCH, "lag"))


def test_a_late_step_is_done_and_its_lag_kept() -> None:
    timeline, trace = SlowTimeline(late_ns=7_000_000), Trace()
    Player(scenario(Step(at="3 s", agent=AgentStep.STOP)), Recorder(), timeline, trace)
    timeline.run()
    (lag,) = trace.of(Lane.BENCH, "lag")
    assert lag.fields == {"lag_ns": 7_000_000}
    assert [one.t_ns for one in trace.of(Lane.STEP)] == [3 * S + 7_000_000]


def test_the_first_step_that_cannot_be_done_is_kept_and_the_others_are_done() -> None:
    timeline, hands, trace = SlowTimeline(), Recorder(), Trace()
    steps = (Step(at="1 s", acknowledge="A01"), Step(at="2 s", acknowledge="A02"), Step(at="3 s", agent=AgentStep.STOP))
    player = Player(scenario(*steps), hands, timeline, trace)
    timeline.run()
    assert player.failure == "at 1 s: no such alarm"
    assert hands.done == ["acknowledge", "acknowledge", "agent"]
    assert [one.fields.get("error") for one in trace.of(Lane.STEP)] == ["no such alarm", "no such alarm", None]


class Injector:
    """Fires at each arming, and once more long after the run."""

    def __init__(self) -> None:
        self.firings: list[Firing] = []
        self.cleared: list[str] = []

    def arm(self, fault: Any) -> None:
        self.firings += [Firing(5 * S, 6 * S, fault.id, "did"), Firing(99 * S, 99 * S, fault.id, "did too late")]

    def clear(self, fault_id: str) -> None:
        self.cleared.append(fault_id)


def test_a_fault_is_armed_cleared_in_time_and_told_of() -> None:
    timeline, trace, injector, made = SlowTimeline(), Trace(), Injector(), []

    def make() -> Injector:
        made.append(injector)
        return injector

    faults = Faults(trace, timeline, {"wire": make})
    faults.arm(Step(at="0 s", fault={"fault": "crc.wrong", "id": "noise"}, for_="10 s"))
    faults.arm(Step(at="0 s", fault={"fault": "resp.none"}))
    timeline.run()
    assert (made, injector.cleared) == ([injector], ["noise"])
    assert faults.clear("noise") == {"effect": "none"}
    assert faults.clear("resp.none") == {}
    trace.close(60 * S)
    trace.reopen()
    faults.tell()
    told = [(one.t_ns // S, one.name, one.fields["fault"]) for one in trace.of(Lane.FAULT)]
    assert sorted(told) == [
        (0, "armed", "noise"),
        (0, "armed", "resp.none"),
        (5, "fired", "noise"),
        (5, "fired", "resp.none"),
        (10, "cleared", "noise"),
        (10, "cleared", "resp.none"),
    ]


def test_a_platform_passes_over_what_it_does_not_understand() -> None:
    sent: list[tuple[str, bytes]] = []
    platform = Platform("t-1", lambda topic, payload: sent.append((topic, payload)), lambda: 1_767_268_800 * S)
    platform.hear("liftwarden/v1/t-1/lift/lift-1/alarm", b"\xff not JSON")
    platform.hear("liftwarden/v1/t-1/lift/lift-1/alarm", b'{"hello": 1}')
    platform.hear("elsewhere", b"")
    assert platform.acknowledge_code("A01") is False
    platform.acknowledge("lift-1/A01/1")
    ((topic, payload),) = sent
    command = msgspec.json.decode(payload, type=Command)
    assert topic == "liftwarden/v1/t-1/cmd"
    assert (command.kind, command.event_id, command.counter) == (CommandKind.ACK, "lift-1/A01/1", 1)
    assert (command.issued, command.expires) == ("2026-01-01T12:00:00.000Z", "2026-01-01T12:01:00.000Z")
