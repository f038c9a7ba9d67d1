"""Writes configs/schemas: the JSON Schema of every kind of file that people edit, and of a run's record.

Run by `make schemas`. The loader also takes a bare number where text is wanted; the schemas do not, so that editors ask
for the quotes.
"""

import json
from pathlib import Path
from typing import Any

import msgspec

from edge_agent.config_types import AgentConfig
from hil.benches.rig import Rig
from hil.scenario.model import Scenario
from hil.scenario.record import RunRecord
from hil.setup import BenchSetup
from protocols.lift.catalogue import CatalogueFile
from protocols.profiles.schema import Profile
from protocols.profiles.variant import Variant
from sim.building import Building
from sim.injector.model import FaultModel

SCHEMAS = Path(__file__).parents[2] / "configs" / "schemas"
TYPES: dict[str, tuple[type, ...]] = {
    "agent": (AgentConfig,),
    "profile": (Profile, Variant),
    "building": (Building,),
    "faults": (FaultModel,),
    "bench": (BenchSetup,),
    "scenario": (Scenario,),
    "rig": (Rig,),
    "catalogue": (CatalogueFile,),
    "run": (RunRecord,),
}
"""What a file of each kind can be."""
READ: frozenset[str] = frozenset({"run"})
"""What we write and others read: a later version may say more."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    refs, parts = msgspec.json.schema_components(TYPES[name], ref_template="#/$defs/{name}")
    schema = {**(refs[0] if len(refs) == 1 else {"anyOf": list(refs)}), "$defs": parts}
    if name not in READ:
        _close(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"liftwarden {name}", **schema}


def _close(part: Any) -> None:
    """The loader refuses unknown keys in every struct, also in those that the wire's reader would let pass."""
    if isinstance(part, list):
        for one in part:
            _close(one)
    elif isinstance(part, dict):
        if "properties" in part:
            part["additionalProperties"] = False
        for one in part.values():
            _close(one)


def text_of(name: str) -> str:
    """The file as published."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for each in TYPES:
        (SCHEMAS / f"{each}.json").write_text(text_of(each), encoding="utf-8")
