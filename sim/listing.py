"""What `liftwarden sim` can be asked for: buildings, stimuli and causes, by name, in English and Chinese."""

import enum
import os
from collections.abc import Iterator, Sequence

import msgspec
import typer

from protocols.language import language, pick
from protocols.nearest import hint
from protocols.resources import config_names
from protocols.upstream.messages import Text
from sim.building import load_building
from sim.fold import columns, fold, width
from sim.injector.model import load_faults
from sim.plan import PlanError
from sim.stimuli import Stimulus

INDENT = "  "


class What(enum.Enum):
    """What there is to choose from."""

    BUILDINGS = "buildings"
    STIMULI = "stimuli"
    CAUSES = "causes"


class Entry(msgspec.Struct, frozen=True):
    """One name, and what it stands for."""

    name: str
    en: str
    zh: str


def entries(what: What, faults: str) -> Iterator[Entry]:
    """All of that kind; causes are those of the fault model `faults`. Raises SimError or ConfigError."""
    match what:
        case What.BUILDINGS:
            for name in config_names("buildings"):
                title = load_building(name).title
                yield Entry(name, title.en, title.zh)
        case What.STIMULI:
            yield from (Entry(one.value, one.en, one.zh) for one in Stimulus)
        case What.CAUSES:
            for name, cause in load_faults(faults).causes.items():
                yield Entry(name, cause.title.en, cause.title.zh)


def lines(listed: Sequence[Entry], lang: str, most: int | None) -> Iterator[str]:
    """A name and its meaning on a line each; where that is too wide the meaning goes below the name."""
    column = max(len(one.name) for one in listed)
    for one in listed:
        meaning = pick(Text(one.zh, one.en), lang)
        line = f"{one.name:{column}}  {meaning}"
        if most is None or width(line) <= most:
            yield line
        else:
            yield one.name
            yield from fold(INDENT + meaning, most, INDENT)


def say(what: str, faults: str, *, json: bool) -> None:
    """All of that kind on standard output. Raises PlanError on a kind that does not exist, SimError or ConfigError."""
    kinds = [kind.value for kind in What]
    if what not in kinds:
        raise PlanError(f"no kind {what!r}; {hint(what, kinds)}")
    listed = list(entries(What(what), faults))
    if json:
        typer.echo(msgspec.json.encode(listed).decode())
        return
    for line in lines(listed, language(None, os.environ), columns()):
        typer.echo(line)
