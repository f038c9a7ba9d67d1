"""The event catalogue: what each code is called, how bad it is, and where that was read. Data in configs/catalogue."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from protocols.lift.coverage import unknown_items
from protocols.lift.vocabulary import ITEMS
from protocols.nearest import hint
from protocols.resources import config_text
from protocols.strictyaml import Document
from protocols.upstream.messages import Text

Code = Annotated[str, Meta(pattern=r"^[AFED][0-9]{2}$")]
"""A alarm, F fault, E event, D device; two digits."""
Severity = Annotated[int, Meta(ge=1, le=5)]
"""1 life safety, 2 safety-critical stop, 3 fault, 4 warning, 5 information."""


class EntrySpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row as the file has it; `source` and `confidence` are there for a holder of the standards to correct it.

    `needs` and `certain` say which items of the lift it is told from (`coverage.py`); none: the terminal's own.
    """

    name: Text
    severity: Severity
    source: Annotated[str, Meta(min_length=1)]
    confidence: Annotated[str, Meta(pattern=r"^(V1|V2(x[2-9])?|K-[HML]|D)( .+)?$")]
    needs: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()


class CatalogueFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """configs/catalogue/events.yaml."""

    events: Annotated[dict[Code, EntrySpec], Meta(min_length=1)]


class Entry(msgspec.Struct, frozen=True):
    """One kind of happening. `cls` is the code's letter: A alarm, F fault, E event, D device."""

    code: str
    name: Text
    severity: int
    cls: str
    source: str
    confidence: str
    needs: tuple[str, ...] = ()
    certain: tuple[str, ...] = ()


Catalogue = Mapping[str, Entry]
"""Every code there is."""


def parse_catalogue(text: str, source: str) -> Catalogue:
    """The catalogue in a YAML text. Raises ConfigError."""
    document = Document(text, source)
    file = document.to(CatalogueFile)
    for code, spec in file.events.items():
        for part in ("needs", "certain"):
            for name in unknown_items(getattr(spec, part)):
                raise document.error(("events", code, part), f"no item {name!r}; {hint(name, ITEMS)}")
    return {
        code: Entry(code, spec.name, spec.severity, code[0], spec.source, spec.confidence, spec.needs, spec.certain)
        for code, spec in file.events.items()
    }


def load_catalogue() -> Catalogue:
    """The catalogue of this box. Raises ConfigError."""
    return parse_catalogue(*config_text("catalogue", "events"))
