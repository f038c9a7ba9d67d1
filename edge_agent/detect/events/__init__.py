"""The events that are a condition held for a time, one file a family; what a family remembers is in `Memory`.

| family | events |
|---|---|
| `doors` | F02, F03, F18, F19, F26 |
| `movement` | F04, F05, F06, F07, F11, F12, F13, F21 |
| `chain` | F01, F14 |
| `shorted` | F15, F16 |
| `relevel` | F20 |
| `buttons` | F24 |
| `modes` | E40, E42 to E48 |
| `power` | E41 |
| `barriers` | E49 |
| `sensors` | D04 of the person sensor |
| `controller` | whatever the controller's own fault table names |

D02 and D04 of a device's signal come from the link and from `state/plausibility.py`.
"""

from collections.abc import Mapping

from edge_agent.detect.events import (
    barriers,
    buttons,
    chain,
    controller,
    doors,
    modes,
    movement,
    power,
    relevel,
    sensors,
    shorted,
)
from edge_agent.detect.events.memory import Memory
from edge_agent.detect.look import Answers, Look


def follow(before: Memory, look: Look) -> Memory:
    """The memory after one more look; `look.track` is already brought up to it."""
    return Memory(
        doors=doors.follow(before.doors, look),
        movement=movement.follow(before.movement, look),
        chain=chain.follow(before.chain, look),
        shorted=shorted.follow(before.shorted, look),
        relevel=relevel.follow(before.relevel, look),
        buttons=buttons.follow(before.buttons, look),
        modes=modes.follow(before.modes, look),
    )


def answers(memory: Memory, look: Look, meant: Mapping[str, str]) -> Answers:
    """Every family's answers; `meant`: by the names of the devices' faults the event that each means."""
    return {
        **doors.answers(memory.doors, look),
        **movement.answers(memory.movement, look),
        **chain.answers(memory.chain, look),
        **shorted.answers(memory.shorted, look),
        **relevel.answers(memory.relevel, look),
        **buttons.answers(memory.buttons, look),
        **modes.answers(memory.modes, look),
        **power.answers(look),
        **barriers.answers(look),
        **sensors.answers(look),
        **controller.answers(look, meant),
    }
