"""A run with something for every lane of a report: a ride, an entrapment, damaged answers, an agent that is killed."""

from functools import cache

from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.report.lane import Lane
from hil.report.lanes import lanes_of
from hil.scenario.loader import parse_scenario
from hil.scenario.run import Run, run

S = 1_000_000_000
ARMED_S, CLEARED_S, KILLED_S, STARTED_S, END_S = 3, 23, 90, 92, 100
YAML = f"""\
name: shown
title: {{en: "Shown <in> a report", zh: "报告示例"}}
duration: {END_S} s
steps:
  - {{at: {ARMED_S} s, fault: {{fault: crc.wrong, id: noise, when: {{p: 0.5, match: {{dir: reply}}}}}}, for: 20 s}}
  - {{at: 5 s, person: {{from: "1", to: "5"}}}}
  - {{at: 40 s, person: {{from: "5", to: "1"}}}}
  - {{at: 41 s, stimulus: entrap_between_floors}}
  - {{at: {KILLED_S} s, agent: kill}}
  - {{at: {STARTED_S} s, agent: start}}
expect:
  - requirement: A01.between-floors
    within: {{after: {{truth: trapped_since}}, event: {{alarm: A01, phase: raised}}, limit: 31 s}}
  - {{requirement: A01.never, never: {{event: {{alarm: A01}}}}}}
"""


@cache
def reported() -> Run:
    """The run; its second expectation fails on purpose."""
    return run(parse_scenario(YAML, "shown.yaml"), VirtualBench(), Settings(1))


@cache
def lanes() -> dict[str, Lane]:
    """Its lanes by id."""
    done = reported()
    return {one.id: one for one in lanes_of(done.record, done.trace)}
