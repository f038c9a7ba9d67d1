"""What cannot be detected on a lift because no device gives what the rules need (their tables: `docs/detection.md`)."""

from collections.abc import Collection, Iterator, Sequence

from protocols.lift.vocabulary import DoorSide


def blind_spots(lift_id: str, given: Collection[str], doors: Sequence[DoorSide]) -> list[str]:
    """One sentence each, for a lift whose devices together give the items `given`; empty when all is seen."""
    return [f"{lift_id}: {what}" for what in _missing(given, doors)]


def _missing(given: Collection[str], doors: Sequence[DoorSide]) -> Iterator[str]:
    if "door_zone" not in given:
        yield "no device gives door_zone: no entrapment can be detected; add a device that gives it"
    if not {"moving", "speed_mps"}.intersection(given):
        yield "no device gives moving or speed_mps: no entrapment can be detected; add a device that gives one"
    if not {"person", "car_calls"}.intersection(given):
        yield "no device gives person or car_calls: who is in the car is never known, and A01 takes the longer time"
    for door in doors:
        if not {f"doors.{door.value}.open", f"doors.{door.value}.closed"}.intersection(given):
            yield f"no device gives the {door.value} door: A02 and the end of an alarm need it"
