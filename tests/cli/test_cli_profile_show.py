"""`liftwarden profile show` and `list`: all that a profile says of a device can be read there."""

import json

import pytest
from cli_agent import Invoke

from protocols.profiles.loader import load_profile, profile_names

CHINESE = {"LANG": "zh_CN.UTF-8"}


def shown(invoke: Invoke, name: str, **kwargs: dict[str, str]) -> str:
    result = invoke("profile", "show", name, **kwargs)
    assert (result.exit_code, result.stderr) == (0, "")
    return str(result.stdout)


@pytest.mark.parametrize("env", [{}, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("name", profile_names())
def test_every_shipped_profile_can_be_shown_with_all_its_rows(invoke: Invoke, name: str, env: dict[str, str]) -> None:
    said = shown(invoke, name, env=env).splitlines()
    for row in load_profile(name).rows:
        assert [line for line in said if f" {row.name} -> " in line and line.endswith(f"  {row.status}")], row.name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hpmont-mont70", "HPMONT's own frames; at most 100 registers at once"),
        ("hpmont-mont70", "framing never seen on this port"),
        ("hpmont-mont70", "C80Dh-C80Fh  calls_in_car -> car_calls"),
        ("hpmont-mont70", "door_zone = false: up_level_sensor=0, down_level_sensor=0  C"),
        ("hpmont-mont70", "that 1 is closed is not stated there"),
        ("hpmont-mont70-rtu", "Modbus RTU; at most 100 registers at once"),
        ("emerson-ev3200", "the highest address stands first in its answers"),
        ("emerson-ev3200", "1 register(s) asked for at once, 4 allowed"),
        ("emerson-ev3200", "20h: parameter cannot be changed"),
        ("emerson-ev3200", "known by product (3307h) = 3200-3299"),
        ("emerson-ev3200", "latest_fault -> faults (past)"),
        ("emerson-ev3200", "01 03 33 05 00 01 9B 4F -> 01 03 02 01 47 F9 E6, dc_bus=327  V:S-EV"),
        ("invt-chv180", "known by device_code (3016h) = no value is stated"),
        ("generic-input-8", "in_3_ir -> channel 3 (inputs_at=input_register)"),
        ("generic-input-8", "gives, if wired to it"),
        ("generic-input-8", "S-COMMON: common practice of such modules"),
        ("arkel-arcode", "a stub: not to be polled"),
        ("arkel-arcode", "never touched: 5001 from 1388h (FC01)"),
        ("techwind-sdk500", "gives\n  doors.front.closed, doors.front.open, faults\n"),
    ],
)
def test_what_is_special_of_a_device_is_shown(invoke: Invoke, name: str, said: str) -> None:
    assert said in shown(invoke, name)


def test_how_a_device_would_be_read_is_not_told_of_a_stub(invoke: Invoke) -> None:
    assert "of the bus" not in shown(invoke, "arkel-arcode")
    assert "of the bus" in shown(invoke, "techwind-sdk500")


def test_which_events_a_device_shows_alone_is_told(invoke: Invoke) -> None:
    said = shown(invoke, "hpmont-mont70").splitlines()
    start = said.index("events that can be told from it alone")
    yes, indication, no = (line.split(": ")[1].split(", ") for line in said[start + 1 : start + 4])
    assert "A01" in yes
    assert not set(yes) & set(indication)
    assert not set(yes) & set(no)


def test_a_list_says_what_is_a_stub_and_which_framing_nobody_saw(invoke: Invoke) -> None:
    said = [json.loads(line) for line in invoke("profile", "list", "--json").stdout.splitlines()]
    assert {one["name"] for one in said if one["stub"]} == {"arkel-arcode"}
    assert {one["name"] for one in said if not one["transport_verified"]} == {"hpmont-mont70", "hpmont-mont70-rtu"}
    lines = invoke("profile", "list").stdout.splitlines()
    assert "a stub: not to be polled" in lines[[line.split()[0] for line in lines].index("arkel-arcode") + 1]
