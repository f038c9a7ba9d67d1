"""The car's doors by side: at a landing those open that have a landing door there, and all of them close together."""

import msgspec

from protocols.lift.vocabulary import DoorSide
from sim.agenda import to_ns
from sim.building import Building
from sim.car import Car
from sim.doors import CLOSED_LIMIT, OPEN_LIMIT


def open_doors(car: Car) -> int:
    """The doors of this landing open, once the contactor has dropped; when the last is at its open limit."""
    building, now_ns = car.building, car.door_may_open_ns
    if building.rear_door is None:
        car.door = car.door.turned(now_ns, 1.0, to_ns(building.door.opening_s))
        return car.door.reaches_ns(OPEN_LIMIT)
    sides, open_ns = building.floors[car.floor].sides, now_ns
    if DoorSide.FRONT in sides:
        car.door = car.door.turned(now_ns, 1.0, to_ns(building.door.opening_s))
        open_ns = max(open_ns, car.door.reaches_ns(OPEN_LIMIT))
    if DoorSide.REAR in sides:
        car.rear = car.rear.turned(now_ns, 1.0, to_ns(building.rear_door.opening_s))
        open_ns = max(open_ns, car.rear.reaches_ns(OPEN_LIMIT))
    return open_ns


def opening_ns(building: Building, floor: int) -> int:
    """How long shut doors take at that landing until the last of them is at its open limit."""
    door, rear, sides = building.door, building.rear_door, building.floors[floor].sides
    times_s = [door.opening_s] if DoorSide.FRONT in sides else []
    if rear is not None and DoorSide.REAR in sides:
        times_s.append(rear.opening_s)
    return to_ns(max(times_s) * OPEN_LIMIT)


def close_doors(car: Car, slower: float = 1.0) -> None:
    """Whatever is open begins to close, in `slower` times its own time."""
    building, now_ns = car.building, car.now_ns
    car.door = car.door.turned(now_ns, 0.0, to_ns(slower * building.door.closing_s))
    if building.rear_door is not None:
        car.rear = car.rear.turned(now_ns, 0.0, to_ns(slower * building.rear_door.closing_s))


def shut_to_ns(car: Car, fraction: float = CLOSED_LIMIT) -> int:
    """When the last of the closing doors is down to `fraction`."""
    if car.building.rear_door is None:
        return car.door.reaches_ns(fraction)
    now_ns = car.now_ns
    return max(
        (door.reaches_ns(fraction) for door in (car.door, car.rear) if door.fraction(now_ns) > fraction),
        default=now_ns,
    )


def jam_doors(car: Car, opening_m: float) -> None:
    """The doors of this landing begin to open, and stick at `opening_m`."""
    building, now_ns = car.building, car.now_ns
    open_doors(car)
    car.door = car.door.blocked_at(opening_m / building.door.width_m, now_ns)
    if building.rear_door is not None:
        car.rear = car.rear.blocked_at(opening_m / building.rear_door.width_m, now_ns)


def block_doors(car: Car, fraction: float) -> int:
    """The closing doors will be stopped by something at `fraction`; when the last of them is there."""
    now_ns = car.now_ns
    car.door, car.rear = car.door.blocked_at(fraction, now_ns), car.rear.blocked_at(fraction, now_ns)
    return shut_to_ns(car, fraction)


def force_doors(car: Car, fraction: float) -> int:
    """Somebody moves doors by hand, to close all or to open the front one; when they will be there."""
    building = car.building
    if fraction > 0:
        forced = car.door.turned(car.now_ns, fraction, to_ns(building.door.opening_s))
        car.door = msgspec.structs.replace(forced, by_hand=True)
        return car.door.arrives_ns
    close_doors(car)
    return max(car.door.reaches_ns(0.0), car.rear.reaches_ns(0.0))


def are_opening(car: Car) -> bool:
    """Whether a door opens, or stands open."""
    return car.door.target > 0 or car.rear.target > 0


def freeze_doors(car: Car) -> None:
    """The doors stop where they are."""
    car.door, car.rear = car.door.frozen(car.now_ns), car.rear.frozen(car.now_ns)
