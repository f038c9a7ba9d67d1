"""One bench situation with its true cause: what the doctor is scored on.

A case is written without knowing the doctor. It builds a bus in virtual time, breaks it, and says what a person
standing beside it could do. For each seed `build` is called once, inside the running virtual loop
(`hil.loop.running_loop()` is the timeline), and returns the `Patient`. Everything random must come from
`random.Random(seed)`, and seeds should make real differences: speeds, formats, numbers of devices, latencies, idle
levels, how bad it is.

    def _cut(seed: int) -> Patient:
        chance = random.Random(seed)
        ... # a copper segment, devices on it, the agent's end, all from `chance`
        return Patient(
            opener=...,
            port="memory",
            line=LineSettings.parse("9600 8N1"),
            request=ReadRequest(5, ReadFunction.HOLDING, 0, 16),
            times=SlaveTimes...,
            hands={Hand.CONNECT_DIRECTLY: wiring.join},
        )

    CASES = (Case("cut at the adapter", Cause.CUT_WIRE, _cut),)

Rules for a fair case:

- The fault is there when `build` returns, and stays: only a hand ends it. It may be intermittent.
- `hands` holds what each instruction changes on this bench, also where it does not help: swapping good wires breaks
  them, and a person puts back what did not help (`undo`). A hand that is left out is done and changes nothing at all
  (fitting a terminator where there is one); a hand in `declined` cannot be done here.
- `request` is one that the device serves when all is well, with 2 registers or more; the doctor may read any part of
  it, and nothing else is promised to be served.
- `line`, `request` and `latency_ns` are what the technician believes, and what they would be without the fault.
- With one cause: name that. `cause=None` with `is_healthy=True` is a link with nothing wrong: the doctor must say so.
  `cause=None` alone is something that the doctor has no name for: it must not name any cause.
"""

from collections.abc import Callable, Mapping

import msgspec

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.ports import BusOpener
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import ReadRequest

__all__ = ["Act", "Case", "Cause", "Hand", "Patient"]

Act = Callable[[], None]
"""What a hand changes on the bench, at once."""


class Patient(msgspec.Struct, frozen=True):
    """A bus with something wrong, as the doctor meets it.

    `opener` opens the doctor's port named `port`, with whatever line settings it asks for, again and again; that port
    may or may not have UART counters. `line`: what the device is believed to be set to. `request`: a read of FC 03 or
    04 that the device serves. `latency_ns`: how long after a request its answer begins at the latest, by its data
    sheet. `hands`: what instructions change; `undo`: how the same person puts it back, once the doctor has measured
    that it did not help and asks for something else, or asks for that alone (`Hand.PUT_BACK`). `declined`:
    instructions that cannot be followed here.
    """

    opener: BusOpener
    port: str
    line: LineSettings
    request: ReadRequest
    latency_ns: int
    hands: Mapping[Hand, Act] = {}
    undo: Mapping[Hand, Act] = {}
    declined: frozenset[Hand] = frozenset()


class Case(msgspec.Struct, frozen=True):
    """A situation by name, its true cause, and how to build it for a seed.

    `is_healthy` goes with `cause=None`: nothing is wrong. `like` names further causes that are right as well where the
    situation really has two (a bus without terminator *and* bias): naming either is correct.
    """

    name: str
    cause: Cause | None
    build: Callable[[int], Patient]
    is_healthy: bool = False
    like: frozenset[Cause] = frozenset()

    @property
    def right(self) -> frozenset[Cause]:
        """Every cause that is a correct answer; empty when none may be named."""
        return self.like if self.cause is None else self.like | {self.cause}
