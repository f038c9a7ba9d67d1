"""A profile that cannot work is refused: file, line, what is wrong, what to do."""

import re
from pathlib import Path

import pytest

from protocols import ProtocolError
from protocols.profiles.loader import load_profile, parse_profile, profile_names
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

STM, _ = config_text("profiles", "stm32-lift-sensor")
CHV, _ = config_text("profiles", "invt-chv180")


def line_with(text: str, needle: str) -> int:
    """The line, from 1, that holds `needle`."""
    return 1 + next(index for index, line in enumerate(text.splitlines()) if needle in line)


def refusal(text: str, old: str, new: str) -> tuple[str, str]:
    """The changed text, and what the loader says of it."""
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    changed = text.replace(old, new)
    with pytest.raises(ConfigError) as caught:
        parse_profile(changed, "p.yaml")
    return changed, str(caught.value)


@pytest.mark.parametrize(
    ("text", "old", "new", "says"),
    [
        pytest.param(
            STM, "bits: [10, 10]", "bits: [9, 9]", "bit 9 of 0011h is already in row motion", id="overlapping-rows"
        ),
        pytest.param(
            STM, "when: {door_switch: closed_end}", "when: {}", "bit 11 of 0011h is already", id="rows-not-told-apart"
        ),
        pytest.param(
            STM, "max_regs: 19", "max_regs: 1", "more than the 1 registers that one request", id="row-too-wide"
        ),
        pytest.param(STM, "item: person", "item: persn", "no item 'persn'; did you mean person?", id="unknown-item"),
        pytest.param(
            STM,
            "      moving: {0",
            "      movin: {0",
            "no item 'movin'; did you mean moving?",
            id="unknown-item-of-meanings",
        ),
        pytest.param(
            CHV, "0x3000, count: 15", "0x3000, count: 16", "300Fh is in the deny-list (reserved)", id="denied-register"
        ),
        pytest.param(
            STM, 'allowed: ["9600 8N1"]', 'allowed: ["19200 8N1"]', "9600 8N1 is not in line.allowed", id="line-default"
        ),
        pytest.param(STM, 'default: "9600 8N1"', 'default: "fast"', "'fast' is not a line setting", id="line-nonsense"),
        pytest.param(
            STM,
            "when: {door_switch: open_end}",
            "when: {door_swich: open_end}",
            "no option 'door_swich'; did you mean door_switch?",
            id="option-missing",
        ),
        pytest.param(
            STM,
            "when: {door_switch: open_end}",
            "when: {door_switch: open}",
            "door_switch has no value 'open'; did you mean open_end?",
            id="option-value-missing",
        ),
        pytest.param(STM, "functions: [3]", "functions: [4]", "3 is not in functions (4)", id="function-not-answered"),
        pytest.param(STM, "count: 19", "count: 18", "0022h is in no block of function 3", id="row-outside-blocks"),
        pytest.param(
            CHV,
            "address: 0x3015, count: 2",
            "address: 0x300E, count: 1",
            "300Eh is already in block monitors",
            id="blocks-overlap",
        ),
        pytest.param(STM, "name: door_openings", "name: floors_travelled", "is there twice", id="row-name-twice"),
        pytest.param(
            CHV, "name: torque, address: 0x3015", "name: monitors, address: 0x3015", "twice", id="block-twice"
        ),
        pytest.param(
            STM,
            "bits: [10, 10], item: door_zone",
            "bits: [10, 10], item: person",
            "person is already fed",
            id="item-twice",
        ),
        pytest.param(
            STM, "bits: [12, 12], item: person", "bits: [12, 13], item: person", "give one bit", id="wide-truth-value"
        ),
        pytest.param(STM, "scale: 0.1, unit: m/s, ", "", "speed_mps needs a scale", id="item-without-scale"),
        pytest.param(
            STM,
            "signed: true, item: floor",
            "scale: 0.5, item: floor",
            "floor is a whole number",
            id="scaled-whole-number",
        ),
        pytest.param(
            STM, "signed: true, item", "invert: true, item", "only a true-or-false item", id="inverted-number"
        ),
        pytest.param(STM, "item: person", "item: mode", "mode has words, not numbers", id="words-as-number"),
        pytest.param(STM, "item: person", "item: faults", "give faults: bits or faults: code", id="faults-as-item"),
        pytest.param(
            STM, "direction: {0: none", "direction: {0: non", "has no word 'non'; did you mean none?", id="word"
        ),
        pytest.param(
            STM, "moving: {0: false", "moving: {0: none", "moving has no word 'none'", id="word-of-another-kind"
        ),
        pytest.param(STM, "moving: {0: false", "moving: {4: false", "4 does not fit into 2 bits", id="raw-too-big"),
        pytest.param(
            CHV, "meanings: #", "item: moving\n    meanings: #", "more than one of item", id="item-and-meanings"
        ),
        pytest.param(
            STM, "bits: [0, 10], faults", "bits: [0, 9], faults", "the table's 10 cannot occur", id="fault-bit"
        ),
        pytest.param(
            STM, "bits: [0, 7], scale: 0.1, unit: m/s", "bits: [7, 0], scale: 0.1", "[lowest, highest]", id="bits"
        ),
        pytest.param(STM, "default: 90", "default: 900", "900 does not fit into 8 bits", id="default-too-big"),
        pytest.param(
            STM,
            "name: door_openings",
            "default: 7\n    name: door_openings",
            "high_first or low_first",
            id="word-order",
        ),
        pytest.param(
            STM,
            "name: door_openings",
            "bits: [0, 7]\n    name: door_openings",
            "only a row of one register",
            id="bits-of-two",
        ),
        pytest.param(
            STM,
            'address: 0x0015\n    words: 2\n    status: "V~:S-STM"\n    note',
            'address: 0x0015\n    words: 2\n    status: "V~:S-STM"\n    unit',
            "V~ needs a note",
            id="doubt-without-note",
        ),
        pytest.param(
            CHV,
            'pole_position, address: 0x300E, status: "V:S-CHV"',
            'pole_position, address: 0x300E, status: "V:S-CHX"',
            "no source 'S-CHX'; did you mean S-CHV?",
            id="unknown-source",
        ),
        pytest.param(
            CHV,
            'pole_position, address: 0x300E, status: "V:S-CHV"',
            "pole_position, address: 0x300E, status: U",
            "U ships only with unverified: true",
            id="unverified-unsaid",
        ),
        pytest.param(CHV, "{row: device_code}", "{row: device_cod}", "did you mean device_code?", id="identity-row"),
        pytest.param(
            STM,
            "{name: inspection,",
            "{name: mode,",
            "mode is an item's name and this row does not feed it",
            id="false-name",
        ),
        pytest.param(STM, "slave: 247", "slave: 248", "must be at most 247", id="slave-out-of-range"),
        pytest.param(STM, "max_regs: 19", "max_reg: 19", "unknown key; did you mean max_regs?", id="unknown-key"),
        pytest.param(STM, "tier: code", "tier: cod", "cod is not a choice; did you mean code?", id="unknown-tier"),
        pytest.param(CHV, "count: 15}", "count: 15, function: 6}", "must be at most 4", id="a-write"),
        pytest.param(CHV, "0x5000, count: 1}", "0xFFFF, count: 2}", "runs past FFFFh", id="past-the-last-register"),
    ],
)
def test_a_profile_that_cannot_work_is_refused(text: str, old: str, new: str, says: str) -> None:
    _, said = refusal(text, old, new)
    assert re.match(r"p\.yaml:\d+: ", said)
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_regs: 19 # 10h to 22h", "max_regs: 19\nmax_rags: 1 # here"),
        ("bits: [10, 10], item", "bits: [10, 10], persn: 1, item"),
        ("default: 90, status", "default: 900, status"),
        ("{door_switch: closed_end}", "{door_swich: closed_end}"),
    ],
)
def test_the_line_is_the_one_to_correct(old: str, new: str) -> None:
    changed, said = refusal(STM, old, new)
    assert said.startswith(f"p.yaml:{line_with(changed, new.rsplit(chr(10), maxsplit=1)[-1])}: ")


def test_an_unknown_profile_has_a_nearest_one() -> None:
    with pytest.raises(ProtocolError, match=r"no profile 'stm32-lift-senso'; did you mean stm32-lift-sensor\?"):
        load_profile("stm32-lift-senso")


def test_a_profile_comes_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(STM, encoding="utf-8")
    assert load_profile(str(path)).name == "stm32-lift-sensor"


def test_a_missing_profile_file_is_one_line() -> None:
    with pytest.raises(ConfigError, match=r"^/nowhere/p\.yaml: cannot read this profile: No such file"):
        load_profile("/nowhere/p.yaml")


def test_a_file_named_unlike_its_profile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "my-box.yaml").write_text(STM, encoding="utf-8")
    monkeypatch.setenv("LIFTWARDEN_CONFIG_DIR", str(tmp_path))
    assert "my-box" in profile_names()
    with pytest.raises(ConfigError, match=r"my-box\.yaml:\d+: name: stm32-lift-sensor is in a file for my-box"):
        load_profile("my-box")
