"""From what is said of an item's sensor to the stages that its signal passes."""

from collections.abc import Mapping
from typing import Final, assert_never, final

from sim.agenda import NS_PER_S, to_ns
from sim.building import Building
from sim.load import Limits
from sim.sensors import SensorError, chance, config, steady
from sim.sensors.recorder import Recorder
from sim.sensors.trace import Source, Trace
from sim.signals import PlantSignals

_NS_PER_DAY: Final = 86_400 * NS_PER_S
LEAST_ZONE_M: Final = 0.01
"""What a vane must leave of half a zone: less is a missing vane, which is a sensor stuck at false."""


@final
class Wiring:
    """Builds the stages of one item's sensor on a recorder. `switches` are those of its imperfections, by name."""

    def __init__(self, item: str, recorder: Recorder, building: Building, stream: str) -> None:
        self._item: Final = item
        self._recorder: Final = recorder
        self._building: Final = building
        self._stream: Final = stream
        self.switches: Final[dict[str, Trace]] = {}

    def wire(self, truth: Source, imperfections: config.Imperfections) -> Source:
        """`truth` as the register hears of it. Raises SensorError."""
        line = truth
        for name, one in imperfections.named():
            on = self.switches[name] = _schedule(one)
            line = steady.Switched(line, self._stage(name, one, line, on), on)
        return line

    def _stage(self, name: str, one: config.Kind, up: Source, on: Trace) -> Source:  # noqa: PLR0911, PLR0912  # one each
        stream = f"{self._stream}/{name}"
        match one:
            case config.Swapped():
                return self._recorder.item(one.item)
            case config.Vane():
                return self._vane(one)
            case config.Drift():
                return self._drift(one)
            case config.Still():
                return steady.Still(up, self._recorder.moving, self._stirs(), to_ns(one.after_s))
            case config.Hot():
                return steady.Hot(up, self._recorder.item("mains"), to_ns(one.lasts_s))
            case config.LostAtRest():
                return chance.LostAtRest(up, stream, one.share, to_ns(one.within_s))
            case config.FalseOn():
                return chance.Spells(up, stream, True, one.per_hour / 3600, to_ns(one.longest_s))
            case config.Dropout():
                longest_ns = to_ns(one.longest_ms / 1000)
                return chance.Spells(up, stream, False, one.per_s, longest_ns, self._recorder.moving)
            case config.Late():
                return steady.Late(up, to_ns(one.by_s))
            case config.Bounce():
                return chance.Bounce(up, stream, to_ns(one.longest_ms / 1000), one.chatters)
            case config.Inverted():
                return steady.Inverted(up)
            case config.Stuck():
                return self._stuck(one, up, on)
            case _:
                assert_never(one)

    def _stuck(self, one: config.Stuck, up: Source, on: Trace) -> Source:
        if one.after_changes is None:
            return steady.Stuck(up, on, one.value)
        return steady.Stuck(up, on, one.value, self._recorder.item(self._item), one.after_changes)

    def _stirs(self) -> tuple[Source, ...]:
        """What a PIR sees besides motion of the car: people who step in or out, doors that reach or leave a limit."""
        doors = [item for item in self._recorder.items if item.startswith("doors.")]
        persons = self._recorder.trace("persons", lambda signals, _: signals.persons)
        return persons, *(self._recorder.item(item) for item in doors)

    def _drift(self, one: config.Drift) -> Source:
        limit_kg = Limits.of(self._building).overload_kg

        def overloaded(signals: PlantSignals, _: Mapping[str, object]) -> bool:
            by_hand = signals.overload and signals.load_kg < limit_kg
            drifted_kg = one.offset_kg + one.per_day_kg * signals.t_ns / _NS_PER_DAY
            return by_hand or signals.load_kg + drifted_kg >= limit_kg

        return self._recorder.trace(f"{self._item}/drift", overloaded)

    def _vane(self, one: config.Vane) -> Source:
        half_m = self._building.door.zone_m - one.narrower_mm / 1000
        if half_m < LEAST_ZONE_M:
            raise SensorError(
                f"sensors: {self._item}: vane: narrower_mm {one.narrower_mm:g} leaves nothing of a zone of "
                f"{self._building.door.zone_m * 1000:g} mm either way; for no zone at all say stuck"
            )
        shift_m, heights_m = one.shift_mm / 1000, self._building.heights_m

        def in_zone(signals: PlantSignals, _: Mapping[str, object]) -> bool:
            return any(abs(signals.position_m - height_m - shift_m) <= half_m for height_m in heights_m)

        self._recorder.look_closer(half_m / self._building.drive.rated_speed_mps)
        return self._recorder.trace(f"{self._item}/vane", in_zone)


def _schedule(one: config.Imperfection) -> Trace:
    """When it is there, as far as that is known from the start."""
    on = Trace(one.on and one.from_s == 0)
    if one.on and one.from_s > 0:
        on.set(to_ns(one.from_s), True)
    if one.on and one.for_s is not None:
        on.set(to_ns(one.from_s + one.for_s), False)
    return on
