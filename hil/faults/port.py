"""Faults of the agent's port: the adapter, its driver, its node in /dev. Each begins, lasts, and is over."""

import enum
import errno
from typing import Annotated, ClassVar

from msgspec import Meta

from hil.bus.faults.bounds import Millis
from hil.bus.faults.echo import Echo, Heard
from hil.faults.armed import Turn
from hil.faults.deeds import Deed
from hil.faults.kind import Happening, Seconds, ns


class Errno(enum.Enum):
    """What opening a port says: held by another, no access, not there, wrong settings."""

    EBUSY = "EBUSY"
    EACCES = "EACCES"
    ENOENT = "ENOENT"
    EINVAL = "EINVAL"

    @property
    def number(self) -> int:
        """As the kernel counts it."""
        return int(getattr(errno, self.value))


class Unplugged(Deed, frozen=True, kw_only=True):
    """The adapter is out until it is over; `node` is its name in /dev afterwards, "" the old one."""

    node: str = ""


class Refused(Deed, frozen=True, kw_only=True):
    """The driver gives up the open port, and opening it fails with `number` until it is over."""

    number: int


class Mute(Deed, frozen=True, kw_only=True):
    """The port says that it is readable, and gives nothing."""


class Blocked(Deed, frozen=True, kw_only=True):
    """What is written never leaves."""


class Stalled(Deed, frozen=True, kw_only=True):
    """Nothing is handed over until it is over, then all of it at once; `in_adapter`: not even to who asks."""

    in_adapter: bool


class Echoing(Deed, frozen=True, kw_only=True):
    """The adapter hears itself."""

    echo: Echo


class Unplug(Happening, frozen=True, tag="port.unplug"):
    """The adapter is pulled out for `for_s`, and put back."""

    loses: ClassVar[bool] = True

    for_s: Seconds

    def deed(self, turn: Turn) -> Unplugged:
        """Pull it."""
        return Unplugged(for_ns=ns(self.for_s), done=f"unplugged for {self.for_s:g} s")


class Rename(Happening, frozen=True, tag="port.rename"):
    """The adapter resets itself, and `for_s` later is there under another node's name."""

    loses: ClassVar[bool] = True

    for_s: Seconds = 2.0
    node: Annotated[str, Meta(min_length=1, max_length=32)] = "ttyUSB1"

    def deed(self, turn: Turn) -> Unplugged:
        """Reset it."""
        return Unplugged(for_ns=ns(self.for_s), node=self.node, done=f"gone for {self.for_s:g} s, then {self.node}")


class OpenError(Happening, frozen=True, tag="port.open_error"):
    """The driver gives the port up, and for `for_s` opening it fails with `error`."""

    loses: ClassVar[bool] = True

    for_s: Seconds
    error: Errno = Errno.EBUSY

    def deed(self, turn: Turn) -> Refused:
        """Refuse it."""
        done = f"{self.error.value} for {self.for_s:g} s"
        return Refused(for_ns=ns(self.for_s), number=self.error.number, done=done)


class SpuriousReady(Happening, frozen=True, tag="port.spurious_ready"):
    """For `for_s` the port is readable and gives nothing, time and again."""

    loses: ClassVar[bool] = True

    for_s: Seconds

    def deed(self, turn: Turn) -> Mute:
        """Give nothing."""
        return Mute(for_ns=ns(self.for_s), done=f"reads are empty for {self.for_s:g} s")


class WriteBlock(Happening, frozen=True, tag="port.write_block"):
    """For `for_s` what is written never leaves."""

    loses: ClassVar[bool] = True

    for_s: Seconds

    def deed(self, turn: Turn) -> Blocked:
        """Block it."""
        return Blocked(for_ns=ns(self.for_s), done=f"writes block for {self.for_s:g} s")


class Stall(Happening, frozen=True, tag="port.stall"):
    """The host, or its adapter, stands still for `ms`: then everything comes at once."""

    ms: Millis
    in_adapter: bool = False

    def deed(self, turn: Turn) -> Stalled:
        """Stand still."""
        return Stalled(for_ns=round(self.ms * 1e6), in_adapter=self.in_adapter, done=f"stalls for {self.ms:g} ms")


class EchoOf(Happening, frozen=True, tag="turn.echo"):
    """For `for_s` the adapter reads back what it sends (`hil.bus.faults.echo`)."""

    for_s: Seconds
    heard: Heard = Heard.FULL
    delay_ms: Millis = 0.0
    glued: bool = False

    def deed(self, turn: Turn) -> Echoing:
        """Hear itself."""
        echo = Echo(heard=self.heard, delay_ms=self.delay_ms, glued=self.glued)
        return Echoing(for_ns=ns(self.for_s), echo=echo, done=f"echo {self.heard.value} for {self.for_s:g} s")


AnyKind = Unplug | Rename | OpenError | SpuriousReady | WriteBlock | Stall | EchoOf
