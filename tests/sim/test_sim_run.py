"""A run in simulated time: its lines, its ways, its file."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sim_runs import history_of, run
from sim_witness import HOUSE, QUIET_HOUSE, S

from sim import SimError
from sim.desk import written
from sim.history import Head, Line, read_history
from sim.plan import PlanError, parse_planned, parse_time
from sim.plant import Plant
from sim.run import Run
from sim.spans import position_at
from sim.track import Knot
from sim.truth import TruthRecord

EVENTFUL = (
    "60s=entrap_between_floors",
    "200s=release",
    "305s=power_loss",
    "350s=power_restore",
    "500s=door_jammed_ajar",
    "640s=release",
)


def truth(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.kind not in {"run", "track", "end"}]


def save(path: Path, lines: list[Line]) -> Path:
    with written(path) as on_line:
        for line in lines:
            on_line(line)
    return path


def test_the_truth_is_the_plants_own() -> None:
    records: list[TruthRecord] = []
    Plant(HOUSE, 5, records.append).advance_to(600 * S)
    assert [(r.t_ns, r.kind, r.data) for r in records] == [(x.t_ns, x.kind, x.data) for x in truth(run(600, seed=5))]


@pytest.mark.parametrize("seed", range(5))
def test_looking_at_the_way_changes_nothing_that_happens(seed: int) -> None:
    assert truth(run(400, *EVENTFUL[:3], seed=seed)) == truth(run(400, *EVENTFUL[:3], seed=seed, tracked=False))


def test_lines_begin_with_the_run_end_with_the_end_and_come_in_order() -> None:
    lines = run(900, *EVENTFUL)
    assert (lines[0].kind, lines[-1].kind, lines[-1].t_ns) == ("run", "end", 900 * S)
    assert all(before.t_ns <= after.t_ns for before, after in pairwise(lines))


@pytest.mark.parametrize("seed", range(3))
def test_between_knots_the_way_is_the_plants_within_a_millimetre(seed: int) -> None:
    knots = history_of(run(900, *EVENTFUL, seed=seed)).tracks[0]
    plant = Plant(HOUSE, seed)
    plan = [parse_planned(text) for text in EVENTFUL]
    for t_ns in range(0, 900 * S, 37_000_000):
        while plan and plan[0].at_ns <= t_ns:
            plant.advance_to(plan[0].at_ns)
            plant.apply(plan.pop(0).stimulus)
        assert abs(position_at(knots, t_ns) - plant.signals(t_ns).position_m) < 0.001


def test_a_way_under_inspection_is_told_too() -> None:
    stimuli = ("10s=inspection_on", "20s=inspection_up", "30s=inspection_down", "31s=landing_lock")
    knots = history_of(run(60, *stimuli, building=QUIET_HOUSE)).tracks[0]
    plant = Plant(QUIET_HOUSE, 1)
    for planned in map(parse_planned, stimuli):
        plant.advance_to(planned.at_ns)
        plant.apply(planned.stimulus)
    end_m = plant.signals(60 * S).position_m
    assert 0.1 < end_m < max(knot.position_m for knot in knots) == pytest.approx(position_at(knots, 25 * S))
    assert position_at(knots, 60 * S) == end_m


def test_knots_are_few() -> None:
    lines = run(3600)
    trips = sum(line.kind == "departed" for line in lines)
    assert trips > 50
    assert sum(line.kind == "track" for line in lines) < 12 * trips


def test_the_way_of_a_standing_car_goes_to_the_end_of_the_run() -> None:
    assert history_of(run(100, building=QUIET_HOUSE)).tracks[0] == [Knot(0, 0.0, 0.0), Knot(100 * S, 0.0, 0.0)]


def test_a_stimulus_comes_at_its_instant() -> None:
    lines = run(100, "12345ms=person_enters", "99s=power_loss", building=QUIET_HOUSE)
    assert [line.t_ns for line in lines if line.kind == "stimulus"] == [12_345_000_000, 99 * S]


def test_stimuli_for_one_instant_happen_as_they_were_given() -> None:
    lines = run(10, "3s=power_restore", "2s=power_loss", "2s=person_enters", building=QUIET_HOUSE)
    told = [line.data["stimulus"] for line in lines if line.kind == "stimulus"]
    assert told == ["power_loss", "person_enters", "power_restore"]


def test_a_stimulus_after_the_end_is_refused() -> None:
    with pytest.raises(PlanError, match=r"--at 100s=release: the run ends at 100 s"):
        run(100, "100s=release")


def test_a_run_that_is_left_in_a_trip_tells_the_way_so_far() -> None:
    lines: list[Line] = []
    stopped = Run(Head(QUIET_HOUSE, 1), 600 * S, [parse_planned("0s=person_enters")], lines.append)
    next(_ for _ in stopped.steps() if stopped.plant.signals().speed_mps > 1)
    stopped.close()
    now, history = stopped.plant.signals(), history_of(lines)
    assert lines[-1] == Line(now.t_ns, "end", {"complete": False})
    assert history.tracks[0][-1] == Knot(now.t_ns, now.position_m, now.speed_mps)


def test_a_file_says_what_memory_says(tmp_path: Path) -> None:
    lines = run(600, *EVENTFUL[:2])
    history, head = read_history(save(tmp_path / "e.jsonl", lines))
    assert head == Head(HOUSE, 1)
    assert (history.truth, history.tracks) == (history_of(lines).truth, history_of(lines).tracks)


def test_every_line_of_a_file_has_the_shape_of_the_benchs_truth(tmp_path: Path) -> None:
    text = save(tmp_path / "e.jsonl", run(300)).read_bytes().splitlines()
    assert {tuple(msgspec.json.decode(line)) for line in text} == {("t_ns", "kind", "data")}


def test_a_last_line_that_was_torn_off_is_left_out(tmp_path: Path) -> None:
    path = save(tmp_path / "e.jsonl", run(300))
    whole, _ = read_history(path)
    path.write_bytes(path.read_bytes() + b'{"t_ns":300000000000,"kind":"bo')
    assert read_history(path)[0].truth == whole.truth


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not say the run it is of"),
        ('{"t_ns":1,"wall_unix_ns":5,"kind":"waiting","data":{"person":1,"floor":0}}\n', "sim run BUILDING --events"),
        ('{"t_ns":1,"device":"x","words":[1]}\n', "does not say the run it is of"),
        ("hello\n", "line 1: JSON is malformed"),
        ('{"t_ns":0,"kind":"run","data":{"seed":1}}\n', "line 1: Object missing required field `building`"),
        ('{"t_ns":5,"kind":"x","data":{}}\n{"t_ns":4,"kind":"x","data":{}}\n', "line 2: 4 ns comes after 5 ns"),
        ('{"t_ns":5,"kind":"boarded","data":{"person":1}}\n', "line 1: boarded without a number for floor"),
    ],
)
def test_a_file_that_is_no_run_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "e.jsonl").write_text(text)
    with pytest.raises(SimError) as raised:
        read_history(tmp_path / "e.jsonl")
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "ns"), [("90s", 90 * S), ("1h30min", 5400 * S), ("10m", 600 * S), ("1.5d", 129_600 * S), ("5ms", S // 200)]
)
def test_times_are_read(text: str, ns: int) -> None:
    assert parse_time(text, "--for") == ns


@pytest.mark.parametrize("text", ["", "5", "h", "-5s", "5 s", "5s3", "1e3s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="as in 90s"):
        parse_time(text, "--for")


def test_an_unknown_stimulus_names_the_nearest() -> None:
    with pytest.raises(PlanError, match="did you mean release"):
        parse_planned("5s=relaese")


@pytest.mark.process
def test_the_same_seed_is_the_same_file_whatever_the_hash_seed(tmp_path: Path) -> None:
    files = []
    for hash_seed in ("0", "4711"):
        files.append(tmp_path / f"{hash_seed}.jsonl")
        words = ["run", "residential-9", "--for", "2h", "--seed", "7", "--at", "10min=entrap_between_floors"]
        code = "from sim.cli import app; app()"
        subprocess.run(
            [sys.executable, "-c", code, *words, "--at", "20min=release", "--events", files[-1]],
            check=True,
            capture_output=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    first, second = (file.read_bytes() for file in files)
    assert first.count(b"\n") > 500
    assert first == second


def test_another_seed_is_another_run() -> None:
    assert truth(run(600, seed=1)) != truth(run(600, seed=2))


def test_every_car_of_a_group_has_its_way_and_lines_come_in_order_of_time() -> None:
    lines = run(1200, "60s=power_loss@2", "200s=power_restore@2", building=replace(HOUSE, cars=3))
    history = history_of(lines)  # refuses a line that comes too late
    assert sorted(history.tracks) == [0, 1, 2]
    plant = Plant(replace(HOUSE, cars=3), 1)
    for t_s in range(0, 60, 5):
        seen = [plant.signals(t_s * S, car).position_m for car in range(3)]
        drawn = [position_at(history.tracks[car], t_s * S) for car in range(3)]
        assert drawn == pytest.approx(seen, abs=0.001)
    assert [line.car for line in history.truth if line.kind == "power"] == [1, 1]


def test_a_stimulus_for_a_car_that_is_not_there_is_refused() -> None:
    with pytest.raises(PlanError, match="--at 10s=release@2: the building has one car"):
        run(60, "10s=release@2")
    for text in ("10s=release@0", "10s=release@x", "10s=release@"):
        with pytest.raises(PlanError, match="the first is 1"):
            parse_planned(text)
