"""What a device concludes by itself, beside its registers: the sensor terminal's two entrapment bits.

By its firmware (S-STM, controller_maps.md 1.2): at a landing, the door closed for 90 s and more than three rising edges
of the person sensor; between landings for 15 s and more than one edge; judged anew at the end of each window. Here the
person sensor is a level, so a person in the car is taken to give an edge every 5 s (ours: the source states no rate).
The firmware is looked at when it is asked, so it has to be asked more often than its windows.
"""

from collections.abc import Callable, Mapping
from typing import Final

from hil import UsageError

Values = Callable[[int], Mapping[str, object]]

NS_PER_S: Final = 1_000_000_000
LANDING_WINDOW_NS: Final = 90 * NS_PER_S
BETWEEN_WINDOW_NS: Final = 15 * NS_PER_S
MORE_THAN_AT_LANDING: Final = 3
MORE_THAN_BETWEEN: Final = 1
EDGE_EVERY_NS: Final = 5 * NS_PER_S
AT_LANDING: Final = "sensor.entrapment.landing"
BETWEEN: Final = "sensor.entrapment.between"


class SensorTerminal:
    """The firmware of `stm32-lift-sensor`; call it as the values it adds its faults to."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._where: tuple[object, ...] = ()
        self._since_ns = 0
        self._person_ns = 0
        self._seen_ns = 0
        self._fault = ""

    def __call__(self, t_ns: int) -> Mapping[str, object]:
        """The values at `t_ns`, with what the firmware says of them."""
        values = self._values(t_ns)
        self._look(values, t_ns)
        return values if not self._fault else {**values, "faults": (self._fault,)}

    def _look(self, values: Mapping[str, object], t_ns: int) -> None:
        in_zone, closed = values["door_zone"], values["doors.front.closed"]
        where = (values["moving"], in_zone, closed)
        if where != self._where:
            self._where, self._since_ns, self._person_ns, self._fault = where, t_ns, 0, ""
        if values["person"]:
            self._person_ns += t_ns - max(self._seen_ns, self._since_ns)
        self._seen_ns = t_ns
        if values["moving"] or (in_zone and not closed):
            return
        window_ns, more_than = (
            (LANDING_WINDOW_NS, MORE_THAN_AT_LANDING) if in_zone else (BETWEEN_WINDOW_NS, MORE_THAN_BETWEEN)
        )
        if t_ns - self._since_ns >= window_ns:
            edges = self._person_ns // EDGE_EVERY_NS
            self._fault = (AT_LANDING if in_zone else BETWEEN) if edges > more_than else ""
            self._since_ns, self._person_ns = t_ns, 0


_MODELS: Final = {"stm32-lift-sensor": SensorTerminal}


def with_own_alarms(profile: str, values: Values) -> Values:
    """The values with what a device of this profile concludes. Raises UsageError if its firmware is not modelled."""
    model = _MODELS.get(profile)
    if model is None:
        raise UsageError(f"{profile}: own_alarms: its firmware is not modelled; there is {', '.join(_MODELS)}")
    return model(values)
