"""The sensor terminal's own entrapment bits: its firmware's windows and edges (S-STM)."""

import pytest

from hil import UsageError
from hil.devices.own_alarms import AT_LANDING, BETWEEN, NS_PER_S, SensorTerminal, with_own_alarms


class Car:
    """What the sensors say, as the test sets it."""

    def __init__(self, **values: object) -> None:
        self.values = {"moving": False, "door_zone": False, "doors.front.closed": True, "person": True, **values}

    def __call__(self, _t_ns: int) -> dict[str, object]:
        return dict(self.values)


def says(car: Car, until_s: int, since_s: int = 0, terminal: SensorTerminal | None = None) -> dict[int, object]:
    """The firmware's faults, asked once a second, by the second in which they changed."""
    asked = SensorTerminal(car) if terminal is None else terminal
    told: dict[int, object] = {}
    last: object = None
    for second in range(since_s, until_s):
        now = asked(second * NS_PER_S).get("faults")
        if now != last:
            told[second] = now
        last = now
    return told


def test_between_landings_after_15_s() -> None:
    assert says(Car(), 40) == {15: (BETWEEN,)}


def test_at_a_landing_after_90_s() -> None:
    assert says(Car(door_zone=True), 120) == {90: (AT_LANDING,)}


@pytest.mark.parametrize(
    "change", [{"moving": True}, {"door_zone": True, "doors.front.closed": False}, {"person": False}]
)
def test_not_of_a_car_that_moves_stands_open_or_is_empty(change: dict[str, object]) -> None:
    assert says(Car(**change), 200) == {}


def test_it_goes_with_the_next_move() -> None:
    car = Car()
    terminal = SensorTerminal(car)
    assert says(car, 20, terminal=terminal) == {15: (BETWEEN,)}
    car.values["moving"] = True
    assert says(car, 22, 20, terminal) == {}


def test_it_is_judged_anew_at_the_end_of_each_window() -> None:
    car = Car()
    terminal = SensorTerminal(car)
    says(car, 20, terminal=terminal)
    car.values["person"] = False
    assert says(car, 50, 20, terminal) == {20: (BETWEEN,), 30: None}


def test_a_device_whose_firmware_is_not_modelled_says_so() -> None:
    with pytest.raises(UsageError, match="its firmware is not modelled"):
        with_own_alarms("invt-chv180", Car())
