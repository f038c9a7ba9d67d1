"""What perfect sensors would say at one instant: the plant's side of the vocabulary."""

from typing import Final

import msgspec

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.car import Car, Phase
from sim.doors import closes_limit, locks, opens_limit
from sim.encoder import LANDING_M
from sim.stimuli import Stimulus

_RUNNING: Final = {
    Direction.NONE: DriveState.STANDBY,
    Direction.UP: DriveState.RUNNING_UP,
    Direction.DOWN: DriveState.RUNNING_DOWN,
}


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
    controller_up: bool
    floor_known: bool
    run_count: int
    position_m: float
    encoder_m: float = 0.0
    """The encoder's reading; `zone_switch` and `landing_switch`: the shaft's switches, as hardware makes and breaks."""
    zone_switch: bool = False
    landing_switch: bool = False
    persons: int
    load_kg: float = 0.0
    door_fraction: float
    trips: int
    door_cycles: int
    relevels: int = 0
    contactor_command: bool = False
    contactor_closed: bool = False
    brake_command: bool = False
    brake_open: bool = False
    landing_made: bool | None = None
    """The landing door locks' contacts themselves, bridged or not, whatever is before them in the chain."""
    car_made: bool | None = None
    """The car doors' contacts themselves."""
    zone_bridged: bool = False
    """The door-zone relay bridges the locks: the car is levelled, or comes to its landing, with a door not closed."""
    rear_open: bool | None = None
    """`door_open` and `door_closed` are the front door's; these are the rear one's, None without one."""
    rear_closed: bool | None = None
    bypass: bool = False
    """The bypass device of the landing door locks is on, whether or not the controller sees it."""
    nudging: bool = False
    """The buzzer of a door that closes slowly, past its light curtain."""
    door_torque_nm: float = 0.0
    """Of the front door's operator, positive if it opens (sim/door_operator.py); `door_fraction` is its place."""

    def values(self) -> dict[str, object]:
        """By the vocabulary's item names. `floor` counts from 0, None while the controller does not know it.

        Calls have bit 0 for floor 0; faults are codes of the event catalogue.
        """
        return {
            "mode": self.mode,
            "moving": self.moving,
            "direction": self.direction,
            "speed_mps": self.speed_mps,
            "floor": self.floor if self.floor_known else None,
            "door_zone": self.door_zone,
            "doors.front.open": self.door_open,
            "doors.front.closed": self.door_closed,
            **self._rear_door(),
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
            "brake_command": self.brake_command,
            "brake_open": self.brake_open,
            "contactor_command": self.contactor_command,
            "contactor_closed": self.contactor_closed,
            "run_count": self.run_count,
        }

    def _rear_door(self) -> dict[str, object]:
        if self.rear_closed is None:
            return {}
        return {"doors.rear.open": self.rear_open, "doors.rear.closed": self.rear_closed}


def signals_of(car: Car, now: int) -> PlantSignals:
    """What perfect sensors say at `now`, which is the present, or ahead if nothing is decided until then."""
    trouble, held, motion, encoder = car.trouble, car.hands.held(now), car.motion, car.encoder
    direction = motion.direction if now < motion.end_ns else Direction.NONE
    driven = direction is not Direction.NONE
    speed_mps, position_m, floor = motion.speed_mps(now), motion.position_m(now), car.floor_at(now)
    off_m = abs(position_m - car.heights_m[floor])
    in_zone = off_m <= car.building.door.zone_m
    front, rear = car.door.fraction(now), car.rear.fraction(now) if car.has_rear else None
    taps = car.taps_of(now, floor, position_m, locked=locks(front) and (rear is None or locks(rear)), in_zone=in_zone)
    machine, persons, noticed = car.machine_at(now), car.persons, trouble.noticed
    return PlantSignals(
        t_ns=now,
        mode=_mode(car),
        moving=driven and not (car.phase is Phase.STALLED and speed_mps == 0),
        direction=direction,
        speed_mps=speed_mps,
        floor=floor,
        door_zone=in_zone,
        door_open=opens_limit(front),
        door_closed=closes_limit(front),
        person=persons > 0,
        car_calls=car.calls.car,
        hall_calls=car.calls.hall,
        mains=trouble.mains,
        safety_chain=taps.end,
        drive_state=_RUNNING[direction if machine.contactor_command else Direction.NONE],
        faults=() if noticed is None else (noticed.event_code,),
        landing_lock=taps.landing_lock,
        car_lock=taps.car_lock,
        overload=car.riders.overloaded or (bool(held) and Stimulus.OVERLOAD in held),
        cabinet_door=bool(held) and Stimulus.CABINET_DOOR in held,
        alarm_button=bool(held) and Stimulus.ALARM_BUTTON in held,
        door_open_button=bool(held) and Stimulus.OPEN_BUTTON in held,
        controller_up=car.has_power,
        floor_known=trouble.floor_known,
        run_count=car.trips - trouble.runs_forgotten,
        position_m=position_m,
        encoder_m=encoder.reading_m(position_m),
        zone_switch=encoder.zone_switch(position_m) if encoder.has_hysteresis else in_zone,
        landing_switch=off_m <= LANDING_M,
        persons=persons,
        load_kg=car.riders.load_kg,
        door_fraction=front,
        trips=car.trips,
        door_cycles=car.door_cycles,
        relevels=car.relevels,
        contactor_command=machine.contactor_command,
        contactor_closed=machine.contactor_closed,
        brake_command=machine.brake_command,
        brake_open=machine.brake_open,
        landing_made=taps.landing_made,
        car_made=taps.car_made,
        zone_bridged=in_zone and car.is_bridged(now),
        rear_open=None if rear is None else opens_limit(rear),
        rear_closed=None if rear is None else closes_limit(rear),
        bypass=car.chain.bypassed,
        nudging=car.nudging and car.phase is Phase.CLOSING,
        door_torque_nm=0.0 if front == 0 else car.door_torque_nm(now),
    )


def _mode(car: Car) -> ServiceMode:
    """Inspection while a technician works, out of service with a standing fault, else what the switches make."""
    if car.trouble.by_hand:
        return ServiceMode.INSPECTION
    return car.service.rules.reads_as if car.trouble.noticed is None else ServiceMode.OUT_OF_SERVICE
