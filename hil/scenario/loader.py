"""Scenarios from YAML, strictly: every error is one line that names file, line, key and fix."""

from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from hil import BenchError
from hil.scenario import ScenarioError
from hil.scenario.model import Scenario
from protocols import ProtocolError
from protocols.resources import config_names, config_text, text_of
from protocols.strictyaml import Document
from sim import SimError
from sim.building import load_building

KIND: Final = "scenarios"


def load_scenario(name_or_path: str) -> Scenario:
    """A shipped scenario by its name, or one from a YAML file. Raises ScenarioError or the loader's ConfigError."""
    if not name_or_path.endswith((".yaml", ".yml")):
        text, source = config_text(KIND, name_or_path)
        return parse_scenario(text, source)
    try:
        text = text_of(name_or_path)
    except OSError as error:
        raise ScenarioError(
            f"cannot read scenario {name_or_path}: {error.strerror}; name a readable YAML file, or one of hil list"
        ) from error
    return parse_scenario(text, name_or_path)


def parse_scenario(text: str, source: str) -> Scenario:
    """The scenario in a YAML text; `source` is its name in errors. Raises ScenarioError or ConfigError."""
    document = Document(text, source)
    scenario = document.to(Scenario)
    wrong = scenario.problem()
    if wrong is not None:
        raise document.error(*wrong)
    try:
        setup = scenario.world.setup(seed=1)
        load_building(setup.building, setup.building_set)
    except (BenchError, SimError, ProtocolError) as error:
        raise document.error("world", str(error)) from error
    if source.endswith((".yaml", ".yml")) and Path(source).stem != scenario.name:
        raise document.error("name", f"{scenario.name} is not the file's name; call it {Path(source).stem}")
    return scenario


def files_of(given: str) -> list[str]:
    """The scenario files in a folder, sorted; a file or a name stands for itself. Raises ScenarioError."""
    folder = Path(given)
    if not folder.is_dir():
        return [given]
    files = sorted(str(file) for file in folder.glob("*.yaml"))
    if not files:
        raise ScenarioError(f"{given}: no scenario in this folder; name one with YAML files, or a scenario")
    return files


def scenario_names() -> list[str]:
    """The shipped ones and one's own, sorted."""
    return config_names(KIND)


def as_yaml(scenario: Scenario, note: str = "") -> str:
    """The scenario as a file that reads back as the same; `note` is a comment at its top."""
    plain: dict[str, Any] = msgspec.to_builtins(scenario, str_keys=True)
    text: str = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return "".join(f"# {line}\n" for line in note.splitlines()) + text


class _Dumper(yaml.SafeDumper):
    """Writes each part out: anchors are not used here."""

    def ignore_aliases(self, data: object) -> bool:
        """Nothing is an alias."""
        return True


def keep(scenario: Scenario, directory: Path, note: str = "") -> Path:
    """Write a scenario, such as a counter-example that a search found, as its name.yaml. Raises ScenarioError."""
    path = directory / f"{scenario.name}.yaml"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text(as_yaml(scenario, note), encoding="utf-8")
    except OSError as error:
        raise ScenarioError(f"{path}: cannot write: {error.strerror}; choose a writable directory") from error
    return path
