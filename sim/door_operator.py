"""How hard a door's operator pulls: a closed form of the door's travel, of what stops it, and of time.

Torque at its pulley, positive if it opens. Panels move at constant speed (sim/doors.py), so that it moves them with one
force; it holds them open with another, and a shut door not at all: that is the lock's business (assumption). Against
what stops them it pushes with the most that it may, until it is turned or switches itself off. A door in somebody's
hands it leaves to them.
"""

from typing import Final, final

from sim.agenda import to_ns
from sim.building import Operator
from sim.doors import DoorTravel, opens_limit


@final
class DoorOperator:
    """What one operator pulls with while it has power."""

    def __init__(self, operator: Operator) -> None:
        radius_m = operator.pulley_m
        self._moving_nm: Final = operator.moving_n * radius_m
        self._hold_nm: Final = operator.hold_n * radius_m
        self._opening_limit_nm: Final = operator.opening_limit_n * radius_m
        self._closing_limit_nm: Final = operator.closing_limit_n * radius_m
        self._stall_ns: Final = to_ns(operator.stall_s)

    def torque_nm(self, door: DoorTravel, fraction: float, t_ns: int) -> float:
        """Of a door that is at `fraction` at `t_ns`."""
        if door.by_hand or fraction == 0:
            return 0.0
        opens = door.target > door.start
        if fraction != door.target:
            return self._moving_nm if opens else -self._moving_nm
        if not door.blocked:
            return self._hold_nm if opens_limit(door.target) else 0.0
        if t_ns >= door.arrives_ns + self._stall_ns:
            return 0.0
        return self._opening_limit_nm if opens else -self._closing_limit_nm
