"""The position-time diagram: what it shows, and the files it makes."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from msgspec.structs import replace
from sim_runs import at, history_of, run
from sim_witness import HOUSE, S
from typer.testing import CliRunner, Result

from sim import spans
from sim.building import Traffic
from sim.cli import app
from sim.desk import Asked, play
from sim.history import Head, History, Line, knot_line
from sim.picture import draw, figure_of
from sim.picture_cars import COLORS, TRAPPED_BAND
from sim.plant import Plant
from sim.report import Tally
from sim.track import Knot

Invoke = Callable[..., Result]
EVENTFUL = ("60s=entrap_between_floors", "200s=release")


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    runner = CliRunner()
    return lambda *words: runner.invoke(app, ["plot", *map(str, words)])


def figure(history: History, head: Head | None = None, window_s: tuple[int, int] = (0, 600)) -> Figure:
    head = Head(HOUSE, 1) if head is None else head
    window_ns = (window_s[0] * S, window_s[1] * S)
    return figure_of(history, head, Tally(head).report(history.end_ns), window_ns)


def legend(drawn: Figure) -> set[str]:
    return {text.get_text() for text in drawn.legends[0].get_texts()}


def with_ends(*lines: Line) -> History:
    return history_of([at(0, "track", car=0, position_m=0.0, speed_mps=0.0), *lines, at(600, "end", complete=True)])


# what lasts


def test_a_door_that_opens_again_was_not_closed_in_between() -> None:
    lines = [at(s, kind, floor=2) for s, kind in ((10, "door_opening"), (15, "door_closing"), (16, "door_opening"))]
    told = spans.not_closed(with_ends(*lines, at(30, "door_closed", floor=2, persons=0)))
    assert [(span.start_ns, span.end_ns) for span in told] == [(10 * S, 30 * S)]


def test_people_who_are_still_trapped_are_so_to_the_end() -> None:
    (told,) = spans.trapped(with_ends(at(100, "trapped_since", persons=2, floor=3, cause="chain_open")))
    assert (told.start_ns, told.end_ns, told.persons, told.note) == (100 * S, 600 * S, 2, "chain_open")


def test_a_lift_is_out_of_order_from_its_fault_to_its_end_and_without_mains() -> None:
    told = spans.out_of_order(
        with_ends(
            at(10, "fault", fault="chain_open"),
            at(50, "fault_ended", fault="chain_open"),
            at(100, "power", mains=False),
            at(130, "power", mains=True),
            at(500, "fault", fault="door_dead"),
        )
    )
    assert [(span.start_ns / S, span.end_ns / S) for span in told] == [(10, 50), (100, 130), (500, 600)]


def test_who_waits_does_so_until_boarding_or_giving_up_or_the_end() -> None:
    told = spans.waits(
        with_ends(
            at(10, "waiting", person=1, floor=3, to=0),
            at(20, "waiting", person=2, floor=3, to=5),
            at(25, "waiting", person=3, floor=1),
            at(30, "boarded", person=1, floor=3, persons=1),
            at(90, "abandoned", person=2, floor=3),
        )
    )
    assert [(wait.end_ns / S, wait.upwards, wait.gave_up) for wait in told] == [
        (30, False, False),
        (90, True, True),
        (600, None, False),
    ]


def test_people_are_counted_over_all_cars() -> None:
    riding, waiting = spans.counts(
        with_ends(
            at(1, "waiting", person=1, floor=0, to=3),
            at(2, "waiting", person=2, floor=0, to=3),
            at(3, "boarded", person=1, floor=0, persons=1),
            at(4, "boarded", person=2, floor=0, persons=1, car=1),
            at(9, "alighted", person=1, floor=3, persons=0),
        )
    )
    assert [count for _, count in riding] == [0, 1, 2, 1, 1]
    assert [count for _, count in waiting] == [0, 1, 2, 1, 0, 0]


def test_who_steps_out_of_a_full_car_waits_again_until_the_next() -> None:
    told = with_ends(
        at(1, "waiting", person=1, floor=0, to=3),
        at(3, "boarded", person=1, floor=0, persons=1),
        at(5, "stepped_out", person=1, floor=0, persons=0),
        at(9, "boarded", person=1, floor=0, persons=1),
    )
    riding, waiting = spans.counts(told)
    assert riding == [(0, 0), (3 * S, 1), (5 * S, 0), (9 * S, 1), (600 * S, 1)]
    assert waiting == [(0, 0), (1 * S, 1), (3 * S, 0), (5 * S, 1), (9 * S, 0), (600 * S, 0)]
    assert [wait.end_ns for wait in spans.waits(told)] == [9 * S]


def test_in_the_end_as_many_wait_and_ride_as_the_plant_says() -> None:
    """With people so heavy that many have to step out again."""
    heavy = replace(HOUSE, capacity_persons=4, cars=2, traffic=Traffic(passengers_per_hour=400, mass_kg=110.0))
    played = play(Asked(Head(heavy, 5, 2), 1800 * S, ()))
    assert any(line.kind == "stepped_out" for line in played.history.truth)
    riding, waiting = spans.counts(played.history)
    assert min(count for _, count in waiting) == 0
    assert waiting[-1] == (1800 * S, played.report.waiting)
    assert riding[-1] == (1800 * S, played.report.riding)


# the picture


def test_the_line_is_the_cars_way() -> None:
    drawn = figure(history_of(run(600)))
    (line,) = [line for line in drawn.axes[0].lines if line.get_color() == "#1b4f8f"]
    plant = Plant(HOUSE, 1)
    points = [(float(t_s), float(place)) for t_s, place in zip(line.get_xdata(), line.get_ydata(), strict=True)]
    for (start_s, start_m), (end_s, end_m) in pairwise(points):
        middle_m = plant.signals(round((start_s + end_s) / 2 * S)).position_m
        assert abs((start_m + end_m) / 2 - middle_m) < 0.02
        assert abs(plant.signals(round(end_s * S)).position_m - end_m) < 0.001


def test_floors_are_labelled_at_their_heights() -> None:
    axes = figure(history_of(run(60))).axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == [floor.label for floor in HOUSE.floors]
    assert tuple(axes.get_yticks()) == HOUSE.heights_m


def test_the_title_says_building_and_seed() -> None:
    assert figure(history_of(run(60, seed=7)), Head(HOUSE, 7)).axes[0].get_title(loc="left") == "House  ·  seed 7"


def test_every_car_of_a_group_has_its_line_and_its_name() -> None:
    second = [knot_line(Knot(t * S, 3.0, 0.0), 1) for t in (0, 600)]
    drawn = figure(history_of(sorted([*run(600), *second], key=lambda line: line.t_ns)), Head(HOUSE, 1, cars=2))
    assert {"car 1", "car 2"} <= legend(drawn)
    (lane,) = [line for line in drawn.axes[0].lines if line.get_color() == COLORS[1]]
    (place_m,) = set(map(float, lane.get_ydata()))
    assert 3.0 < place_m < 4.0, "beside the first car, not on it, and nowhere near the next floor"
    assert f"one landing: each car {place_m - 3.0:.2f} m higher" in legend(drawn)


def test_eight_cars_are_told_apart_without_colour() -> None:
    """By their numbers; by lightness, and those that are as light by their dashes."""
    building = replace(HOUSE, cars=8)
    drawn = figure(history_of(run(120, building=building)), Head(building, 1, cars=8), (0, 120))
    assert {text.get_text() for text in drawn.axes[0].texts} >= set("12345678")
    for alike in (COLORS[:4], COLORS[4:]):
        levels = sorted(map(lightness, alike))
        assert all(lighter - darker > 0.1 for darker, lighter in pairwise(levels))
    lines = {line.get_color(): line for line in drawn.axes[0].lines}
    assert [lines[color].is_dashed() for color in COLORS] == [False] * 4 + [True] * 4


def lightness(color: str) -> float:
    """Relative luminance of WCAG 2, as the eye grades it (cube root)."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]) ** (1 / 3)


