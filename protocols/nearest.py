"""Help for a name that is not known: the nearest one that is."""

import difflib
from collections.abc import Iterable
from typing import Final

_LISTED_AT_MOST: Final = 12


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like `name`, if any does."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return close[0] if close else None


def hint(name: str, known: Iterable[str]) -> str:
    """ "did you mean X?", or what there is."""
    names = list(known)
    near = nearest(name, names)
    if near is not None:
        return f"did you mean {near}?"
    return f"there are: {', '.join(names[:_LISTED_AT_MOST])}{', ...' if len(names) > _LISTED_AT_MOST else ''}"
