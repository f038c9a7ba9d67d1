"""The event catalogue: the codes that this version speaks, each with its severity and its source."""

import pytest

from protocols.lift.catalogue import load_catalogue, parse_catalogue
from protocols.strictyaml import ConfigError

# lift_standards.md section 3, columns "sev" and "cls"; E41: 3, unless somebody is in the car.
SEVERITIES = {
    "A01": 1,
    "A02": 1,
    "A03": 1,
    "A04": 1,
    "A05": 5,
    "F03": 3,
    "F19": 4,
    "F26": 3,
    "E41": 3,
    "D01": 3,
    "D02": 3,
    "D04": 4,
    "D05": 5,
    "D07": 4,
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
