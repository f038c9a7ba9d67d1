"""What really happened: the log that verdicts are made from. Nothing in it passed a sensor."""

import enum
from collections.abc import Callable

import msgspec

TruthValue = float | int | str | bool | list[str]


class TruthKind(enum.StrEnum):
    """The kinds of records."""

    WAITING = "waiting"
    ABANDONED = "abandoned"
    BOARDED = "boarded"
    ALIGHTED = "alighted"
    OVERLOADED = "overloaded"
    STEPPED_OUT = "stepped_out"
    DEPARTED = "departed"
    STOPPED = "stopped"
    ARRIVED = "arrived"
    DOOR_OPENING = "door_opening"
    DOOR_OPEN = "door_open"
    DOOR_CLOSING = "door_closing"
    DOOR_CLOSED = "door_closed"
    NUDGING = "nudging"
    RELEVELLING = "relevelling"
    RELEVELLED = "relevelled"
    MISUSE = "misuse"
    STIMULUS = "stimulus"
    FAULT = "fault"
    FAULT_ENDED = "fault_ended"
    TRIPPED = "tripped"
    POWER = "power"
    CONTROLLER = "controller"
    MODE = "mode"
    TRAPPED_SINCE = "trapped_since"
    FREED = "freed"
    CAUSE = "cause"
    TECHNICIAN = "technician"


class TruthRecord(msgspec.Struct, frozen=True):
    """One thing that happened at `t_ns`.

    `door_opening` is the order: the panels begin to move when the contactor has dropped.
    `nudging` comes with a `door_closing` that goes slowly, with a buzzer, past the light curtain.
    `stepped_out` is somebody who leaves an overloaded car to wait again.
    `stopped` is every standstill, with `door_zone` and `persons`; `arrived` follows it at a landing. `controller` says
    whether it is up, `mode` what its switches make of it. `trapped_since` is the instant from which somebody is in the
    standing car and cannot get out; `freed` ends it. `cause` is what an injector let go wrong, as it is `booked` and by
    the `symptom` that people see; `technician` is what one `does` then. `relevelling` is a standing car that is brought
    back to its landing with its door open, from `off_m` above it (below: negative), and `relevelled` its end; a cut of
    power ends it without one. `tripped` is a `device` that acts to stop the car: governor (its contact), safety_gear,
    run_limiter, ucm, final_limit_up or final_limit_down. `fault_ended` is a `fault` that is there no more: a technician
    put it right, or the controller forgot it.
    """

    t_ns: int
    kind: TruthKind
    data: dict[str, TruthValue]


OnTruth = Callable[[TruthRecord], None]
