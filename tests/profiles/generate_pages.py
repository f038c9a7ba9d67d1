"""Writes docs/devices: a page for each profile, and which events each device and combination sees: `make schemas`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_agent.codes import load_codes
from edge_agent.sights import EventSight, events_of, items_of, named_by, sights_of, values_of
from hil.bench.age import measure_age
from hil.setup import load_bench
from protocols.lift.coverage import Sight
from protocols.lift.vocabulary import ITEMS
from protocols.profiles.layout import compile_layout
from protocols.profiles.loader import load_profile, profile_names
from protocols.profiles.place import Place
from protocols.profiles.schema import Framing, Profile
from protocols.resources import config_names

TARGET: Final = Path(__file__).parents[2] / "docs" / "devices"
_SECONDS: Final = 30.0
_NOTE: Final = "<!-- Written by `make schemas` from configs/; do not edit. -->"
_MARKS: Final = {Sight.CERTAIN: "yes", Sight.INDICATIVE: "only an indication", Sight.UNSEEN: "no"}
_SHORT: Final = {Sight.CERTAIN: "yes", Sight.INDICATIVE: "(yes)", Sight.UNSEEN: "-"}
_CATALOGUE: Final = load_codes()


def page(profile: Profile) -> str:
    """One profile's page."""
    return "\n".join([_NOTE, "", *_page(profile), ""])


def _page(profile: Profile) -> Iterator[str]:
    seen = sights_of(profile, _CATALOGUE)
    yield from (f"# {profile.title.en}", "", f"`{profile.name}` · {profile.title.zh}", "")
    yield "Tried on hardware." if profile.hardware_verified else "**Never tried on hardware.**"
    if not profile.transport_verified:
        yield "No source shows that this framing is spoken on this port."
    if profile.stub:
        yield "**A stub**: too little of the map is known, and the agent refuses to poll it. Copy it and fill it in."
    yield from ("", "| | |", "|---|---|")
    yield f"| map | {profile.tier.value}: {'; '.join(profile.sources.values())} |"
    yield f"| line | {profile.line.default} (accepts {', '.join(profile.line.allowed)}), slave {profile.slave} |"
    yield f"| frames | {'Modbus RTU' if profile.framing is Framing.RTU else profile.framing.value} |"
    yield f"| when polling stops | **{profile.comm_loss.value}**. {profile.comm_loss_effect.en} |"
    yield from ("", "## What it gives", "")
    yield from (f"- `{item}`: {ITEMS[item].en}" for item in seen.items)
    if any(row.channel is not None for row in profile.rows):
        yield from ("", "Each only if an input is wired to it.")
    if not profile.stub:
        yield from _load(profile)
    yield from ("", "## Which events it sees alone", "", "| event | | seen | missing |", "|---|---|---|---|")
    yield from (_row(one) for one in seen.events)


def _load(profile: Profile) -> Iterator[str]:
    age = measure_age(profile.name, _SECONDS)
    yield from ("", "## Alone on its bus", "")
    yield f"At {age.line}: what detectors relate is read every {age.fast_period_s:g} s, {age.bus_use:.0%} of the bus."
    yield f"Its age: p99 {age.p99_ms:.0f} ms, at most {age.max_ms:.0f} ms (virtual time, {_SECONDS:g} s)."


def _row(one: EventSight) -> str:
    lacks = ", ".join(f"`{group}`".replace("|", "\\|") for group in one.lacks)
    return f"| {one.code} | {_CATALOGUE[one.code].name.en} | {_MARKS[one.sight]} | {lacks} |"


def matrix() -> str:
    """Profiles and shipped combinations by event."""
    return "\n".join([_NOTE, "", *_matrix(), ""])


def _matrix() -> Iterator[str]:
    codes = [code for code, entry in _CATALOGUE.items() if entry.needs]
    head = f"| | {' | '.join(codes)} |"
    rule = f"|---|{'---|' * len(codes)}"
    yield from ("# Devices, and what they cannot show", "")
    yield "What is read from a lift decides what can be told of it. *yes*: the event can be told; *(yes)*: only an"
    yield "indication, something that would make it certain is missing; *-*: not from these signals. What the agent"
    yield "judges today is in [detection.md](../detection.md)."
    yield from ("", "## One device alone", "", head, rule)
    for name in profile_names():
        yield _line(f"[{name}]({name}.md)", sights_of(load_profile(name), _CATALOGUE).events)
    yield from ("", "## Shipped combinations (`configs/benches`)", "", head, rule)
    for name in config_names("benches"):
        yield _line(name, events_of(_items(name), _CATALOGUE, _named(name)))
    yield from ("", "| | |", "|---|---|")
    yield from (f"| {code} | {_CATALOGUE[code].name.en} |" for code in codes)


def _line(name: str, events: tuple[EventSight, ...]) -> str:
    return f"| {name} | {' | '.join(_SHORT[one.sight] for one in events)} |"


def _items(bench: str) -> set[str]:
    given: set[str] = set()
    for device in load_bench(bench).devices:
        place = Place(device.door, device.channels)
        profile = load_profile(device.profile)
        given |= compile_layout(profile, device.options, place).items | values_of([profile])
    return given


def _named(bench: str) -> set[str]:
    profiles = (load_profile(device.profile) for device in load_bench(bench).devices)
    return set(named_by(one for one in profiles if "faults" in items_of(one)).values())


def pages() -> dict[str, str]:
    """Every file of docs/devices by its name."""
    return {"README.md": matrix()} | {f"{name}.md": page(load_profile(name)) for name in profile_names()}


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for file, text in pages().items():
        (TARGET / file).write_text(text, encoding="utf-8")
