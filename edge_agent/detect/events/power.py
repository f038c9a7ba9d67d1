"""E41 mains off: while the mains signal is false; unknown keeps what it was. Severity 2 with people in the car."""

from typing import Final

from edge_agent.clock import ns
from edge_agent.detect.look import Answer, Answers, Look, no
from protocols.upstream.messages import Text, Trapped

DEBOUNCE_S: Final = 2.0
"""A dip shorter than this is ride-through, not a power cut (a design value: no standard was found)."""
_WITH_PEOPLE: Final = 2
_OFF: Final = Text("主电源信号丢失", "the mains signal is off")


def answers(look: Look) -> Answers:
    """This family's event."""
    occupied = look.occupancy.level is Trapped.YES
    return {
        "E41": Answer(
            no(look.snapshot.mains.known),
            _OFF,
            ns(DEBOUNCE_S),
            severity=_WITH_PEOPLE if occupied else None,
        )
    }
