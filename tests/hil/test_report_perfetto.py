"""Perfetto, by "Trace Event Format" (Google, 2016): every event has ph, pid and ts in microseconds; X has dur, b and e
come in pairs of one cat and id, X of one thread nest; M names processes and threads."""

import json
from pathlib import Path
from typing import Any

import pytest
from reported import ARMED_S, CLEARED_S, reported

from hil.report.folder import write_folder
from hil.trace import Lane


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = write_folder(reported(), tmp_path_factory.mktemp("out"))
    document = json.loads((folder / "perfetto.json").read_bytes())
    assert document["otherData"]["scenario"] == "shown"
    loaded: list[dict[str, Any]] = document["traceEvents"]
    return loaded


def thread(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """The events of the thread that is called so."""
    (at,) = [(one["pid"], one["tid"]) for one in events if one["name"] == "thread_name" and one["args"]["name"] == name]
    return [one for one in events if (one["pid"], one.get("tid")) == at and one["ph"] != "M"]


def test_every_event_has_what_its_phase_wants(events: list[dict[str, Any]]) -> None:
    wanted = {"M": {"args"}, "C": {"ts", "args"}, "X": {"ts", "dur", "tid"}, "i": {"ts", "tid", "s"}}
    wanted |= {phase: {"ts", "tid", "cat", "id"} for phase in "be"}
    assert all(wanted[one["ph"]] | {"name", "pid"} <= one.keys() for one in events)
    assert {one["ph"] for one in events} == set(wanted)
    assert all(one.get("dur", 0) >= 0 for one in events)


def test_complete_events_of_a_thread_do_not_overlap_and_async_ones_are_pairs(events: list[dict[str, Any]]) -> None:
    ends: dict[tuple[int, int], float] = {}
    for one in (one for one in events if one["ph"] == "X"):
        at = (one["pid"], one["tid"])
        assert one["ts"] >= ends.get(at, 0.0) - 0.0005, one
        ends[at] = one["ts"] + one["dur"]
    begun = {one["id"]: one["ts"] for one in events if one["ph"] == "b"}
    ended = {one["id"]: one["ts"] for one in events if one["ph"] == "e"}
    assert begun.keys() == ended.keys()
    assert all(ended[name] >= t for name, t in begun.items())


def test_a_fault_lasts_from_armed_to_cleared_and_has_its_firings(events: list[dict[str, Any]]) -> None:
    fired = list(reported().trace.of(Lane.FAULT, "fired"))
    mine = thread(events, f"Fault noise: fired {len(fired)} x")
    assert (mine[0]["ts"], mine[1]["ts"]) == (ARMED_S * 1e6, CLEARED_S * 1e6)
    assert sorted(one["ts"] for one in mine[2:] if one["ph"] == "b") == [one.t_ns / 1000 for one in fired]


def test_messages_are_instants_with_their_payload(events: list[dict[str, Any]]) -> None:
    alarms = thread(events, "MQTT: alarm")
    told = list(reported().trace.of(Lane.MQTT, "alarm"))
    assert [one["ts"] for one in alarms] == [one.t_ns / 1000 for one in told]
    assert alarms[0]["args"]["data"]["payload"]["code"] == "A01"


def test_the_car_is_a_counter_in_metres(events: list[dict[str, Any]]) -> None:
    stopped = list(reported().trace.of(Lane.TRUTH, "stopped"))[-1]
    places = [one for one in events if one["ph"] == "C" and one["name"] == "Car position"]
    assert places[-1]["args"]["m"] == pytest.approx(stopped.fields["position_m"], abs=0.006)


def test_no_report_leaves_anything_in_a_folder_that_is_written_again(tmp_path: Path) -> None:
    first = {one.name: one.read_bytes() for one in write_folder(reported(), tmp_path).iterdir()}
    again = {one.name: one.read_bytes() for one in write_folder(reported(), tmp_path).iterdir()}
    assert first == again
    assert first.keys() == {"run.json", "trace.jsonl", "agent.log", "wire.pcapng", "report.html", "perfetto.json"}
