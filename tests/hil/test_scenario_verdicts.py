"""Verdicts as functions of a trace written by hand and an uncertainty. The arithmetic is that of docs/scenarios.md."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.scenario.expectations import Expectation
from hil.scenario.judges import judge
from hil.scenario.matching import Evidence
from hil.scenario.verdicts import Outcome, Verdict, compare
from hil.trace import Lane, Trace

S = 1_000_000_000
END_S = 600.0


def alarm(code: str = "A01", phase: str = "raised", seq: int = 1, stream: str = "alarm", **more: Any) -> dict[str, Any]:
    payload = {"type": "event", "journal_id": "j", "stream": stream, "seq": seq, "code": code, "phase": phase, **more}
    return {"topic": f"liftwarden/v1/t/lift/lift-1/{stream}", "payload": {"ids": {"lift_id": "lift-1"}, **payload}}


def state(alarms: int = 0, **items: Any) -> dict[str, Any]:
    snapshot = {"items": {name: {"value": value} for name, value in items.items()}}
    payload = {"ids": {"lift_id": "lift-1"}, "open_alarms": ["x"] * alarms, "snapshot": snapshot}
    return {"topic": "liftwarden/v1/t/lift/lift-1/state", "payload": payload}


def trace_of(*records: tuple[float, Lane, str, dict[str, Any]], end_s: float = END_S) -> Trace:
    trace = Trace()
    for t_s, lane, name, data in records:
        trace.add(round(t_s * S), lane, name, data)
    trace.close(round(end_s * S))
    return trace


def verdict(trace: Trace, u_s: float = 0.0, **kind: Any) -> Verdict:
    expectation = msgspec.convert({"requirement": "R.x", **kind}, Expectation)
    (found,) = judge([expectation], Evidence(trace), round(u_s * S))
    return found


TRAPPED = (100.0, Lane.TRUTH, "trapped_since", {"door_zone": False})
WITHIN = {"after": {"truth": "trapped_since"}, "event": {"alarm": "A01", "phase": "raised"}, "limit": "31 s"}


@pytest.mark.parametrize(
    ("raised_s", "u_s", "outcome"),
    [
        (131.0, 0.0, Outcome.PASS),
        (131.000001, 0.0, Outcome.FAIL),
        (130.5, 0.5, Outcome.PASS),
        (130.6, 0.5, Outcome.INCONCLUSIVE),
        (131.5, 0.5, Outcome.INCONCLUSIVE),
        (131.6, 0.5, Outcome.FAIL),
    ],
)
def test_within_a_limit_the_uncertainty_decides(raised_s: float, u_s: float, outcome: Outcome) -> None:
    found = verdict(trace_of(TRAPPED, (raised_s, Lane.MQTT, "alarm", alarm())), u_s, within=WITHIN)
    assert (found.outcome, found.limit, found.uncertainty_ns) == (outcome, 31 * S, round(u_s * S))
    assert found.observed == round(raised_s * S) - 100 * S


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**11))
def test_the_rule_of_the_issue(observed_ns: int, limit_ns: int, u_ns: int) -> None:
    """PASS if t + u <= L, FAIL if t - u > L, else INCONCLUSIVE."""
    expected = Outcome.INCONCLUSIVE
    if observed_ns + u_ns <= limit_ns:
        expected = Outcome.PASS
    if observed_ns - u_ns > limit_ns:
        expected = Outcome.FAIL
    assert compare(observed_ns, limit_ns, u_ns) is expected


@pytest.mark.parametrize(
    ("raised_s", "u_s", "outcome"),
    [
        (130.0, 0.0, Outcome.PASS),
        (129.9, 0.0, Outcome.FAIL),
        (130.2, 0.3, Outcome.INCONCLUSIVE),
        (129.6, 0.3, Outcome.FAIL),
    ],
)
def test_an_alarm_may_also_be_too_early(raised_s: float, u_s: float, outcome: Outcome) -> None:
    within = {**WITHIN, "not_before": "30 s"}
    found = verdict(trace_of(TRAPPED, (raised_s, Lane.MQTT, "alarm", alarm())), u_s, within=within)
    assert found.outcome is outcome


def test_what_never_came_has_failed_once_its_time_is_over_and_not_before() -> None:
    assert verdict(trace_of(TRAPPED), within=WITHIN).outcome is Outcome.FAIL
    assert verdict(trace_of(TRAPPED, end_s=131), within=WITHIN).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace_of(TRAPPED, end_s=131.1), 0.2, within=WITHIN).outcome is Outcome.INCONCLUSIVE


def test_a_premise_that_never_happened_shows_nothing() -> None:
    raised = (130.0, Lane.MQTT, "alarm", alarm())
    later = {"truth": "freed"}
    look = {"alarms": 0}
    trace = trace_of(raised)
    assert verdict(trace, within=WITHIN).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, never={"since": later, "event": {"alarm": "any"}}).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, always_while={"since": later, "look": look}).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, state_at={"after": later, "at": "1 s", "look": look}).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, exactly={"since": later, "count": 0, "event": later}).outcome is Outcome.INCONCLUSIVE
    latency = {"from": later, "to": later, "max": "1 s"}
    assert verdict(trace, latency=latency).outcome is Outcome.INCONCLUSIVE


def test_an_alarm_before_its_premise_is_not_taken_for_it() -> None:
    early = (50.0, Lane.MQTT, "alarm", alarm())
    assert verdict(trace_of(early, TRAPPED), within=WITHIN).outcome is Outcome.FAIL


def test_a_message_that_is_sent_again_counts_once() -> None:
    sent = [(t_s, Lane.MQTT, "alarm", alarm()) for t_s in (130.0, 135.0, 145.0)]
    sent.append((150.0, Lane.MQTT, "alarm", alarm(seq=2, phase="cleared")))
    trace = trace_of(*sent)
    raised = {"alarm": "A01", "phase": "raised"}
    assert verdict(trace, exactly={"count": 1, "event": raised}).outcome is Outcome.PASS
    assert verdict(trace, exactly={"count": 3, "event": {**raised, "repeats": True}}).outcome is Outcome.PASS
    assert verdict(trace, exactly={"count": 2, "event": {"alarm": "any"}}).outcome is Outcome.PASS


def test_messages_outside_the_numbered_stream_are_no_repetitions() -> None:
    sent = [(t_s, Lane.MQTT, "alarm", alarm(seq=0, durable=False)) for t_s in (130.0, 135.0)]
    assert verdict(trace_of(*sent), exactly={"count": 2, "event": {"alarm": "A01"}}).outcome is Outcome.PASS


def test_what_somebody_elses_agent_says_without_numbers_is_never_a_repetition() -> None:
    said = {"topic": "liftwarden/v1/t/lift/lift-1/alarm", "payload": {"code": "A01", "phase": "raised"}}
    trace = trace_of((130.0, Lane.MQTT, "alarm", said), (140.0, Lane.MQTT, "alarm", said))
    assert verdict(trace, exactly={"count": 2, "event": {"alarm": "A01", "phase": "raised"}}).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("sign", "seen"),
    [
        ({"alarm": "A01"}, 1),
        ({"alarm": "A02"}, 0),
        ({"event": "any"}, 1),
        ({"event": "F19", "phase": "end"}, 0),
        ({"alarm": "A01", "lift": "lift-1"}, 1),
        ({"alarm": "A01", "lift": "lift-2"}, 0),
        ({"alarm": "A01", "where": {"severity": 1}}, 1),
        ({"alarm": "A01", "where": {"severity": 2}}, 0),
        ({"alarm": "A01", "where": {"severity": True}}, 0),
        ({"alarm": "A01", "where": {"ids.lift_id": "lift-1"}}, 1),
        ({"truth": "trapped_since", "where": {"door_zone": False}}, 1),
        ({"truth": "trapped_since", "where": {"door_zone": True}}, 0),
        ({"stimulus": "power_loss"}, 1),
        ({"fault": "noise"}, 2),
        ({"fault": "noise", "did": "armed"}, 1),
        ({"wire": "request"}, 1),
        ({"wire": "reply"}, 1),
        ({"wire": "reply", "slave": 247, "function": 3}, 1),
        ({"wire": "reply", "slave": 246}, 0),
        ({"wire": "reply", "function": 4}, 0),
        ({"agent": "killed"}, 1),
    ],
)
def test_a_sign_finds_its_records_and_no_others(sign: dict[str, Any], seen: int) -> None:
    trace = trace_of(
        (1, Lane.STEP, "stimulus", {"stimulus": "power_loss", "effect": "now"}),
        (2, Lane.FAULT, "armed", {"fault": "noise", "kind": "crc.wrong"}),
        (3, Lane.FAULT, "fired", {"fault": "noise"}),
        (4, Lane.FAULT, "fired", {"fault": "noise"}),
        (5, Lane.WIRE, "agent", {"start_ns": 1, "hex": "f703002000024491"}),
        (6, Lane.WIRE, "box", {"start_ns": 1, "hex": "f78302"}),
        TRAPPED,
        (130, Lane.MQTT, "alarm", alarm(severity=1)),
        (140, Lane.MQTT, "event", alarm("F19", "begin", stream="event")),
        (150, Lane.AGENT, "killed", {}),
    )
    assert verdict(trace, exactly={"count": seen, "event": sign}).outcome is Outcome.PASS
    assert verdict(trace, exactly={"count": seen + 1, "event": sign}).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("kind", "count", "outcome"),
    [
        ("exactly", 2, Outcome.PASS),
        ("exactly", 1, Outcome.FAIL),
        ("at_least", 2, Outcome.PASS),
        ("at_least", 3, Outcome.FAIL),
        ("at_most", 2, Outcome.PASS),
        ("at_most", 1, Outcome.FAIL),
    ],
)
def test_counts(kind: str, count: int, outcome: Outcome) -> None:
    trace = trace_of((10, Lane.TRUTH, "departed", {}), (20, Lane.TRUTH, "departed", {}))
    assert verdict(trace, **{kind: {"count": count, "event": {"truth": "departed"}}}).outcome is outcome


@pytest.mark.parametrize(
    ("at_s", "u_s", "outcome"),
    [
        (99.0, 0.0, Outcome.PASS),
        (100.0, 0.0, Outcome.FAIL),
        (99.6, 0.5, Outcome.INCONCLUSIVE),
        (100.4, 0.5, Outcome.INCONCLUSIVE),
        (100.6, 0.5, Outcome.FAIL),
        (199.8, 0.5, Outcome.INCONCLUSIVE),
        (201.0, 0.5, Outcome.PASS),
    ],
)
def test_a_span_has_edges_that_are_as_sharp_as_the_bench(at_s: float, u_s: float, outcome: Outcome) -> None:
    trace = trace_of(TRAPPED, (200, Lane.TRUTH, "freed", {}), (at_s, Lane.TRUTH, "departed", {}))
    span = {"since": {"truth": "trapped_since"}, "until": {"truth": "freed"}, "event": {"truth": "departed"}}
    assert verdict(trace, u_s, never=span).outcome is outcome


def test_the_edges_of_the_run_itself_are_sharp() -> None:
    trace = trace_of((0.1, Lane.TRUTH, "departed", {}), (599.9, Lane.TRUTH, "departed", {}))
    whole = {"count": 2, "event": {"truth": "departed"}}
    assert verdict(trace, 0.5, exactly=whole).outcome is Outcome.PASS
    assert verdict(trace, 0.5, exactly={**whole, "settle": "100 ms"}).outcome is Outcome.INCONCLUSIVE


def test_a_retained_message_says_so_until_the_next_one() -> None:
    trace = trace_of(
        (1, Lane.MQTT, "state", state(moving=False)),
        TRAPPED,
        (130, Lane.MQTT, "state", state(alarms=1, moving=False)),
        (200, Lane.TRUTH, "freed", {}),
        (203, Lane.MQTT, "state", state(alarms=0, moving=False)),
    )
    span = {"since": {"truth": "trapped_since"}, "until": {"truth": "freed"}}
    assert verdict(trace, always_while={**span, "settle": "31 s", "look": {"alarms": 1}}).outcome is Outcome.PASS
    found = verdict(trace, always_while={**span, "settle": "29 s", "look": {"alarms": 1}})
    assert (found.outcome, found.t_ns) == (Outcome.FAIL, 129 * S)
    edge = {**span, "settle": "30 s", "look": {"alarms": 1}}
    assert verdict(trace, 0.1, always_while=edge).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, always_while={**span, "look": {"items": {"moving": False}}}).outcome is Outcome.PASS
    assert verdict(trace, state_at={"at": "150 s", "look": {"alarms": 1}}).outcome is Outcome.PASS
    assert verdict(trace, state_at={"at": "129 s", "look": {"alarms": 1}}).outcome is Outcome.FAIL
    assert verdict(trace, 1.0, state_at={"at": "129.5 s", "look": {"alarms": 1}}).outcome is Outcome.INCONCLUSIVE
    assert verdict(trace, state_at={"at": "11 min", "look": {"alarms": 0}}).outcome is Outcome.INCONCLUSIVE


def test_before_the_first_message_nothing_is_said() -> None:
    trace = trace_of((10, Lane.MQTT, "state", state(moving=False)))
    assert verdict(trace, state_at={"at": "5 s", "look": {"items": {"moving": False}}}).outcome is Outcome.FAIL


def test_an_item_that_is_not_good_says_nothing() -> None:
    message = state()
    message["payload"]["snapshot"]["items"]["moving"] = {"value": False, "validity": "stale"}
    trace = trace_of((1, Lane.MQTT, "state", message))
    assert verdict(trace, state_at={"at": "5 s", "look": {"items": {"moving": False}}}).outcome is Outcome.FAIL


def test_order_is_that_of_the_trace() -> None:
    order = [{"truth": "trapped_since"}, {"alarm": "A01"}, {"truth": "freed"}]
    raised, freed = (130.0, Lane.MQTT, "alarm", alarm()), (200.0, Lane.TRUTH, "freed", {})
    assert verdict(trace_of(TRAPPED, raised, freed), order=order).outcome is Outcome.PASS
    assert verdict(trace_of(TRAPPED, freed), order=order).outcome is Outcome.FAIL
    late = (200.2, Lane.MQTT, "alarm", alarm())
    assert verdict(trace_of(TRAPPED, freed, late), order=order).outcome is Outcome.FAIL
    assert verdict(trace_of(TRAPPED, freed, late), 0.5, order=order).outcome is Outcome.INCONCLUSIVE
    tight = (199.8, Lane.MQTT, "alarm", alarm())
    assert verdict(trace_of(TRAPPED, tight, freed), 0.5, order=order).outcome is Outcome.INCONCLUSIVE


def test_what_one_observer_saw_is_in_order_however_uncertain_its_clock_is() -> None:
    order = [{"alarm": "A01", "phase": "cleared"}, {"alarm": "A01", "phase": "ended"}]
    cleared = (200.0, Lane.MQTT, "alarm", alarm(phase="cleared", seq=1))
    ended = (200.1, Lane.MQTT, "alarm", alarm(phase="ended", seq=2))
    assert verdict(trace_of(cleared, ended), 0.5, order=order).outcome is Outcome.PASS
    assert verdict(trace_of(cleared, ended), 0.5, order=order[::-1]).outcome is Outcome.FAIL


def test_latency_is_judged_by_its_tail() -> None:
    pairs = [(10.0 * n, Lane.WIRE, "agent", {"start_ns": 0, "hex": "01"}) for n in range(1, 21)]
    pairs += [
        (10.0 * n + (0.5 if n == 20 else 0.1), Lane.WIRE, "box", {"start_ns": 0, "hex": "01"}) for n in range(1, 21)
    ]
    sides = {"from": {"wire": "request"}, "to": {"wire": "reply"}}
    trace = trace_of(*pairs)
    assert verdict(trace, latency={**sides, "p95": "100 ms"}).outcome is Outcome.PASS
    assert verdict(trace, latency={**sides, "p95": "99 ms"}).outcome is Outcome.FAIL
    assert verdict(trace, latency={**sides, "max": "500 ms"}).outcome is Outcome.PASS
    assert verdict(trace, latency={**sides, "max": "499 ms"}).outcome is Outcome.FAIL
    assert verdict(trace, 0.01, latency={**sides, "p95": "105 ms", "max": "1 s"}).outcome is Outcome.INCONCLUSIVE


def test_a_request_that_is_never_answered_has_no_latency() -> None:
    trace = trace_of((10, Lane.WIRE, "agent", {"start_ns": 0, "hex": "01"}))
    sides = {"from": {"wire": "request"}, "to": {"wire": "reply"}, "max": "1 s"}
    assert verdict(trace, latency=sides).outcome is Outcome.FAIL


def test_a_trace_reads_back_as_it_was_written(tmp_path: Any) -> None:
    trace = trace_of(TRAPPED, (130, Lane.MQTT, "alarm", alarm()), (5, Lane.TRUTH, "departed", {"floor": 1}))
    trace.write(tmp_path / "trace.jsonl")
    again = Trace.read(tmp_path / "trace.jsonl")
    assert (again.hash(), list(again)) == (trace.hash(), list(trace))
    assert [one.t_ns for one in again] == sorted(one.t_ns for one in again)


def test_a_closed_trace_takes_nothing_more() -> None:
    trace = trace_of(TRAPPED)
    before = trace.hash()
    trace.add(1, Lane.TRUTH, "departed", {})
    assert trace.hash() == before
