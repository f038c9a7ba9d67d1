"""The catalogue of this box, proven to name every code that the agent can say."""

from typing import Final

from protocols.lift.catalogue import Catalogue, parse_catalogue
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

CODES: Final = (
    *("A01", "A02", "D02", "D04"),
    *(f"F{number:02}" for number in range(1, 27)),
    *(f"E{number}" for number in range(40, 50)),
)
"""What `lift_core` says; F08 to F10, F17, F22, F23 and F25 only if a controller does."""


def load_codes() -> Catalogue:
    """Every code with its name and severity. Raises ConfigError, one line, also when a code is missing."""
    text, source = config_text("catalogue", "events")
    catalogue = parse_catalogue(text, source)
    missing = [code for code in CODES if code not in catalogue]
    if missing:
        raise ConfigError(source, None, f"lacks {', '.join(missing)}; copy the rows from the shipped catalogue")
    return catalogue
