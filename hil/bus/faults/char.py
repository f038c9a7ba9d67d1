"""Faults of characters: a receiver overrun, a byte too many, a byte twice, a byte that is another."""

from typing import ClassVar

from hil.bus.faults.bounds import Byte, FewBytes, Place, place_in
from hil.bus.faults.sending import Change, Sending, changed
from hil.faults.armed import Turn
from hil.faults.kind import Kind


class Drop(Kind, frozen=True, tag="char.drop"):
    """An overrun: `n` bytes from `at` on are lost; anywhere if no place is named."""

    loses: ClassVar[bool] = True

    n: FewBytes = 1
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Take them out."""
        at = place_in(sending.data, self.at, turn.rng)
        return changed(sending, sending.data[:at] + sending.data[at + self.n :], f"{self.n} bytes lost at {at}")


class Insert(Kind, frozen=True, tag="char.insert"):
    """One byte more before the one at `at`."""

    byte: Byte | None = None
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put it in; any byte if none is named."""
        at = place_in(sending.data, self.at, turn.rng)
        byte = turn.rng.randrange(256) if self.byte is None else self.byte
        data = sending.data[:at] + bytes((byte,)) + sending.data[at:]
        return changed(sending, data, f"{byte:02X}h put in at {at}")


class Dup(Kind, frozen=True, tag="char.dup"):
    """The byte at `at` comes twice."""

    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Double it."""
        at = place_in(sending.data, self.at, turn.rng)
        return changed(sending, sending.data[: at + 1] + sending.data[at:], f"byte {at} twice")


class Replace(Kind, frozen=True, tag="char.replace"):
    """The byte at `at` is another one."""

    loses: ClassVar[bool] = True

    byte: Byte | None = None
    at: Place | None = None

    def change(self, sending: Sending, turn: Turn) -> Change | None:
        """Put another in its place."""
        at = place_in(sending.data, self.at, turn.rng)
        was = sending.data[at]
        byte = was ^ turn.rng.randrange(1, 256) if self.byte is None else self.byte
        if byte == was:
            return None
        data = sending.data[:at] + bytes((byte,)) + sending.data[at + 1 :]
        return changed(sending, data, f"byte {at} {byte:02X}h for {was:02X}h")
