"""Every signal is its own: `signals_of` fills some fifty fields by place, and two of one type could be exchanged."""

from collections.abc import Callable
from itertools import pairwise

from msgspec.structs import replace

from sim.agenda import NS_PER_S
from sim.building import Positioning, load_building
from sim.car import Car, Phase
from sim.plant import Plant
from sim.signals import PlantSignals
from sim.stimuli import Stimulus

_HOUSE = load_building("hospital-bed")
HOUSE = replace(
    _HOUSE,
    positioning=Positioning(encoder_drift_mm_per_m=1.0, zone_hysteresis_mm=40.0),
    door=replace(_HOUSE.door, advance_opening=True),
    levelling=replace(_HOUSE.levelling, load_error_mm=25.0, stretch_mm=12.0, relevels=True),
)
"""Two doors that open ahead, an encoder that drifts, a switch with hysteresis, a car that is levelled."""
SOON_NS = tuple(range(0, NS_PER_S, NS_PER_S // 20))
"""While contactor and brake still follow."""
HAPPENS = (
    (300, Stimulus.ALARM_BUTTON, 20),
    (330, Stimulus.CABINET_DOOR, 20),
    (360, Stimulus.OPEN_BUTTON, 20),
    (400, Stimulus.OVERLOAD, 20),
    (500, Stimulus.HOLD_DOOR, 400),
    (1200, Stimulus.LANDING_LOCK, 20),
    (1300, Stimulus.RELEASE, None),
    (1350, Stimulus.CONTROLLER_REBOOT, None),
    (1500, Stimulus.POWER_LOSS, None),
    (1700, Stimulus.POWER_RESTORE, None),
    (2000, Stimulus.INSPECTION_ON, None),
    (2020, Stimulus.CAR_CONTACT, 5),
    (2025, Stimulus.LANDING_LOCK, 5),
    (2030, Stimulus.BYPASS_ON, None),
    (2060, Stimulus.BYPASS_OFF, None),
    (2090, Stimulus.INSPECTION_OFF, None),
    (2300, Stimulus.BRAKE_STUCK, None),
    (2500, Stimulus.RELEASE, None),
    (2600, Stimulus.CONTACTOR_STUCK, None),
    (2900, Stimulus.RELEASE, None),
)


def test_each_field_says_what_its_own_source_says() -> None:
    plant = Plant(HOUSE, seed=3)
    seen: list[PlantSignals] = []

    def look() -> None:
        seen.append(plant.signals())
        said = expected(plant._lift_of(0).car, plant.now_ns)
        assert {name: getattr(seen[-1], name) for name in said} == said

    for at_s, stimulus, seconds in HAPPENS:
        step(plant, at_s, look)
        plant.apply(stimulus, seconds)
        look()
    step(plant, 3600, look)
    names = list(expected(plant._lift_of(0).car, plant.now_ns))
    assert set(names) == set(PlantSignals.__struct_fields__) - {
        "t_ns",
        "mode",
        "moving",
        "direction",
        "drive_state",
        "faults",
    }
    alike = [pair for pair in pairwise(names) if all(getattr(one, pair[0]) is getattr(one, pair[1]) for one in seen)]
    assert not alike, "neighbours that never differ could be exchanged unseen"


def step(plant: Plant, to_s: int, look: Callable[[], None]) -> None:
    while (due_ns := plant.next_event_ns()) is not None and due_ns <= to_s * NS_PER_S:
        began_ns = plant.now_ns
        for t_ns in (*(began_ns + after_ns for after_ns in SOON_NS), (began_ns + due_ns) // 2, due_ns):
            if plant.now_ns <= t_ns <= due_ns:
                plant.advance_to(t_ns)
                look()
    plant.advance_to(to_s * NS_PER_S)


def expected(car: Car, now: int) -> dict[str, object]:
    """In the order of the fields, from what each part says of itself."""
    position_m, taps, held = car.motion.position_m(now), car.taps(now), car.hands.held(now)
    machine = car.machine_at(now, is_alive=car.has_power)
    return {
        "speed_mps": car.motion.speed_mps(now),
        "position_m": position_m,
        "encoder_m": car.encoder.reading_m(position_m),
        "floor": car.floor_at(now),
        "floor_known": car.trouble.floor_known,
        "door_zone": car.in_zone(now),
        "zone_switch": car.encoder.zone_switch(position_m),
        "landing_switch": car.off_landing_m(now) <= 0.010,
        "door_fraction": car.door.fraction(now),
        "door_open": car.door.is_open(now),
        "door_closed": car.door.is_closed(now),
        "rear_open": car.rear.is_open(now),
        "rear_closed": car.rear.is_closed(now),
        "nudging": car.nudging and car.phase is Phase.CLOSING,
        "door_torque_nm": car.operator.torque_nm(car.door, car.door.fraction(now), now) if car.has_power else 0.0,
        "safety_chain": taps.end,
        "landing_lock": taps.landing_lock,
        "car_lock": taps.car_lock,
        "landing_made": taps.landing_made,
        "car_made": taps.car_made,
        "zone_bridged": car.in_zone(now) and car.is_bridged(now),
        "bypass": car.chain.bypassed,
        "contactor_command": machine.contactor_command,
        "contactor_closed": machine.contactor_closed,
        "brake_command": machine.brake_command,
        "brake_open": machine.brake_open,
        "person": car.persons > 0,
        "persons": car.persons,
        "load_kg": car.load_kg,
        "overload": car.riders.overloaded or Stimulus.OVERLOAD in held,
        "car_calls": car.calls.car,
        "hall_calls": car.calls.hall,
        "cabinet_door": Stimulus.CABINET_DOOR in held,
        "alarm_button": Stimulus.ALARM_BUTTON in held,
        "door_open_button": Stimulus.OPEN_BUTTON in held,
        "mains": car.trouble.mains,
        "controller_up": car.has_power,
        "run_count": car.trips - car.trouble.runs_forgotten,
        "trips": car.trips,
        "door_cycles": car.door_cycles,
        "relevels": car.relevels,
    }
