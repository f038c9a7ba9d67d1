"""A run as lanes: what is drawn is what the trace says, and between its records what a lift does."""

from itertools import pairwise

import msgspec
import pytest
from reported import ARMED_S, CLEARED_S, END_S, KILLED_S, STARTED_S, S, lanes, reported

from hil.report.lane import Span, Tone
from hil.report.lanes import bundled, lanes_of
from hil.report.way import Points, thinned, ways_of
from hil.trace import Lane, Record, Trace
from sim.building import load_building
from sim.doors import CLOSED_LIMIT, OPEN_LIMIT


def value_at(points: Points, t_ns: int) -> float:
    for (t0, v0), (t1, v1) in pairwise(points):
        if t0 <= t_ns <= t1:
            return v1 if t1 == t0 else v0 + (v1 - v0) * (t_ns - t0) / (t1 - t0)
    raise AssertionError(f"the curve does not cover {t_ns} ns")


def truth(name: str) -> list[Record]:
    return list(reported().trace.of(Lane.TRUTH, name))


def place(t_ns: int) -> float:
    curve = lanes()["lift-1"].curve
    assert curve is not None
    return value_at(curve.points, t_ns)


def test_the_curve_goes_through_every_standstill_of_the_truth() -> None:
    stopped = truth("stopped")
    assert [place(one.t_ns) for one in stopped] == pytest.approx(
        [one.fields["position_m"] for one in stopped], abs=0.006
    )
    assert not stopped[-1].fields["door_zone"], "the last one is between floors"


def test_between_them_the_car_moves_as_a_lift_does() -> None:
    """Peters 1995: a run from rest to rest is symmetric in time, so that half way is at half time."""
    left, came = truth("departed")[0], truth("stopped")[0]
    heights = load_building("residential-9").heights_m
    assert (place(left.t_ns), place(came.t_ns)) == pytest.approx((heights[0], heights[4]), abs=0.006)
    span_ns = came.t_ns - left.t_ns
    assert place(left.t_ns + span_ns // 2) == pytest.approx(heights[4] / 2, abs=0.02)
    assert place(left.t_ns + span_ns // 10) < heights[4] / 10 * 0.6, "it starts gently"


def test_the_doors_are_open_and_closed_when_the_truth_says_so() -> None:
    curve = lanes()["doors-1"].curve
    assert curve is not None
    opened = [value_at(curve.points, one.t_ns) for one in truth("door_open")]
    closed = [value_at(curve.points, one.t_ns) for one in truth("door_closed")]
    assert opened
    assert closed
    assert min(opened) >= OPEN_LIMIT - 0.01
    assert max(closed) <= CLOSED_LIMIT + 0.01


def test_the_trapped_are_a_span_from_the_truth_s_instant_to_the_end() -> None:
    (span,) = lanes()["lift-1"].spans
    assert (span.start_ns, span.end_ns, span.tone) == (truth("trapped_since")[0].t_ns, END_S * S, Tone.BAD)


def test_a_fault_is_shaded_from_armed_to_cleared_and_shows_each_firing() -> None:
    shaded, *firings = lanes()["fault-noise"].spans
    assert (shaded.start_ns, shaded.end_ns, shaded.tone) == (ARMED_S * S, CLEARED_S * S, Tone.FAULT)
    fired = list(reported().trace.of(Lane.FAULT, "fired"))
    assert [one.start_ns for one in firings] == [one.t_ns for one in fired]
    assert {one.tone for one in firings} == {Tone.FIRED}
    assert len(fired) > 5


def test_every_transmission_is_in_the_lane_of_who_drove_it() -> None:
    wire = list(reported().trace.of(Lane.WIRE))
    shown = [span for name, lane in lanes().items() if name.startswith("wire-") for span in lane.spans]
    assert sorted((one.start_ns, one.end_ns, one.label) for one in shown) == sorted(
        (one.fields["start_ns"], one.t_ns, one.fields["hex"]) for one in wire
    )
    assert {"wire-agent", "wire-stm32-lift-sensor#1"} == {name for name in lanes() if name.startswith("wire-")}


def test_the_agent_runs_until_it_is_killed_and_again_after_its_start() -> None:
    runs = [(one.start_ns, one.end_ns) for one in lanes()["agent"].spans]
    assert runs == [(0, KILLED_S * S), (STARTED_S * S, END_S * S)]


def test_every_message_and_every_step_has_its_mark() -> None:
    trace = reported().trace
    for name in {one.name for one in trace.of(Lane.MQTT)}:
        assert [one.t_ns for one in lanes()[f"mqtt-{name}"].marks] == [one.t_ns for one in trace.of(Lane.MQTT, name)]
    assert [one.label for one in lanes()["steps"].marks if one.t_ns >= 40 * S] == [
        "person 5 1",
        "entrap_between_floors",
        "agent kill",
        "agent start",
    ]


def test_an_alarm_is_a_lane_that_begins_when_it_was_first_told() -> None:
    (alarm,) = [lane for lane in lanes().values() if lane.title.en.startswith("A01 ")]
    first = next(reported().trace.of(Lane.MQTT, "alarm"))
    assert (alarm.spans[0].start_ns, alarm.spans[0].label) == (first.t_ns, "raised")


def test_a_plant_that_tells_another_story_is_not_believed() -> None:
    """One standstill of the trace is moved: then only what the trace itself says is drawn, and it is called so."""
    done = reported()
    changed = []
    for one in done.trace:
        data = {**one.fields, "position_m": 4.25} if one.name == "stopped" else one.fields
        changed.append(msgspec.structs.replace(one, data=msgspec.Raw(msgspec.json.encode(data))))
    (way,) = ways_of(done.record, Trace(changed)).cars
    assert not way.exact
    assert value_at(way.place, truth("stopped")[0].t_ns) == 4.25
    titles = [lane.title.en for lane in lanes_of(done.record, Trace(changed))]
    assert "Car position (about)" in titles


def test_a_run_without_truth_has_no_lift() -> None:
    done = reported()
    bare = Trace([one for one in done.trace if one.lane is not Lane.TRUTH])
    assert {"lift-1", "doors-1", "truth"}.isdisjoint(one.id for one in lanes_of(done.record, bare))


def test_thinned_points_stay_within_the_tolerance() -> None:
    points = [(t, float(t * t) / 1000) for t in range(100)]
    few = thinned(points, 0.05)
    assert len(few) < 20
    assert (few[0], few[-1]) == (points[0], points[-1])
    assert all(abs(value_at(few, t) - value) <= 0.06 for t, value in points)


def test_too_many_spans_become_bundles_and_none_is_left_out() -> None:
    spans = [Span(t, t + 1, "x") for t in range(0, 100, 10)]
    assert bundled(spans, 10) == spans
    few = bundled(spans, 4)
    assert [(one.start_ns, one.end_ns, one.label) for one in few] == [
        (0, 21, "3 x"),
        (30, 51, "3 x"),
        (60, 81, "3 x"),
        (90, 91, "1 x"),
    ]
