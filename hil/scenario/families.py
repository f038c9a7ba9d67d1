"""Families of faults that a scenario can arm: a closed registry. A new family is one entry here and one injector.

A family knows its kinds by catalogue id and reads a fault from plain data; what lets the fault act is the bench's
(`hil.benches.bench.FaultInjector`). `docs/scenarios.md` says how a family is added.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import msgspec

from hil import UsageError
from hil.bus.faults import catalogue
from hil.faults.catalogue import HOST_KINDS, PORT_KINDS, UPLINK_KINDS, HostFault, PortFault, UplinkFault
from hil.faults.when import Operators
from hil.scenario.capabilities import Capability
from hil.scenario.parts import ns_of
from protocols.nearest import hint
from protocols.yamlvalues import key_hint


class AnyFault(Protocol):
    """A fault as data: what all families' faults have in common."""

    @property
    def id(self) -> str:
        """Its name in the scenario, or its kind's catalogue id."""

    @property
    def when(self) -> Operators:
        """When it acts."""


class Family(msgspec.Struct, frozen=True):
    """Faults that one injector lets act. `read` raises UsageError, one line with the nearest name."""

    name: str
    needs: Capability
    kinds: Mapping[str, type[msgspec.Struct]]
    read: Callable[[Mapping[str, Any]], AnyFault]


WIRE: Final = Family("wire", Capability.WIRE_FAULTS, catalogue.KINDS, catalogue.Fault.of)
UPLINK: Final = Family("uplink", Capability.UPLINK_FAULTS, UPLINK_KINDS, UplinkFault.of)
HOST: Final = Family("host", Capability.HOST_FAULTS, HOST_KINDS, HostFault.of)
PORT: Final = Family("port", Capability.PORT_FAULTS, PORT_KINDS, PortFault.of)
FAMILIES: Final = (WIRE, UPLINK, HOST, PORT)


class Armable(msgspec.Struct, frozen=True):
    """A fault and the family that it belongs to."""

    family: Family
    kind: str
    fault: AnyFault


def read_fault(raw: Mapping[str, Any]) -> Armable:
    """A fault from plain data: `fault` and its parameters, `when`, `id`; times in `when.window` carry their unit.

    Raises UsageError: one line that names the key, and the nearest known fault.
    """
    kind = str(raw.get("fault"))
    family = next((one for one in FAMILIES if kind in one.kinds), None)
    if family is None:
        kinds = [name for one in FAMILIES for name in one.kinds]
        raise UsageError(f"fault {kind!r} is not known; {hint(kind, kinds)}")
    known = ("fault", "when", "id", *family.kinds[kind].__struct_encode_fields__)
    for key in raw:
        if key not in known:
            raise UsageError(f"fault {kind}: unknown key {key}; {key_hint(key, known)}")
    return Armable(family, kind, family.read(_in_ns(raw)))


def _in_ns(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    when = raw.get("when")
    if not isinstance(when, Mapping) or not isinstance(when.get("window"), list):
        return raw
    window = [ns_of(one) if isinstance(one, str) else one for one in when["window"]]
    return {**raw, "when": {**when, "window": window}}
