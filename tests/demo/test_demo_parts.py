"""The demo's parts: the board that waits, the eyes on the terminal, the desk's command, the three columns."""

import asyncio
import datetime
import io
import json

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console

from hil.demo.board import Board, Column, DemoError, Fact, is_kind
from hil.demo.desk import acknowledgement
from hil.demo.terminal import Sight, changes
from hil.demo.texts import COLUMNS, PHASES, STEPS
from hil.demo.timeline import JsonView, Outcome, Step, Timeline
from protocols.language import language
from protocols.upstream.messages import Command, EventMessage, Phase, SnapshotView, Stamp, Stream, Text, Trapped
from protocols.upstream.messages import LiftIds as Ids

STAMP = Stamp(wall="2026-01-01T00:00:00.000Z", synchronised=True, boot_id="b", mono_ns=0)
RAISED = EventMessage(
    terminal_id="t1",
    journal_id="j1",
    stream=Stream.ALARM,
    seq=1,
    ids=Ids(lift_id="lift-1"),
    event_id="e1",
    code="A01",
    name=Text("困人", "entrapment"),
    severity=1,
    phase=Phase.RAISED,
    begin=STAMP,
    trapped=Trapped.YES,
    confidence=0.9,
    evidence=Text("轿厢停在门区外", "car stopped outside the door zone"),
    snapshot=SnapshotView(at=STAMP, items={}),
)


def board() -> Board:
    return Board(lambda _: None)


def told(old: Sight, new: Sight) -> list[str]:
    return [kind for kind, _ in changes(old, new)]


async def test_waiting_finds_a_fact_of_the_past() -> None:
    seen = board()
    seen.post(Column.LIFT, "arrived", Text("到", "arrives"))
    fact = await seen.until(is_kind(Column.LIFT, "arrived"), 1, "late")
    assert fact.text.en == "arrives"


async def test_waiting_ignores_facts_before_the_given_time() -> None:
    seen = board()
    seen.post(Column.LIFT, "arrived", Text("到", "first"), t_s=1.0)
    waiting = asyncio.create_task(seen.until(is_kind(Column.LIFT, "arrived"), 1, "late", since_s=2.0))
    await asyncio.sleep(0)
    seen.post(Column.LIFT, "arrived", Text("到", "second"), t_s=3.0)
    assert (await waiting).text.en == "second"


async def test_a_wait_that_is_late_says_what_was_missing() -> None:
    with pytest.raises(DemoError, match="no A01"):
        await board().until(is_kind(Column.UPSTREAM, "raised"), 0.0, "no A01 reached the subscriber")


async def test_the_same_kind_in_another_column_is_not_taken() -> None:
    seen = board()
    seen.post(Column.TERMINAL, "raised", Text("", "the terminal says so"))
    with pytest.raises(DemoError):
        await seen.until(is_kind(Column.UPSTREAM, "raised"), 0.0, "late")


def test_a_stop_outside_the_zone_is_told_as_such() -> None:
    assert told(Sight(moving=True, in_zone=False), Sight(moving=False, in_zone=False)) == ["stopped_outside"]


def test_an_unknown_door_zone_is_told_neither_way() -> None:
    assert told(Sight(moving=True), Sight(moving=False, in_zone=None)) == []


def test_an_unchanged_look_tells_nothing() -> None:
    now = Sight(link="up", floor="3", moving=False, in_zone=True, occupancy="no")
    assert told(now, now) == []


@pytest.mark.parametrize(
    ("before_s", "left_s", "expected"), [(20.4, 20.0, ["countdown"]), (19.9, 19.4, []), (21.0, 9.5, ["countdown"])]
)
def test_the_countdown_is_told_once_at_each_mark(before_s: float, left_s: float, expected: list[str]) -> None:
    assert told(Sight(counting="A01", raises_in_s=before_s), Sight(counting="A01", raises_in_s=left_s)) == expected


def test_an_alarm_that_goes_away_is_over() -> None:
    assert told(Sight(alarm="A01", alarm_phase="acknowledged"), Sight()) == ["alarm_over"]


def test_the_desk_acknowledges_with_a_growing_counter_and_an_expiry() -> None:
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    first, second = (acknowledgement(RAISED, counter, now) for counter in (1, 2))
    assert (first.event_id, first.issued, first.expires) == (
        "e1",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T00:01:00.000Z",
    )
    assert second.counter > first.counter
    assert second.id != first.id
    assert msgspec.json.decode(msgspec.json.encode(first), type=Command) == first


OUTCOME = Outcome([Step(STEPS["broker"], 0.5)], 1.0, "Mosquitto")
FACTS = [
    Fact(0.1, Column.LIFT, "departed", Text("离开 1 层", "leaves floor 1")),
    Fact(12.0, Column.TERMINAL, "counting", Text("疑似 A01, 30 秒后报警", "A01 counting: alarm in 30 s")),
    Fact(42.0, Column.UPSTREAM, "raised", Text("收到 A01 " * 12, "received A01 raised " * 6), RAISED),
]


def drawn(lang: str, width: int = 80) -> list[str]:
    """The timeline as a plain pipe gets it."""
    out = io.StringIO()
    with Timeline(Console(file=out, width=width, no_color=True), lang) as timeline:
        timeline.title(Text("标题", "title"))
        for fact in FACTS:
            timeline.fact(fact)
        timeline.outcome(OUTCOME)
    return out.getvalue().splitlines()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_timeline_fits_80_columns_and_needs_no_colour(lang: str) -> None:
    lines = drawn(lang)
    assert max(map(cell_len, lines)) <= 80
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_fact_stands_in_its_own_column(lang: str) -> None:
    rows = [line for line in drawn(lang) if line.count(" | ") == 2][1:]
    assert rows[0].split(" | ")[0].strip().startswith("0.1 ")
    assert rows[1].split(" | ")[1].strip().startswith("12.0 ")
    first = next(number for number, row in enumerate(rows) if "42.0" in row)
    assert {row.split(" | ")[0].strip() for row in rows[first:]} == {""}
    assert all(row.split(" | ")[2].startswith(" " * 6) for row in rows[first + 1 :])


def test_json_is_one_object_a_line() -> None:
    out = io.StringIO()
    view = JsonView(Console(file=out, width=40))
    for fact in FACTS:
        view.fact(fact)
    view.outcome(OUTCOME)
    objects = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [next(iter(data)) for data in objects] == ["fact", "fact", "fact", "outcome"]
    assert objects[2]["fact"]["event"]["event_id"] == "e1"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], expected: str) -> None:
    assert language(None, environment) == expected


def test_every_phase_and_column_has_its_words() -> None:
    assert set(PHASES) == set(Phase)
    assert set(COLUMNS) == set(Column)
