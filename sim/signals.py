"""What perfect sensors would say at one instant: the plant's side of the vocabulary."""

import msgspec

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode


class PlantSignals(msgspec.Struct, frozen=True, kw_only=True):
    """The truth at `t_ns`. `values()` gives the vocabulary's items; the rest is for verdicts and screens."""

    t_ns: int
    mode: ServiceMode
    moving: bool
    direction: Direction
    speed_mps: float
    floor: int
    door_zone: bool
    door_open: bool
    door_closed: bool
    person: bool
    car_calls: int
    hall_calls: int
    mains: bool
    safety_chain: bool
    drive_state: DriveState
    faults: tuple[str, ...]
    landing_lock: bool
    car_lock: bool
    overload: bool
    cabinet_door: bool
    alarm_button: bool
    door_open_button: bool
    position_m: float
    persons: int
    door_fraction: float
    trips: int
    door_cycles: int

    def values(self) -> dict[str, object]:
        """By the vocabulary's item names. `floor` counts from 0; calls have bit 0 for floor 0."""
        return {
            "mode": self.mode,
            "moving": self.moving,
            "direction": self.direction,
            "speed_mps": self.speed_mps,
            "floor": self.floor,
            "door_zone": self.door_zone,
            "doors.front.open": self.door_open,
            "doors.front.closed": self.door_closed,
            "person": self.person,
            "car_calls": self.car_calls,
            "hall_calls": self.hall_calls,
            "mains": self.mains,
            "safety_chain": self.safety_chain,
            "drive_state": self.drive_state,
            "faults": self.faults,
            "landing_lock": self.landing_lock,
            "car_lock": self.car_lock,
            "overload": self.overload,
            "cabinet_door": self.cabinet_door,
            "alarm_button": self.alarm_button,
            "door_open_button": self.door_open_button,
            "brake_command": self.moving,
            "brake_open": self.moving,
            "contactor_command": self.moving,
            "contactor_closed": self.moving,
            "run_count": self.trips,
        }
