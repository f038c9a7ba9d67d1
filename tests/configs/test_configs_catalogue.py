"""The event catalogue: the codes that this version speaks, each with its severity and its source."""

import pytest

from protocols.lift.catalogue import load_catalogue, parse_catalogue
from protocols.strictyaml import ConfigError

# lift_standards.md section 3, columns "sev" and "cls"; E41: 3, unless somebody is in the car.
SEVERITIES = {
    **dict.fromkeys(("A01", "A02", "A03", "A04"), 1),
    "A05": 5,
    **dict.fromkeys(("F01", "F04", "F06", "F08", "F14", "F16", "F22"), 2),
    **dict.fromkeys(("F02", "F03", "F07", "F12", "F18", "F20", "F21", "F23", "F26"), 3),
    **dict.fromkeys(("F05", "F09", "F10", "F11", "F13", "F15", "F17", "F25"), 1),
    **dict.fromkeys(("F19", "F24"), 4),
    **dict.fromkeys(("E40", "E43"), 5),
    **dict.fromkeys(("E42", "E48"), 4),
    **dict.fromkeys(("E44", "E45", "E47"), 2),
    **dict.fromkeys(("E41", "E46"), 3),
    "E49": 3,  # no standard's
    **dict.fromkeys(("D01", "D02"), 3),
    **dict.fromkeys(("D04", "D07"), 4),
    "D05": 5,
}
ROW = "{name: {en: x, zh: 某}, severity: 1, source: s, confidence: V2}"


def test_the_shipped_catalogue_has_these_codes_and_severities() -> None:
    assert {code: entry.severity for code, entry in load_catalogue().items()} == SEVERITIES


def test_every_entry_knows_its_code_its_class_and_its_source() -> None:
    for code, entry in load_catalogue().items():
        assert (entry.code, entry.cls) == (code, code[0])
        assert entry.source
        assert entry.confidence


def test_every_entry_has_a_name_in_both_languages() -> None:
    for entry in load_catalogue().values():
        assert entry.name.en.isascii()
        assert not entry.name.zh.isascii()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"events: {{Z01: {ROW}}}", "'Z01' does not have the form"),
        (f"events: {{A1: {ROW}}}", "'A1' does not have the form"),
        (f"events: {{A01: {ROW}, A01: {ROW}}}", "is there twice"),
        (f"events: {{A01: {ROW.replace('severity: 1', 'severity: 6')}}}", "must be at most 5"),
        (f"events: {{A01: {ROW.replace('V2', 'sure')}}}", "'sure' does not have the form"),
        (f"events: {{A01: {ROW.replace(', source: s', '')}}}", "lacks source"),
        ("events: {}", "wants at least 1 elements"),
    ],
)
def test_a_wrong_row_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"^events\.yaml:1: ") as caught:
        parse_catalogue(text, "events.yaml")
    assert said in str(caught.value)
