"""Plays a scenario's steps in time, by whatever hands a bench has, and keeps the record of them."""

from collections.abc import Callable, Mapping
from functools import partial

import msgspec

from hil import BenchError
from hil.benches.bench import Did, Does, FaultInjector, Hands
from hil.scenario.families import read_fault
from hil.scenario.model import Scenario
from hil.scenario.steps import Step
from hil.timeline import Timeline
from hil.trace import Lane, Trace
from sim import SimError


class Player:
    """Schedules every step when it is made; `failure` is the first step that could not be done."""

    def __init__(self, scenario: Scenario, hands: Hands, timeline: Timeline, trace: Trace) -> None:
        self.failure: str = ""
        self._hands = hands
        self._timeline = timeline
        self._trace = trace
        for step in scenario.steps:
            timeline.call_at_ns(step.at_ns, partial(self._do, step))

    def _do(self, step: Step) -> None:
        now_ns = self._timeline.now_ns
        if now_ns > step.at_ns:
            self._trace.add(now_ns, Lane.BENCH, "lag", {"lag_ns": now_ns - step.at_ns})
        plain = msgspec.to_builtins(step, str_keys=True)
        del plain["at"]
        try:
            came = self._hands.do(step)
        except (BenchError, SimError) as error:
            came = {"error": str(error)}
            self.failure = self.failure or f"at {step.at}: {error}"
        self._trace.add(now_ns, Lane.STEP, step.does, {**plain, **came})


Makers = Mapping[str, Callable[[], FaultInjector]]
"""By a family's name, what makes its injector. It is made when the first such fault is armed."""


class Faults:
    """The faults of one run: which injector lets which family act, and the record of what they did."""

    def __init__(self, trace: Trace, timeline: Timeline, makers: Makers) -> None:
        self._trace = trace
        self._timeline = timeline
        self._makers = makers
        self._injectors: dict[str, FaultInjector] = {}
        self._families: dict[str, str] = {}

    @property
    def does(self) -> Does:
        """The steps that it does."""
        return {"fault": self.arm, "clear": lambda step: self.clear(step.fault_id)}

    def arm(self, step: Step) -> Did:
        """Let a step's fault act, until it is cleared."""
        armable = read_fault({} if step.fault is None else step.fault)
        fault_id = armable.fault.id
        family = armable.family.name
        if family not in self._injectors:
            self._injectors[family] = self._makers[family]()
        self._injectors[family].arm(armable.fault)
        self._families[fault_id] = family
        self._trace.add(self._timeline.now_ns, Lane.FAULT, "armed", {"fault": fault_id, "kind": armable.kind})
        if step.for_ns is not None:
            self._timeline.call_at_ns(step.at_ns + step.for_ns, lambda: self.clear(fault_id))
        return {}

    def clear(self, fault_id: str) -> Did:
        """Let it act no more; nothing happens if it was cleared before."""
        family = self._families.pop(fault_id, None)
        if family is None:
            return {"effect": "none"}
        self._injectors[family].clear(fault_id)
        self._trace.add(self._timeline.now_ns, Lane.FAULT, "cleared", {"fault": fault_id})
        return {}

    def tell(self) -> None:
        """Put what they did into the trace, at the run's end; not what they did while things were tidied up."""
        end_ns = self._trace.end_ns
        for injector in self._injectors.values():
            for one in injector.firings:
                if one.t_ns > end_ns:
                    continue
                data = {"fault": one.fault, "until_ns": one.until_ns, "done": one.done}
                self._trace.add(one.t_ns, Lane.FAULT, "fired", data)
