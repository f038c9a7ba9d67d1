"""D04 of the person sensor: while it is stuck (`occupancy.py`); a sensor that says nothing keeps what it was."""

from typing import Final

from edge_agent.detect.look import Answer, Answers, Look
from protocols.upstream.messages import Text

_STUCK: Final = Text("人感跨多次开关门持续有人, 判为卡死", "the person sensor stays on across door cycles: stuck")


def answers(look: Look) -> Answers:
    """This family's event."""
    sensor = look.occupancy.sensor
    return {
        "D04": Answer(
            None if sensor.last is None else sensor.stuck,
            _STUCK,
        )
    }
