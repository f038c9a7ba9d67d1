"""What struck, told to people."""

import pytest
from sim_runs import at

from sim.injector.fate import Struck
from sim.injector.model import load_faults
from sim.stimuli import Effect
from sim.struck_text import occasions_ns, struck_lines

MODEL = load_faults("china-residential")
S = 1_000_000_000


def armed(seconds: int, cause: str = "other_misuse", car: int = 0) -> Struck:
    return Struck(seconds * S, cause, Effect.ARMED, car)


@pytest.mark.parametrize(
    ("cause", "lang", "said"),
    [
        ("rubbish_in_sill", "en", "230d 01:10:00  rubbish_in_sill, car 2: Rubbish in the door's sill; struck at once"),
        ("rubbish_in_sill", "zh", "230d 01:10:00  rubbish_in_sill, 2 号梯: 地坎内有杂物; 立即生效"),
        ("power_cut", "en", "230d 01:10:00  power_cut, all cars: The mains fail for a whole feeder; struck at once"),
        ("power_cut", "zh", "230d 01:10:00  power_cut, 全部电梯: 供电线路停电; 立即生效"),
    ],
)
def test_a_cause_is_told_with_its_time_its_car_and_its_title(cause: str, lang: str, said: str) -> None:
    struck = [Struck(19_876_200 * S, cause, Effect.NOW, 1)]
    assert struck_lines(struck, [None], MODEL, 4, lang) == [said]


@pytest.mark.parametrize(
    ("effect", "came_s", "lang", "said"),
    [
        (Effect.ARMED, 90, "en", "waited for its occasion until 00:01:30"),
        (Effect.ARMED, 90, "zh", "等待时机至 00:01:30"),
        (Effect.ARMED, None, "en", "waited for its occasion"),
        (Effect.NONE, None, "en", "changed nothing"),
        (Effect.NONE, None, "zh", "未产生影响"),
    ],
)
def test_what_became_of_it_is_told_in_words(effect: Effect, came_s: int | None, lang: str, said: str) -> None:
    came_ns = None if came_s is None else came_s * S
    (line,) = struck_lines([Struck(0, "power_cut", effect)], [came_ns], MODEL, 1, lang)
    assert line.endswith(f"; {said}")
    assert "car" not in line and "号梯" not in line


def test_the_occasion_is_the_fault_of_that_kind_and_car_that_followed() -> None:
    struck = [armed(10), armed(20, car=1), armed(30, "rubbish_in_sill")]
    faults = [
        at(5, "fault", fault="chain_open"),
        at(40, "fault", fault="door_jammed"),
        at(50, "fault", fault="chain_open", car=1),
        at(60, "fault", fault="chain_open"),
    ]
    assert occasions_ns(struck, MODEL, faults) == [60 * S, 50 * S, 40 * S]


def test_a_fault_is_of_the_last_cause_that_could_lead_to_it() -> None:
    assert occasions_ns([armed(10), armed(20)], MODEL, [at(30, "fault", fault="chain_open")]) == [None, 30 * S]
