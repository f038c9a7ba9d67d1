"""The published JSON Schemas: equal to the types, true of every shipped file, and strict."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import regenerate
import yaml

from hil.benches.bench import Settings
from hil.benches.virtual import VirtualBench
from hil.scenario.model import Scenario
from hil.scenario.run import run
from hil.scenario.verdicts import Outcome

CONFIGS = regenerate.SCHEMAS.parent
KIND_OF_FOLDER = {
    "agent": "agent",
    "profiles": "profile",
    "buildings": "building",
    "faults": "faults",
    "benches": "bench",
    "scenarios": "scenario",
    "catalogue": "catalogue",
}
SHIPPED = sorted(path for path in CONFIGS.rglob("*.yaml") if path.is_file())


def published(kind: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((regenerate.SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    return schema


def as_json(part: Any) -> Any:
    """YAML as JSON has it: keys are text."""
    if isinstance(part, dict):
        return {str(key): as_json(value) for key, value in part.items()}
    return [as_json(one) for one in part] if isinstance(part, list) else part


def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(published(kind))


@pytest.mark.parametrize("kind", regenerate.TYPES)
def test_a_published_schema_is_that_of_the_types(kind: str) -> None:
    there = (regenerate.SCHEMAS / f"{kind}.json").read_text(encoding="utf-8")
    assert there == regenerate.text_of(kind), "run `make schemas`"


def test_nothing_else_is_published() -> None:
    assert {path.stem for path in regenerate.SCHEMAS.iterdir()} == regenerate.TYPES.keys()


@pytest.mark.parametrize("kind", regenerate.TYPES)
def test_a_published_schema_is_a_schema(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(published(kind))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shipped_file_keeps_to_its_schema(path: Path) -> None:
    content = as_json(yaml.safe_load(path.read_text(encoding="utf-8")))
    found = validator(KIND_OF_FOLDER[path.parent.name]).iter_errors(content)
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_unknown_key_breaks_the_schema(path: Path) -> None:
    content = as_json(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert not validator(KIND_OF_FOLDER[path.parent.name]).is_valid(content | {"unknown": 1})


def test_an_unknown_key_of_a_text_breaks_the_schema() -> None:
    content = as_json(yaml.safe_load((CONFIGS / "catalogue" / "events.yaml").read_text(encoding="utf-8")))
    content["events"]["A01"]["name"]["fr"] = "x"
    assert not validator("catalogue").is_valid(content)


def test_the_record_of_a_run_keeps_to_its_schema() -> None:
    """One that failed, with a fault that fired, verdicts and their limits."""
    late = {"within": {"after": {"fault": "noise", "did": "fired"}, "event": {"alarm": "A01"}, "limit": "10 s"}}
    plain = {
        "name": "x",
        "title": {"en": "x", "zh": "x"},
        "duration": "20 s",
        "steps": [{"at": "5 s", "fault": {"fault": "crc.wrong", "id": "noise", "when": {"once": True}}}],
        "expect": [{"requirement": "R.x", **late}],
    }
    record = run(msgspec.convert(plain, Scenario), VirtualBench(), Settings()).record
    assert record.verdicts[0].outcome is Outcome.FAIL
    assert record.faults[0].fired == 1
    found = validator("run").iter_errors(json.loads(record.encode()))
    assert [f"{error.json_path}: {error.message}" for error in found] == []
