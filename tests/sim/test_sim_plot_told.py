"""What the position-time diagram says of service, patience, causes, its window and its time."""

from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from msgspec.structs import replace
from sim_runs import at, history_of, run
from sim_witness import HOUSE, S
from typer.testing import CliRunner

from sim import spells
from sim.building import Building
from sim.cli import app
from sim.history import Head, History, Line, knot_line
from sim.picture import figure_of
from sim.picture_cars import MOVING, OUT_OF_ORDER, TRAPPED_BAND
from sim.report import Tally
from sim.track import Knot
from sim.window import crowded

PATIENCE_120S = replace(HOUSE, traffic=replace(HOUSE.traffic, patience_s=120.0))


def with_ends(*lines: Line) -> History:
    return history_of([at(0, "track", car=0, position_m=0.0, speed_mps=0.0), *lines, at(600, "end", complete=True)])


def figure(history: History, building: Building = HOUSE, window_s: tuple[int, int] = (0, 600)) -> Figure:
    head = Head(building, 1, building.cars)
    tally = Tally(head)
    for line in history.truth:
        tally.add(line)
    return figure_of(history, head, tally.report(history.end_ns), (window_s[0] * S, window_s[1] * S))


def legend(drawn: Figure) -> set[str]:
    return {text.get_text() for text in drawn.legends[0].get_texts()}


def texts(drawn: Figure) -> set[str]:
    return {text.get_text() for text in drawn.axes[0].texts}


# service


@pytest.mark.parametrize(
    "mode",
    ["out_of_service", "inspection", "emergency_electrical", "fire_recall", "firefighter", "earthquake"],
)
def test_a_mode_that_takes_nobody_in_is_shaded_until_it_ends(mode: str) -> None:
    drawn = figure(with_ends(at(100, "mode", mode=mode), at(250, "mode", mode="normal")))
    shades = [
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in drawn.axes[0].patches
        if isinstance(patch, Rectangle) and same_color(patch.get_facecolor(), OUT_OF_ORDER)
    ]
    assert shades == [(100, 250)]
    assert "serves nobody" in legend(drawn)


def test_one_mode_after_another_is_one_time_without_service() -> None:
    modes = [at(s, "mode", mode=mode) for s, mode in ((100, "fire_recall"), (150, "firefighter"), (250, "normal"))]
    assert [(span.start_ns / S, span.end_ns / S) for span in spells.not_serving(with_ends(*modes))] == [(100, 250)]


@pytest.mark.parametrize("mode", ["attendant", "independent"])
def test_a_mode_in_which_people_ride_is_service(mode: str) -> None:
    assert spells.not_serving(with_ends(at(100, "mode", mode=mode))) == []


def test_a_controller_that_is_down_serves_nobody() -> None:
    (span,) = spells.not_serving(with_ends(at(100, "controller", up=False), at(140, "controller", up=True)))
    assert (span.start_ns, span.end_ns) == (100 * S, 140 * S)


def test_a_modes_end_at_one_car_is_not_anothers() -> None:
    lines = [at(100, "mode", mode="inspection"), at(200, "mode", mode="normal", car=1)]
    (span,) = spells.not_serving(with_ends(*lines))
    assert (span.where, span.end_ns) == (0, 600 * S)


# patience


def test_who_gives_up_waits_until_their_patience_ends_not_until_a_door_opens() -> None:
    lines = [at(10, "waiting", person=1, floor=3, to=0), at(400, "abandoned", person=1, floor=3)]
    history = with_ends(*lines)
    ended = spells.waits(history, Head(PATIENCE_120S, 1))
    assert [(wait.end_ns / S, wait.gave_up) for wait in ended] == [(130, True)]
    assert [point for point in spells.counts(history, ended)[1] if point[0] in {130 * S, 600 * S}] == [
        (130 * S, 0),
        (600 * S, 0),
    ]
    assert "gave up waiting" in legend(figure(history, PATIENCE_120S))


def test_who_is_out_of_patience_when_the_run_ends_has_given_up() -> None:
    history = with_ends(at(10, "waiting", person=1, floor=3, to=0), at(500, "waiting", person=2, floor=3, to=0))
    ended = spells.waits(history, Head(PATIENCE_120S, 1))
    assert [(wait.end_ns / S, wait.gave_up) for wait in ended] == [(130, True), (600, False)]
    assert spells.counts(history, ended)[1][-1] == (600 * S, 1)


def test_who_boards_after_their_patience_has_waited_until_then() -> None:
    lines = [at(10, "waiting", person=1, floor=3, to=0), at(400, "boarded", person=1, floor=3, persons=1)]
    (wait,) = spells.waits(with_ends(*lines), Head(PATIENCE_120S, 1))
    assert (wait.end_ns, wait.gave_up) == (400 * S, False)


