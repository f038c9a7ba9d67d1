"""Reading a fault of any family from plain data."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from hil import UsageError
from protocols.nearest import hint

F = TypeVar("F")


def read(fault: type[F], raw: Mapping[str, Any], kinds: Mapping[str, type]) -> F:
    """A fault from `fault` (one of `kinds`, by catalogue id) and its parameters, `when`, and `id`.

    Raises UsageError: one line that names the key, and the nearest known fault.
    """
    parameters = {key: value for key, value in raw.items() if key not in ("when", "id")}
    named = parameters.get("fault")
    if named not in kinds:
        raise UsageError(f"fault {named!r} is not known; {hint(str(named), kinds)}")
    try:
        return msgspec.convert({"kind": parameters, "when": raw.get("when", {}), "name": raw.get("id", "")}, fault)
    except (msgspec.ValidationError, ValueError) as error:
        raise UsageError(f"fault {named}: {error}") from error
