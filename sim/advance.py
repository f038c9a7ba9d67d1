"""Advance opening: when the door of a car that comes to its landing begins to open, before the car stands.

Levelling with the doors open is allowed inside the unlocking zone, at no more than 0.8 m/s (EN 81-20 5.12.1.4;
limits.csv, C). All is a function of the run, so that the one appointment is known when the run begins.
"""

from typing import Final

from sim.agenda import to_ns
from sim.building import Door
from sim.motion import SIGN, Run

LEVELLING_MPS: Final = 0.8


def opens_ahead_ns(run: Run, landing_m: float, door: Door, opening_ns: int) -> int:
    """When the door begins to open on `run` to the landing there; the run's end if not before it.

    In the zone, slow enough, on the last stretch where the car goes nowhere else any more; no earlier than
    `advance_s` before standstill, and never so early that the door, which takes `opening_ns`, is open before it.
    """
    advance_ns = opening_ns if door.advance_s is None else min(opening_ns, to_ns(door.advance_s))
    return min(
        run.end_ns,
        max(
            run.end_ns - advance_ns,
            run.commit_ns + 1,
            run.passes_ns(landing_m - SIGN[run.direction] * door.zone_m),
            run.slows_to_ns(LEVELLING_MPS),
        ),
    )
