"""Everybody's way through the building, kept from the truth log alone and held against the plant at every event."""

from collections import Counter
from typing import Final, final

from sim.plant import Plant
from sim.truth import TruthKind, TruthRecord
from verify.findings import PlantWrong


@final
class Ledger:
    """Who waits where, who rides, who has gone. Raises PlantWrong on a step that nobody can take.

    `stays_ns` has each stay that ended: by landing, and in the car under None.
    """

    def __init__(self, floors: int, obedient: bool) -> None:
        """`obedient`: everybody gets out where they wanted to (nobody is rescued or sent out)."""
        self._obedient: Final = obedient
        self.waiting: Final[list[dict[int, int]]] = [{} for _ in range(floors)]
        self.riding: Final[dict[int, int]] = {}
        self._in_car: Final = Counter[object]()
        self._wants: Final[dict[int, int | None]] = {}
        self.stays_ns: Final[dict[int | None, list[int]]] = {None: [], **{floor: [] for floor in range(floors)}}
        self.came = self.served = self.abandoned = 0

    def hear(self, record: TruthRecord) -> None:
        """One more record."""
        kind, data = record.kind, record.data
        if kind not in _STEPS:
            return
        person, floor = _whole(data["person"]), _whole(data["floor"])
        if kind is TruthKind.WAITING:
            self._come(person, floor, data.get("to"), record.t_ns)
        elif kind is TruthKind.ABANDONED:
            self._leave(self.waiting[floor], person, floor, record)
            self.abandoned += 1
        elif kind is TruthKind.BOARDED:
            self._leave(self.waiting[floor], person, floor, record)
            self.riding[person] = record.t_ns
        elif kind is TruthKind.STEPPED_OUT:
            self._leave(self.riding, person, None, record)
            self.waiting[floor][person] = record.t_ns
        else:
            self._leave(self.riding, person, None, record)
            self.served += 1
            if self._obedient and floor != self._wants[person]:
                raise PlantWrong(f"person {person} wanted to {self._wants[person]} and got out at {floor}")
        car = data.get("car", 0)
        self._in_car[car] += _BOARDING.get(kind, 0)
        if "persons" in data and data["persons"] != self._in_car[car]:
            raise PlantWrong(f"{record.kind.value} says {data['persons']} persons, {self._in_car[car]} ride")

    def compare(self, plant: Plant) -> None:
        """Raises PlantWrong unless the plant counts the same people."""
        crowd, waiting = plant.crowd, sum(map(len, self.waiting))
        says = (crowd.came, crowd.waiting, crowd.riding, crowd.served, crowd.abandoned)
        heard = (self.came, waiting, len(self.riding), self.served, self.abandoned)
        if says != heard:
            raise PlantWrong(f"at {plant.now_ns} ns came, wait, ride, served, gone are {says}, the log says {heard}")
        if crowd.came != crowd.served + crowd.waiting + crowd.riding + crowd.abandoned:
            raise PlantWrong(f"at {plant.now_ns} ns somebody is lost: {says}")

    def _come(self, person: int, floor: int, to: object, t_ns: int) -> None:
        if person in self._wants:
            raise PlantWrong(f"person {person} came twice")
        self.came += 1
        self._wants[person] = to if isinstance(to, int) else None
        self.waiting[floor][person] = t_ns

    def _leave(self, where: dict[int, int], person: int, place: int | None, record: TruthRecord) -> None:
        since_ns = where.pop(person, None)
        if since_ns is None:
            raise PlantWrong(f"person {person} {record.kind.value} at {record.t_ns} ns without being there")
        self.stays_ns[place].append(record.t_ns - since_ns)


_STEPS: Final = frozenset(
    {TruthKind.WAITING, TruthKind.ABANDONED, TruthKind.BOARDED, TruthKind.STEPPED_OUT, TruthKind.ALIGHTED}
)

_BOARDING: Final = {TruthKind.BOARDED: 1, TruthKind.STEPPED_OUT: -1, TruthKind.ALIGHTED: -1}


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise PlantWrong(f"{value!r} is no number of a person or floor")
    return value
