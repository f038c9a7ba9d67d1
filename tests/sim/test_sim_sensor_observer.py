"""What a sensor tells is a function of the instant, the truth and the seed: whoever looks, and however often."""

from hash_seeds import printed
from hypothesis import given, settings
from hypothesis import strategies as st
from sim_witness import HOUSE, QUIET_HOUSE, S

from sim.plant import Plant
from sim.sensors import config as wrong
from sim.sensors.config import Imperfections
from sim.sensors.layer import Sensors
from sim.sensors.recorder import Recorder
from sim.stimuli import Stimulus
from sim.truth import TruthKind, TruthRecord

EVERYTHING = {
    "doors.front.closed": Imperfections(
        lost_at_rest=wrong.LostAtRest(share=0.5), dropout=wrong.Dropout(per_s=0.5), bounce=wrong.Bounce()
    ),
    "doors.front.open": Imperfections(late=wrong.Late(by_s=0.7), bounce=wrong.Bounce(), inverted=wrong.Inverted()),
    "door_zone": Imperfections(vane=wrong.Vane(shift_mm=80, narrower_mm=150), bounce=wrong.Bounce()),
    "person": Imperfections(
        still=wrong.Still(after_s=5), hot=wrong.Hot(), false_on=wrong.FalseOn(per_hour=120), late=wrong.Late()
    ),
    "overload": Imperfections(drift=wrong.Drift(offset_kg=950), bounce=wrong.Bounce()),
    "safety_chain": Imperfections(stuck=wrong.Stuck(after_changes=3)),
    "landing_lock": Imperfections(swapped=wrong.Swapped(item="car_lock", from_s=40, for_s=60)),
    "floor": Imperfections(late=wrong.Late(by_s=2.5), stuck=wrong.Stuck(from_s=150, for_s=30)),
    "moving": Imperfections(bounce=wrong.Bounce(on=False)),
}
"""Every kind, on a lift of which much happens."""
PLAN = (
    (20.25, Stimulus.PERSON_ENTERS),
    (60.0, Stimulus.POWER_LOSS),
    (90.0, Stimulus.POWER_RESTORE),
    (130.5, Stimulus.ENTRAP_BETWEEN_FLOORS),
    (200.0, Stimulus.RELEASE),
)
END_S = 240


def seen(seed: int, looks_ns: list[int], common_ns: list[int]) -> list[dict[str, object]]:
    """What an observer sees at the common instants who looks at others too."""
    plant = Plant(HOUSE, seed)
    sensors = Sensors(EVERYTHING, plant)
    acts = [(round(at_s * S), stimulus) for at_s, stimulus in PLAN]
    kept = []
    for t_ns in sorted({*looks_ns, *common_ns, *(at_ns for at_ns, _ in acts)}):
        values = sensors.values(t_ns)
        if t_ns == 100 * S:
            sensors.switch("moving", "bounce", on=True)
        for stimulus in (what for at_ns, what in acts if at_ns == t_ns):
            plant.apply(stimulus)
        if t_ns in common_ns:
            kept.append(values)
    return kept


@given(
    st.integers(1, 5),
    st.integers(97, 9_000),
    st.lists(st.integers(0, END_S * S), max_size=60),
)
@settings(max_examples=8)
def test_observers_with_other_periods_agree_wherever_both_look(seed: int, period_ms: int, extra_ns: list[int]) -> None:
    common_ns = [*range(0, END_S * S, 1_700_000_003), 100 * S]
    often = [*range(0, END_S * S, period_ms * 1_000_000), *extra_ns]
    assert seen(seed, [], common_ns) == seen(seed, often, common_ns)


