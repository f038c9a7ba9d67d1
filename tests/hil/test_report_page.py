"""The HTML report: whole without a network, everything of the run in it, and drawn by a real browser."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest
from reported import ARMED_S, CLEARED_S, KILLED_S, lanes, reported

from hil.report.lanes import lanes_of
from hil.report.page import MOST_TOLD, page
from hil.scenario.verdicts import Outcome
from hil.trace import Trace
from tests.support.chromium import opened


class Read(HTMLParser):
    """What stands in a document: its rows, its text, the addresses it names, and the shapes of each lane."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.addresses: list[str] = []
        self.lanes: dict[str, list[tuple[str, dict[str, str]]]] = {}
        self.text = ""
        self.lang = ""
        self._lane = ""
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.addresses += [given[name] for name in ("src", "href", "data", "poster", "action") if name in given]
        if tag == "html":
            self.lang = given.get("lang", "")
        elif tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")
            self._in_cell = True
        elif "data-lane" in given:
            self._lane = given["data-lane"]
            self.lanes[self._lane] = []
        elif self._lane and tag in ("rect", "path", "circle"):
            self.lanes[self._lane].append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


def document() -> str:
    return page(reported().record, list(lanes().values()))


def embedded(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="run">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_it_names_no_address_and_lets_the_browser_load_nothing() -> None:
    text = document()
    assert Read(text).addresses == []
    assert "default-src 'none'" in text
    assert not re.search(r"https?://|@import|url\(", text)


def test_each_verdict_is_a_row_with_observed_limit_and_uncertainty_in_both_languages() -> None:
    rows = [row for row in Read(document()).rows if row]
    first, second = reported().record.verdicts
    assert [row[1] for row in rows] == ["A01.between-floors", "A01.never"]
    seconds = f"{(first.observed or 0) / 1e9:.6f}".rstrip("0")
    assert rows[0][4:] == [f"{seconds} s", "31 s", "0 s"]
    assert rows[1][4:] == [str(second.observed), "0", "0 s"]
    assert first.said in rows[0][3]
    assert first.said_zh in rows[0][3]
    assert "失败" in rows[1][0]
    assert "FAIL" in rows[1][0]


def test_the_head_says_how_to_run_it_again() -> None:
    text = Read(document()).text
    assert "liftwarden hil run shown --bench virtual --seed 1" in text
    assert "Shown <in> a report" in text
    assert "报告示例" in text


def test_what_is_drawn_is_every_lane_with_all_it_holds() -> None:
    data = embedded(document())
    assert data["end"] == 100_000_000
    for drawn, lane in zip(data["lanes"], lanes().values(), strict=True):
        assert drawn["id"] == lane.id
        assert sorted(one["t0"] for one in drawn["spans"]) == sorted(one.start_ns // 1000 for one in lane.spans)
        assert [one["t"] for one in drawn["marks"]] == [one.t_ns // 1000 for one in lane.marks]
        assert (drawn["curve"] is None) == (lane.curve is None)


def test_a_run_that_never_was_has_a_page_with_its_reason() -> None:
    record = msgspec.structs.replace(
        reported().record, outcome=Outcome.SKIPPED, reasons=["the bench lacks <it>"], verdicts=[], duration_ns=0
    )
    text = page(record, lanes_of(record, Trace()))
    assert "the bench lacks <it>" in Read(text).text
    assert embedded(text)["lanes"] == []


def test_so_many_messages_that_the_page_would_be_huge_are_marks_alone() -> None:
    lane = lanes()["mqtt-alarm"]
    many = msgspec.structs.replace(lane, marks=lane.marks[:1] * (MOST_TOLD + 1))
    for one, told in ((lane, True), (many, False)):
        (drawn,) = embedded(page(reported().record, [one]))["lanes"]
        assert len(drawn["marks"]) == len(one.marks)
        assert all(("data" in mark) == told for mark in drawn["marks"])


def test_nothing_in_the_data_can_end_the_script() -> None:
    text = document()
    data = text.partition('id="run">')[2].partition("</script>")[0]
    assert "<" not in data


# in a browser

NO_FRAMES = "<script>requestAnimationFrame = (draw) => setTimeout(draw, 16);</script>"
"""Headless, frames come while the page loads and then no more."""


def drawn_by_a_timer() -> str:
    return document().replace("<head>", f"<head>{NO_FRAMES}")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(drawn_by_a_timer(), encoding="utf-8")
    return path


def left_and_right(shape: dict[str, str]) -> tuple[float, float]:
    return float(shape["x"]), float(shape["x"]) + float(shape["width"])


def of_class(shapes: list[tuple[str, dict[str, str]]], name: str) -> list[dict[str, str]]:
    return [given for _, given in shapes if name in given.get("class", "").split()]


@pytest.mark.browser
def test_a_browser_draws_every_lane_and_shades_the_fault_across_all_of_them(file: Path, tmp_path: Path) -> None:
    shown = Read(opened(file, "lang=en", tmp_path))
    assert shown.lang == "en"
    assert list(shown.lanes) == list(lanes())
    for name, lane in lanes().items():
        assert bool(of_class(shown.lanes[name], "way")) == (lane.curve is not None), name
        assert bool(of_class(shown.lanes[name], "span")) == bool(lane.spans), name
        assert bool(of_class(shown.lanes[name], "mark")) == bool(lane.marks), name
    second_px = left_and_right(of_class(shown.lanes["agent"], "span")[0])[1] / KILLED_S
    for name, shapes in shown.lanes.items():
        (shade,) = of_class(shapes, "shade")
        assert shade["data-fault"] == "fault-noise", name
        assert left_and_right(shade) == pytest.approx((ARMED_S * second_px, CLEARED_S * second_px), abs=0.5)


@pytest.mark.browser
def test_a_browser_shows_a_part_in_chinese_when_the_address_says_so(file: Path, tmp_path: Path) -> None:
    """Six seconds around the kill: the agent's run ends in the middle, and the fault is out of sight."""
    shown = Read(opened(file, "from=87&to=93&lang=zh", tmp_path))
    assert shown.lang == "zh"
    before, after = (left_and_right(one) for one in of_class(shown.lanes["agent"], "span"))
    width = after[1]
    assert (before[0], before[1] / width, after[0] / width) == pytest.approx((0, 3 / 6, 5 / 6), abs=0.01)
    assert not of_class(shown.lanes["fault-noise"], "shade")
    assert "1:30" in shown.text


TAP = """<script>
setTimeout(() => {
  const svg = document.querySelector('[data-lane="mqtt-alarm"] svg');
  const box = svg.querySelector("circle").getBoundingClientRect();
  const where = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, pointerId: 1, bubbles: true };
  svg.setPointerCapture = () => {};
  for (const kind of ["pointerdown", "pointerup"]) svg.dispatchEvent(new PointerEvent(kind, where));
  document.querySelector('[data-act="in"]').click();
}, 500);
</script>"""


@pytest.mark.browser
def test_a_tap_tells_what_was_sent_and_a_button_zooms(file: Path, tmp_path: Path) -> None:
    tapped = file.with_name("tapped.html")
    tapped.write_text(drawn_by_a_timer().replace("</body>", f"{TAP}</body>"), "utf-8")
    text = opened(tapped, "lang=en", tmp_path)
    told = text.partition('<div id="told">')[2].partition("</pre>")[0]
    assert "A01 raised" in told
    assert '"event_id"' in told.replace("&quot;", '"')
    assert not of_class(Read(text).lanes["steps"], "shade"), "the middle half is shown, and the fault was before it"
