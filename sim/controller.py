"""Directional collective control: which call is served next. Pure functions of the calls and the car.

A car keeps its heading while anything lies ahead: first the nearest car call or hall call of its own direction, then
the farthest hall call of the other one; then it turns. A car that is nearly full passes hall calls by.
"""

from typing import Final

import msgspec

from protocols.lift.vocabulary import Direction

OPPOSITE: Final = {
    Direction.UP: Direction.DOWN,
    Direction.DOWN: Direction.UP,
    Direction.NONE: Direction.NONE,
}


class Calls(msgspec.Struct, frozen=True):
    """Registered calls; bit 0 is the lowest floor. `up` and `down` are the hall calls."""

    car: int = 0
    up: int = 0
    down: int = 0

    @property
    def hall(self) -> int:
        """Hall calls of either direction."""
        return self.up | self.down

    @property
    def every(self) -> int:
        """Floors with any call."""
        return self.car | self.up | self.down

    def with_car(self, floor: int) -> "Calls":
        """A car call for `floor` is registered."""
        return Calls(self.car | 1 << floor, self.up, self.down)

    def with_hall(self, floor: int, way: Direction) -> "Calls":
        """A hall call at `floor` to go `way` is registered."""
        if way is Direction.UP:
            return Calls(self.car, self.up | 1 << floor, self.down)
        return Calls(self.car, self.up, self.down | 1 << floor)

    def has_hall(self, floor: int, way: Direction) -> bool:
        """Whether somebody at `floor` asked to go `way`."""
        if way is Direction.NONE:
            return bool(self.hall >> floor & 1)
        return bool((self.up if way is Direction.UP else self.down) >> floor & 1)

    def without_car(self, floor: int) -> "Calls":
        """The car call for `floor` is answered."""
        return Calls(self.car & ~(1 << floor), self.up, self.down)

    def without_hall(self, floor: int, way: Direction) -> "Calls":
        """The hall call at `floor` to go `way` is answered."""
        keep = ~(1 << floor)
        if way is Direction.UP:
            return Calls(self.car, self.up & keep, self.down)
        return Calls(self.car, self.up, self.down & keep)


def next_stop(calls: Calls, floor: int, heading: Direction, full: bool) -> int | None:
    """The floor where a car standing at `floor` should stop next: perhaps `floor` itself; None without calls."""
    seen = Calls(car=calls.car) if full else calls
    if not seen.every:
        return None
    if heading is Direction.NONE:
        return _nearest(seen.every, floor)
    ahead = _ahead(seen, floor, heading)
    if ahead is not None:
        return ahead
    if seen.every >> floor & 1:
        return floor
    return _ahead(seen, floor, OPPOSITE[heading])


def answer(calls: Calls, floor: int, heading: Direction) -> tuple[Calls, Direction]:
    """What opening the doors at `floor` answers, and where the car is going from there (NONE: nowhere yet)."""
    if calls.car >> floor & 1:
        calls = calls.without_car(floor)
    ways = (heading, OPPOSITE[heading]) if heading is not Direction.NONE else (Direction.UP, Direction.DOWN)
    for way in ways:
        if calls.has_hall(floor, way):
            return calls.without_hall(floor, way), way
        if way is heading and _beyond(calls.every, floor, way):
            return calls, heading
    return calls, Direction.NONE


def heading_to(floor: int, target: int) -> Direction:
    """The direction from `floor` to `target`."""
    if target == floor:
        return Direction.NONE
    return Direction.UP if target > floor else Direction.DOWN


def _beyond(mask: int, floor: int, way: Direction) -> int:
    """The bits of `mask` that lie beyond `floor`."""
    return mask >> (floor + 1) << (floor + 1) if way is Direction.UP else mask & ((1 << floor) - 1)


def _ahead(calls: Calls, floor: int, way: Direction) -> int | None:
    with_it, against = (calls.up, calls.down) if way is Direction.UP else (calls.down, calls.up)
    same = _beyond(calls.car | with_it, floor, way)
    if same:
        return _lowest(same) if way is Direction.UP else _highest(same)
    other = _beyond(against, floor, way)
    if other:
        return _highest(other) if way is Direction.UP else _lowest(other)
    return None


def _nearest(mask: int, floor: int) -> int:
    below = mask & ((2 << floor) - 1)
    above = mask >> floor << floor
    if not above:
        return _highest(below)
    if not below:
        return _lowest(above)
    return min(_highest(below), _lowest(above), key=lambda other: abs(other - floor))


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def _highest(mask: int) -> int:
    return mask.bit_length() - 1
