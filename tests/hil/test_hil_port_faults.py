"""Faults of the agent's port as data: what the adapter does becomes a lost link that comes back, or nothing at all."""

from typing import Any

import msgspec
import pytest

from hil import UsageError
from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.faults.catalogue import PORT_KINDS, PortFault
from hil.scenario.model import Scenario
from hil.scenario.run import run
from hil.scenario.steps import Step
from hil.scenario.verdicts import Outcome

AT_S = 20
D02 = {"event": "D02"}
LOST = [
    {"fault": "port.unplug", "for_s": 10},
    {"fault": "port.rename", "for_s": 10},
    {"fault": "port.open_error", "for_s": 10, "error": "EACCES"},
    {"fault": "port.spurious_ready", "for_s": 10},
    {"fault": "port.write_block", "for_s": 10},
    {"fault": "port.stall", "ms": 10_000, "in_adapter": True},
]
HARMLESS = [
    {"fault": "port.stall", "ms": 300},
    {"fault": "turn.echo", "for_s": 20},
    {"fault": "turn.echo", "for_s": 20, "heard": "full", "glued": True},
]


def played(fault: dict[str, Any], *expect: dict[str, Any], for_: str | None = None) -> Outcome:
    wanted = [{"requirement": "R.x", **one} for one in (*expect, {"never": {"event": {"alarm": "any"}}})]
    plain = {"name": "x", "title": {"en": "x", "zh": "x"}, "duration": "2 min", "expect": wanted}
    step = Step(at=f"{AT_S} s", fault=fault, for_=for_)
    return run(
        msgspec.structs.replace(msgspec.convert(plain, Scenario), steps=(step,)), VirtualBench(), Settings()
    ).record.outcome


def test_every_kind_is_tried_here() -> None:
    assert {one["fault"] for one in LOST + HARMLESS} == set(PORT_KINDS)


@pytest.mark.parametrize("fault", LOST, ids=lambda one: one["fault"])
def test_the_link_is_lost_and_comes_back(fault: dict[str, Any]) -> None:
    begin = {"after": {"fault": fault["fault"]}, "event": {**D02, "phase": "begin"}, "limit": "6 s"}
    end = {"after": {"fault": fault["fault"]}, "event": {**D02, "phase": "end"}, "not_before": "10 s", "limit": "45 s"}
    assert played(fault, {"within": begin}, {"within": end}) is Outcome.PASS


@pytest.mark.parametrize("fault", HARMLESS, ids=str)
def test_what_an_adapter_does_now_and_then_is_no_lost_link(fault: dict[str, Any]) -> None:
    assert played(fault, {"never": {"event": D02}}) is Outcome.PASS


def test_what_is_cleared_is_over() -> None:
    end = {"after": {"fault": "port.unplug"}, "event": {**D02, "phase": "end"}, "limit": "25 s"}
    assert played({"fault": "port.unplug", "for_s": 600}, {"within": end}, for_="10 s") is Outcome.PASS


def test_it_may_come_again_and_again() -> None:
    twice = {"exactly": {"count": 2, "event": {"fault": "port.unplug"}}}
    fault = {"fault": "port.unplug", "for_s": 5, "again_s": 45, "when": {"count": 2}}
    assert played(fault, twice, {"exactly": {"count": 2, "event": {**D02, "phase": "end"}}}) is Outcome.PASS


def test_an_unknown_one_has_a_nearest_one() -> None:
    with pytest.raises(UsageError, match=r"fault 'port.unplugg' is not known; did you mean port.unplug\?"):
        PortFault.of({"fault": "port.unplugg"})
