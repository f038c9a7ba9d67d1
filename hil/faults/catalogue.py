"""Every kind of fault of uplink, port and host by its catalogue id, and a fault as data: what, when, its name."""

from collections.abc import Mapping
from typing import Any, Final, Self, get_args

import msgspec

from hil.faults import host, port, uplink
from hil.faults.reading import read
from hil.faults.when import Operators

UPLINK_KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(uplink.AnyKind)}
PORT_KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(port.AnyKind)}
HOST_KINDS: Final = {str(kind.__struct_config__.tag): kind for kind in get_args(host.AnyKind)}
"""By catalogue id."""


class UplinkFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind and when it acts. `name` tells two of the same kind apart, and seeds the fault's random stream."""

    kind: uplink.AnyKind
    when: uplink.When = uplink.When()
    name: str = ""

    @property
    def id(self) -> str:
        """Its name, or its kind's catalogue id."""
        return self.name or self.kind.name

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """A fault from plain data (`hil.faults.reading`). Raises UsageError."""
        return read(cls, raw, UPLINK_KINDS)


class HostFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind and when it acts. `name` tells two of the same kind apart, and seeds the fault's random stream."""

    kind: host.AnyKind
    when: host.When = host.When()
    name: str = ""

    @property
    def id(self) -> str:
        """Its name, or its kind's catalogue id."""
        return self.name or self.kind.name

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """A fault from plain data (`hil.faults.reading`). Raises UsageError."""
        return read(cls, raw, HOST_KINDS)


class PortFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind and when it acts. `name` tells two of the same kind apart, and seeds the fault's random stream."""

    kind: port.AnyKind
    when: Operators = Operators()
    name: str = ""

    @property
    def id(self) -> str:
        """Its name, or its kind's catalogue id."""
        return self.name or self.kind.name

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """A fault from plain data (`hil.faults.reading`). Raises UsageError."""
        return read(cls, raw, PORT_KINDS)