def test_in_a_group_the_car_that_holds_people_is_marked_and_no_other() -> None:
    building = replace(HOUSE, cars=2)
    drawn = figure(history_of(run(600, "60s=entrap_between_floors@2", building=building)), Head(building, 1, cars=2))
    bands = [line for line in drawn.axes[0].lines if line.get_color() == TRAPPED_BAND]
    assert len(bands) == 1
    assert {"people trapped", "fault"} <= legend(drawn)
    assert "entrap between floors, car 2" in {text.get_text() for text in drawn.axes[0].texts}


def test_the_legend_names_mishaps_only_where_there_were_some() -> None:
    mishaps = {"fault", "serves nobody", "people trapped", "cause, or done to the lift"}
    assert mishaps <= legend(figure(history_of(run(600, *EVENTFUL))))
    assert not mishaps & legend(figure(history_of(run(600))))


def test_an_entrapment_is_told_with_its_people_and_its_length() -> None:
    trapped = at(100, "trapped_since", persons=2, floor=3), at(475, "freed", persons=2, floor=3)
    said = [text.get_text() for text in figure(with_ends(*trapped)).axes[0].texts]
    assert "2 trapped\n6:15" in said


def test_labels_that_have_no_room_beside_each_other_stand_above_each_other() -> None:
    lines = [
        at(s, "stimulus", stimulus=name) for s, name in ((100, "power_loss"), (110, "power_restore"), (400, "release"))
    ]
    texts = {text.get_text(): text for text in figure(with_ends(*lines)).axes[0].texts}
    heights = [texts[name].xyann[1] for name in ("power loss", "power restore", "release")]
    assert heights[0] == heights[2] < heights[1]


