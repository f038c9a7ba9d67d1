"""What the catalogue of scenarios covers: scenes, event codes, kinds of faults, and every requirement by its id."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from edge_agent.codes import CODES, load_codes
from edge_agent.sights import sights_of
from hil.scenario.expectations import Counted, Expectation
from hil.scenario.families import FAMILIES, Family, read_fault
from hil.scenario.loader import load_scenario, scenario_names
from hil.scenario.model import Scenario
from hil.scenario.signs import ANY, Sign
from protocols.lift.coverage import Sight
from protocols.profiles.loader import load_profile, profile_names
from protocols.upstream.messages import Text

DETECTED_BY: Final = 7
"""The issue that brings the codes of the catalogue which the agent cannot say yet."""
DATA: Final = Path(__file__).parent / "requirements.yaml"


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of the detection rules' scenes, and the requirements that stand for it."""

    title: Text
    requirements: tuple[str, ...]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`requirements.yaml`. `awaited`: by requirement the issue that it waits for."""

    areas: Mapping[str, Text]
    scenes: tuple[Scene, ...]
    awaited: Mapping[str, int]


class Covered(msgspec.Struct, frozen=True):
    """Names of scenarios, sorted: by requirement, by event code that must come, and by kind of fault."""

    requirements: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, tuple[str, ...]]


def wanted() -> Wanted:
    """What has to be covered. Raises msgspec.ValidationError for a file that does not fit."""
    return msgspec.yaml.decode(DATA.read_bytes(), type=Wanted)


def catalogue() -> tuple[Scenario, ...]:
    """Every shipped scenario."""
    return tuple(load_scenario(name) for name in scenario_names())


@cache
def raisable() -> tuple[str, ...]:
    """The codes that the agent can say with a shipped profile; others need a controller that names them."""
    codes = load_codes()
    profiles = [load_profile(name) for name in profile_names()]
    seen = {
        one.code for profile in profiles for one in sights_of(profile, codes).events if one.sight is not Sight.UNSEEN
    }
    return tuple(code for code in CODES if not codes[code].needs or code in seen)


def covered(scenarios: Iterable[Scenario]) -> Covered:
    """What these scenarios cover."""
    requirements: dict[str, set[str]] = defaultdict(set)
    codes: dict[str, set[str]] = defaultdict(set)
    faults: dict[str, set[str]] = defaultdict(set)
    for scenario in scenarios:
        for one in scenario.expect:
            requirements[one.requirement].add(scenario.name)
            for code in demanded(one):
                codes[code].add(scenario.name)
        for step in scenario.steps:
            if step.fault is not None:
                faults[read_fault(step.fault).kind].add(scenario.name)
    return Covered(_sorted(requirements), _sorted(codes), _sorted(faults))


def demanded(one: Expectation) -> tuple[str, ...]:
    """The event codes that must come for it to pass."""
    body = getattr(one, one.kind)
    if one.order is not None:
        signs: tuple[Sign, ...] = one.order
    elif one.within is not None or (isinstance(body, Counted) and one.at_most is None and body.count > 0):
        signs = (body.event,)
    else:
        signs = ()
    said = (sign.alarm if sign.event is None else sign.event for sign in signs)
    return tuple(code for code in said if code not in (None, ANY))


def uncovered(scenarios: Iterable[Scenario], what: Wanted, families: Iterable[Family] = FAMILIES) -> list[str]:
    """Everything that no scenario covers and nobody waits for, one line each; [] is what a test wants."""
    by = covered(scenarios)
    known = {*what.areas, *CODES, *load_codes()}
    problems = [f"{code} can be raised, and no scenario demands it" for code in raisable() if code not in by.codes]
    problems += [
        f"{one}: begins with neither an area nor an event code" for one in by.requirements if _area(one) not in known
    ]
    for number, scene in enumerate(what.scenes, 1):
        missing = [one for one in scene.requirements if one not in by.requirements and one not in what.awaited]
        problems += [f"scene {number}: {one} is neither tested nor awaited" for one in missing]
    problems += [f"{one} is awaited, and tested: take it off" for one in what.awaited if one in by.requirements]
    problems += [f"{one} is awaited, and the agent says {_area(one)}" for one in what.awaited if _area(one) in CODES]
    kinds = [kind for family in families for kind in family.kinds]
    return problems + [f"fault {kind}: no scenario arms it" for kind in kinds if kind not in by.faults]


def _area(requirement: str) -> str:
    return requirement.partition(".")[0]


def _sorted(found: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(sorted(found[key])) for key in sorted(found)}
