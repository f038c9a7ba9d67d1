"""The profile of a box that says what it is: one block of values, and another with its type."""

from typing import Final

from protocols.resources import config_text

_BOX, _ = config_text("profiles", "stm32-lift-sensor")
TEXT: Final = f"""{_BOX[: _BOX.index("blocks:")]}identity: [{{row: id, expect: [7]}}]
blocks: [{{name: values, address: 0, count: 1}}, {{name: about, address: 9, count: 1}}]
rows:
  - {{name: zone, address: 0, bits: [0, 0], item: door_zone, status: C}}
  - {{name: lock, address: 0, bits: [1, 1], item: landing_lock, status: C}}
  - {{name: id, address: 9, status: C}}
"""