def test_who_had_to_leave_a_full_car_did_not_give_up_while_in_it() -> None:
    history = with_ends(
        at(10, "waiting", person=1, floor=3, to=0),
        at(128, "boarded", person=1, floor=3, persons=1),
        at(133, "stepped_out", person=1, floor=3, persons=0),
        at(200, "abandoned", person=1, floor=3),
    )
    ended = spells.waits(history, Head(PATIENCE_120S, 1))
    assert [(wait.end_ns / S, wait.gave_up) for wait in ended] == [(133, True)]
    assert min(count for _, count in spells.counts(history, ended)[1]) == 0


# causes


def test_a_cause_and_the_technicians_arrival_are_marked() -> None:
    lines = [
        at(100, "cause", cause="rubbish_in_sill", booked="misuse", symptom="door"),
        at(100, "stimulus", stimulus="sill_obstructed"),
        at(130, "technician", does="called"),
        at(300, "technician", does="arrived"),
        at(310, "stimulus", stimulus="release"),
    ]
    drawn = figure(with_ends(*lines))
    assert {"rubbish in sill", "technician arrives", "release"} <= texts(drawn)
    assert "sill obstructed" not in texts(drawn), "it is what the cause does"
    assert "cause, or done to the lift" in legend(drawn)


# the window and the time


def test_a_window_says_what_part_it_is_and_that_the_numbers_are_the_runs() -> None:
    history = history_of(run(600))
    assert any(
        text.startswith("2:00\N{EN DASH}5:00 of 10:00; the whole run: ")
        for text in texts(figure(history, window_s=(120, 300)))
    )
    assert not any("whole run" in text for text in texts(figure(history)))


def test_the_wait_is_said_to_be_until_a_door_opened() -> None:
    assert any("on average until a door opened" in text for text in texts(figure(history_of(run(600)))))


def test_both_lines_of_the_lower_diagram_are_in_the_legend() -> None:
    assert {"all who wait (below)", "people in the car (below)"} <= legend(figure(history_of(run(60))))


@pytest.mark.parametrize(("starts_at_h", "told"), [(0.0, "the start (m:ss)"), (7.5, "the start at 07:30 (m:ss)")])
def test_a_run_that_begins_later_than_midnight_says_so(starts_at_h: float, told: str) -> None:
    building = replace(HOUSE, traffic=replace(HOUSE.traffic, starts_at_h=starts_at_h))
    assert figure(history_of(run(60)), building).axes[1].get_xlabel() == f"time since {told}"


def test_the_times_of_twenty_days_do_not_overlap() -> None:
    drawn = figure(with_ends(), window_s=(0, 20 * 86_400))
    drawn.draw_without_rendering()
    shown = [text for text in drawn.axes[1].get_xticklabels() if 0 <= text.get_position()[0] <= 20 * 86_400]
    boxes = sorted((text.get_window_extent() for text in shown), key=lambda box: box.x0)
    assert len(boxes) > 4
    assert all(left.x1 < right.x0 for left, right in pairwise(boxes))


def test_people_trapped_in_a_dark_car_of_a_group_are_seen_beside_its_open_door_and_with_their_time() -> None:
    lines = [
        at(90, "door_opening", floor=0),
        at(100, "power", mains=False),
        at(100, "trapped_since", persons=3, floor=0, cause="mains_off"),
        at(475, "freed", persons=3, floor=0),
    ]
    second = knot_line(Knot(0, 3.0, 0.0), 1)
    history = history_of([at(0, "track", car=0, position_m=0.0, speed_mps=0.0), second, *lines, at(600, "end")])
    axes = figure(history, replace(HOUSE, cars=2)).axes[0]
    assert "3 trapped, 6:15" in {text.get_text() for text in axes.texts}
    (band,) = [line for line in axes.lines if line.get_color() == TRAPPED_BAND]
    (doors,) = [
        lines.get_linewidths()[0]
        for lines in axes.collections
        if len(lines.get_colors()) and same_color(lines.get_colors()[0], MOVING) and lines.get_segments()
    ]
    assert band.get_linewidth() > 2 * doors


@pytest.mark.parametrize(("minutes", "cars", "is_crowded"), [(110, 1, False), (111, 1, True), (30, 4, True)])
def test_more_than_ten_car_minutes_an_inch_are_too_much(minutes: int, cars: int, is_crowded: bool) -> None:
    assert (crowded((0, minutes * 60 * S), cars) is not None) is is_crowded


def test_a_crowded_picture_is_drawn_and_says_how_to_draw_a_part(tmp_path: Path) -> None:
    out = tmp_path / "a.svg"
    result = CliRunner().invoke(app, ["plot", "residential-9", "--for", "3h", "--out", str(out)])
    assert result.exit_code == 0
    assert result.stderr == "180 min are much for one picture; draw up to 110 min with --from and --to\n"
    assert out.exists()