def test_a_window_shows_its_time_only() -> None:
    assert figure(history_of(run(600)), window_s=(120, 300)).axes[0].get_xlim() == (120, 300)


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_same_run_is_the_same_picture(tmp_path: Path, suffix: str) -> None:
    history, head = history_of(run(300, *EVENTFUL)), Head(HOUSE, 1)
    pictures = []
    for name in ("a", "b"):
        draw(history, head, Tally(head).report(0), (0, 300 * S), tmp_path / f"{name}{suffix}")
        pictures.append((tmp_path / f"{name}{suffix}").read_bytes())
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) > 10_000


def test_a_dollar_in_a_name_is_no_formula(tmp_path: Path) -> None:
    odd = replace(HOUSE, title=replace(HOUSE.title, en=r"A $\frac$ house"))
    draw(history_of(run(60)), Head(odd, 1), Tally(Head(odd, 1)).report(0), (0, 60 * S), tmp_path / "a.svg")


# the command


def test_an_event_file_and_its_run_give_the_same_picture(invoke: Invoke, tmp_path: Path) -> None:
    asked = ("residential-9", "--for", "10min", "--seed", "3", "--at", "1min=entrap_between_floors")
    CliRunner().invoke(app, ["run", *asked, "--events", str(tmp_path / "e.jsonl")])
    results = [invoke(*asked, "--out", tmp_path / "a.svg"), invoke(tmp_path / "e.jsonl", "--out", tmp_path / "b.svg")]
    assert [result.exit_code for result in results] == [0, 0]
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert results[0].stdout.splitlines()[:-1] == results[1].stdout.splitlines()[:-1]


def test_the_suffix_says_the_format(invoke: Invoke, tmp_path: Path) -> None:
    for name, magic in (("a.svg", b"<?xml"), ("a.png", b"\x89PNG")):
        assert invoke("residential-9", "--for", "1min", "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(magic)


def test_a_picture_that_ends_with_its_run_before_what_was_asked_for_says_so(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("residential-9", "--for", "20min", "--to", "5h", "--out", tmp_path / "a.svg")
    assert (result.exit_code, result.stderr) == (0, "--to 5h: the run ends at 00:20:00; drawn up to there\n")


def test_an_event_file_that_ends_early_is_drawn_with_a_warning(invoke: Invoke, tmp_path: Path) -> None:
    CliRunner().invoke(app, ["run", "residential-9", "--for", "10min", "--events", str(tmp_path / "e.jsonl")])
    written = (tmp_path / "e.jsonl").read_bytes()
    (tmp_path / "torn.jsonl").write_bytes(written[: len(written) // 2])
    result = invoke(tmp_path / "torn.jsonl", "--out", tmp_path / "a.svg")
    assert result.exit_code == 0
    assert "torn.jsonl: the file ends early: " in result.stderr
    assert invoke(tmp_path / "e.jsonl", "--out", tmp_path / "a.svg").stderr == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("residential-9", "--out", "a.pdf"), 2, ".svg or .png"),
        (("e.jsonl", "--out", "a.svg", "--seed", "3"), 2, "leave their options out"),
        (("e.jsonl", "--out", "a.svg"), 1, "cannot read e.jsonl"),
        (("residential-9", "--for", "1min", "--out", "a.svg", "--from", "2min"), 2, "--from 2min: nothing to draw"),
        (("e.jsonl", "--out", "a.svg", "--from-hour", "8"), 2, "leave their options out"),
        (("residential-9", "--for", "1min", "--out", "/nowhere/a.svg"), 1, "/nowhere/a.svg: cannot write"),
    ],
)
def test_a_mistake_is_one_line_and_its_exit_code(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke(*words)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (code, "", 1)
    assert said in result.stderr


def test_without_matplotlib_the_extra_is_named(invoke: Invoke, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "sim.picture")
    result = invoke("residential-9", "--out", tmp_path / "a.svg")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "matplotlib is not installed; install it with: pip install 'liftwarden[plot]'\n"