@given(st.integers(1, 50), st.lists(st.integers(0, 400 * S), min_size=30, max_size=60, unique=True))
@settings(max_examples=8)
def test_the_recorder_misses_no_change_of_any_signal(seed: int, looks_ns: list[int]) -> None:
    plant, twin = Plant(HOUSE, seed), Plant(HOUSE, seed)
    recorder = Recorder(plant)
    traces = {item: recorder.item(item) for item in recorder.items if item != "speed_mps"}
    plant.advance_to(400 * S)
    recorder.settle(400 * S)
    for t_ns in sorted(looks_ns):
        values = twin.signals(t_ns).values()
        assert {item: trace.at(t_ns) for item, trace in traces.items()} == {item: values[item] for item in traces}


def test_an_edge_between_two_decisions_is_known_to_the_nanosecond() -> None:
    plant = Plant(HOUSE, 2)
    recorder = Recorder(plant)
    zone = recorder.item("door_zone")
    plant.advance_to(600 * S)
    recorder.settle(600 * S)
    twin = Plant(HOUSE, 2)
    crossed = 0
    t_ns = 0
    while (edge_ns := zone.nth_after(t_ns, 1)) is not None:
        before, after = twin.signals(edge_ns - 1).door_zone, twin.signals(edge_ns).door_zone
        assert (before, after) == (not zone.at(edge_ns), zone.at(edge_ns))
        t_ns, crossed = edge_ns, crossed + 1
    assert crossed > 20


def test_what_was_foreseen_is_void_when_something_else_is_decided() -> None:
    """The door is about to reach its close limit, somebody has looked, and it opens again."""
    closes_ns = next(record.t_ns for record in closing_log() if record.kind is TruthKind.DOOR_CLOSED)
    plant = Plant(QUIET_HOUSE, 1)
    recorder = Recorder(plant)
    closed = recorder.item("doors.front.closed")
    plant.apply(Stimulus.OPEN_BUTTON, 1.0)
    plant.advance_to(closes_ns - 1000)
    recorder.settle(closes_ns - 1000)
    plant.apply(Stimulus.OPEN_BUTTON, 1.0)
    plant.advance_to(closes_ns + 2 * S)
    recorder.settle(closes_ns + 2 * S)
    assert closed.at(closes_ns - 1000) is False
    assert closed.nth_after(closes_ns - 1000, 1) is None


def closing_log() -> list[TruthRecord]:
    log: list[TruthRecord] = []
    plant = Plant(QUIET_HOUSE, 1, log.append)
    plant.apply(Stimulus.OPEN_BUTTON, 1.0)
    plant.advance_to(60 * S)
    return log


def test_sensors_change_nothing_that_happens() -> None:
    logs: list[list[TruthRecord]] = [[], []]
    events = set()
    for log, config in zip(logs, ({}, EVERYTHING), strict=True):
        plant = Plant(HOUSE, 4, log.append)
        sensors = Sensors(config, plant)
        for t_ns in range(0, 1800 * S, 2 * S):
            sensors.values(t_ns)
        events.add(plant.events)
    assert logs[0]
    assert logs[0] == logs[1]
    assert len(events) == 1


def test_without_imperfections_nobody_watches_the_plant() -> None:
    plant = Plant(HOUSE, 1)
    sensors = Sensors({"person": Imperfections()}, plant)
    assert not plant.is_watched
    assert sensors.values(30 * S) == plant.signals().values()


def test_the_same_in_any_process() -> None:
    script = """
import test_sim_sensor_observer as it
print(repr([list(one.items()) for one in it.seen(3, [], list(range(0, 240 * it.S, it.S)))]))
"""
    (only,) = printed(script, ("0", "1", "4711"))
    assert "False" in only


def test_another_seed_is_another_sensor() -> None:
    plants = [Plant(HOUSE, 1), Plant(HOUSE, 1)]
    sensors = [Sensors(EVERYTHING, plant, seed) for plant, seed in zip(plants, (1, 2), strict=True)]
    looks = range(0, 600 * S, S // 2)
    assert [sensors[0].values(t_ns) for t_ns in looks] != [sensors[1].values(t_ns) for t_ns in looks]
