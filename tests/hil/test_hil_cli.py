"""`liftwarden hil` when something is wrong: one line, and an exit code. When all is well it is in tests/e2e."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hil.cli import app
from hil.setup import BenchSetup, from_flags, load_bench, parse_planned
from protocols.resources import config_names
from sim.stimuli import Stimulus

STM32 = "--profile=stm32-lift-sensor"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "name a BENCH, or --profile"),
        (("residential-9-stm32", STM32), 2, "not both"),
        ((STM32,), 2, "say it with --link PATH"),
        (("--profile=stm32-lift-senser", "--link=x"), 1, "did you mean stm32-lift-sensor?"),
        (("residential-9-stm3", "--link=x"), 1, "did you mean residential-9-stm32?"),
        ((STM32, "--link=x", "--building=residental-9"), 1, "did you mean residential-9?"),
        ((STM32, "--link=x", "--at=20=release"), 2, "wants TIME=STIMULUS"),
        ((STM32, "--link=x", "--at=20s=relase"), 2, "did you mean release?"),
        ((STM32, "--link=x", "--at=20s=release@2"), 1, "there is no car 2: residential-9 has 1"),
        ((STM32, "--link=x", "--option=door=1"), 2, "they ask: door_switch"),
        ((STM32, "--link=x", "--option=door_switch"), 2, "wants NAME=VALUE"),
        ((STM32, "--link=x", "--slave=3", "--slave=4"), 2, "2 --slave for 1 --profile"),
        ((STM32, "--profile=invt-chv180", "--link=x"), 1, "cannot share one bus"),
        (("absent.yaml", "--link=x"), 1, "cannot read bench absent.yaml"),
        ((STM32, "--link=/absent/x"), 1, "choose a writable directory"),
        ((STM32, "--link=x", "--truth=/absent/t.jsonl"), 1, "cannot write"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert (result.exit_code, result.stdout) == (code, "")
    (line,) = result.stderr.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", config_names("benches"))
def test_every_shipped_bench_loads(name: str) -> None:
    assert isinstance(load_bench(name), BenchSetup)


@pytest.mark.parametrize(("text", "at_s"), [("20s=release", 20), ("1.5min=release", 90), ("250ms=release", 0.25)])
def test_a_time_has_a_unit(text: str, at_s: float) -> None:
    planned = parse_planned(text)
    assert (planned.at_s, planned.stimulus) == (at_s, Stimulus.RELEASE)


def test_what_a_profile_asks_is_assumed_and_said() -> None:
    setup, (assumed,) = from_flags(["stm32-lift-sensor"], [], [])
    assert (assumed.option, assumed.value) == ("door_switch", "open_end")
    assert setup.devices[0].options == {"door_switch": "open_end"}
    assert from_flags(["stm32-lift-sensor"], [], ["door_switch=closed_end"])[1] == ()
