"""What right lifts do that a bench by itself does not, and slips of the hand: no wrong verdict, and no wrong fix."""

from collections.abc import Mapping

import msgspec
import pytest

from edge_agent.commission.fixes import fix_of
from edge_agent.commission.judge import Judgement, Verdict
from edge_agent.commission.order import out_of_order
from edge_agent.commission.reading import Change, Signal, Trace
from edge_agent.commission.record import Record, StepRecord
from edge_agent.commission.session import items_of_lift, judged
from edge_agent.commission.steps import script
from edge_agent.config_types import DeviceConfig, LiftConfig
from edge_agent.local.views import BlockView
from hil.setup import DeviceSetup
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel
from protocols.profiles.schema import Profile
from sim.stimuli import Stimulus
from tests.commission.bulk_visit import Poll, Visit, record_of, visit
from tests.commission.commission_bench import (
    LIFT,
    MODULE,
    OPTIONS,
    PROFILES,
    RIGHT,
    house,
    judged_as,
    lift_read_as,
    recorded,
    steps_of_lift,
    verdicts,
    visited,
)

NS = 1_000_000_000


def wired_as(channels: Mapping[int, Channel]) -> DeviceSetup:
    return DeviceSetup(profile=MODULE, options=OPTIONS, channels=dict(channels))


def with_polls(told: Visit, step: str, polls: tuple[Poll, ...]) -> Visit:
    return Visit(tuple((name, polls if name == step else was) for name, was in told.steps))


def overlaid(told: Visit, step: str, **values: object) -> Visit:
    """In the middle of the step one look saw this instead."""
    (polls,) = [polls for name, polls in told.steps if name == step]
    middle = len(polls) // 2
    odd = Poll(polls[middle].t_ns + 1, polls[middle].values | values)
    back = Poll(polls[middle].t_ns + 200_000_000, polls[middle].values)
    return with_polls(told, step, (*polls[: middle + 1], odd, back, *polls[middle + 1 :]))


def only(*items: str) -> dict[int, Channel]:
    return {number: one for number, one in RIGHT.items() if one.item in items}


# slips


def slipped_late(told: Visit) -> Visit:
    """The light curtain was blocked a moment too late: the door was shut for one look."""
    shut = {"doors.front.closed": True, "doors.front.open": False}
    return overlaid(told, "block_beam_front", **shut, landing_lock=True, car_lock=True, safety_chain=True)


def test_one_slip_is_no_reason_to_rewire_a_right_lift() -> None:
    channels = only("doors.front.closed", "door_zone", "brake_open")
    record = record_of(slipped_late(visited(1)), {"io": wired_as(channels)})
    judgement = judged_as(record, channels)

    assert verdicts(judgement) == {"doors.front.closed": ("odd", "")}
    assert fix_of(record, judgement, lift_read_as(channels), PROFILES, 0) is None


def test_a_difference_in_one_step_alone_names_no_wire() -> None:
    """The light curtain was blocked once only, and too late: of open and shut nothing else tells which is which."""
    skipped = frozenset({"block_beam_again_front"})
    channels = only("doors.front.closed", "door_zone", "brake_open")
    told = slipped_late(visited(1, skipped))
    record = record_of(told, {"io": wired_as(channels)})
    judgement = judged_as(record, channels)

    assert verdicts(judgement) == {"doors.front.closed": ("odd", "")}
    assert fix_of(record, judgement, lift_read_as(channels), PROFILES, 0) is None


def test_one_slip_is_no_reason_to_answer_a_profile_otherwise() -> None:
    lift, profiles, steps = box("closed_end")
    told = slipped_late(visit(house(), steps, 1, 0.2))
    setup = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "closed_end"})
    record = record_of(told, {"box": setup})

    assert fix_of(record, judged(record, lift, profiles), lift, profiles, 0) is None


def box(answer: str) -> tuple[LiftConfig, dict[str, Profile], tuple]:  # type: ignore[type-arg]
    device = DeviceConfig(name="box", profile="stm32-lift-sensor", options={"door_switch": answer})
    lift = msgspec.structs.replace(LIFT, devices=(device,))
    profiles = {"box": load_profile("stm32-lift-sensor")}
    return lift, profiles, script(lift, items_of_lift(lift, profiles))


def test_a_door_switch_at_the_other_end_is_put_right_in_the_file() -> None:
    lift, profiles, steps = box("open_end")
    really = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "closed_end"})
    record = record_of(visit(house(), steps, 1, 0.2), {"box": really})
    judgement = judged(record, lift, profiles)

    assert [one.signal.item for one in judgement.faulty] == ["doors.front.open"]
    fix = fix_of(record, judgement, lift, profiles, 0)
    assert fix is not None
    assert fix.lift.devices[0].options == {"door_switch": "closed_end"}
    assert fix.judgement.passed


def test_a_fix_never_makes_a_faulty_signal_vanish() -> None:
    device = DeviceConfig(name="controller", profile="hpmont-mont70", options={"rear_door": "present"})
    lift = msgspec.structs.replace(LIFT, devices=(device,), doors=(DoorSide.FRONT, DoorSide.REAR))
    profiles = {"controller": load_profile("hpmont-mont70")}
    steps = [step for step in script(lift, items_of_lift(lift, profiles)) if not step.name.endswith("_rear")]
    dead = {"doors.rear.open": False, "doors.rear.closed": False}
    setup = DeviceSetup(profile="hpmont-mont70", options={"rear_door": "present"}, stuck=dead)
    record = record_of(visit(house(), steps, 1, 0.2), {"controller": setup})

    assert fix_of(record, judged(record, lift, profiles), lift, profiles, 0) is None


def test_a_drive_that_calls_up_down_is_put_right_in_the_file() -> None:
    answers = {"forward": "up"}
    device = DeviceConfig(name="drive", profile="delta-eb3000", options=answers)
    lift = msgspec.structs.replace(LIFT, devices=(device,))
    profiles = {"drive": load_profile("delta-eb3000")}
    steps = script(lift, items_of_lift(lift, profiles))
    really = DeviceSetup(profile="delta-eb3000", options={"forward": "down"})
    record = record_of(visit(house(), steps, 1, 0.2), {"drive": really})
    judgement = judged(record, lift, profiles)

    assert {one.verdict for one in judgement.faulty} == {Verdict.INVERTED}
    fix = fix_of(record, judgement, lift, profiles, 0)
    assert fix is not None
    assert [(edit.where, edit.before, edit.value) for edit in fix.edits] == [
        ("lifts[0].devices[0].options.forward", "up", "down")
    ]


def test_a_step_that_was_not_done_as_asked_is_named_and_the_rest_is_judged_without_it() -> None:
    """The door-open button was let go too early, on a lift whose vane is the other way round."""
    number = next(number for number, one in RIGHT.items() if one.item == "door_zone")
    wired = RIGHT | {number: Channel("door_zone", not RIGHT[number].invert)}
    told = visited(2)
    (polls,) = [polls for step, polls in told.steps if step == "open_hold_front"]
    (before,) = [polls for step, polls in told.steps if step == "ride_down"]
    shut = before[-1].values
    record = record_of(
        with_polls(told, "open_hold_front", (*polls, Poll(polls[-1].t_ns + 1, shut))), {"io": wired_as(wired)}
    )
    judgement = judged_as(record)

    assert judgement.suspect == ("open_hold_front", "block_beam_front")
    assert verdicts(judgement) == {"door_zone": ("inverted", "")}
    assert not judgement.passed
    fix = fix_of(record, judgement, LIFT, PROFILES, 0)
    assert fix is not None
    assert not fix.judgement.faulty
    assert not fix.judgement.passed, "the step has to be done again all the same"


# right lifts


def passed(judgement: Judgement) -> bool:
    return judgement.passed and not verdicts(judgement)


def test_a_chain_that_is_tapped_before_the_door_contacts_passes() -> None:
    pressed = {"stop_press", "landing_lock", "landing_lock_back", "car_contact", "car_contact_back"}

    def tapped(step: str, poll: Poll) -> Poll:
        return Poll(poll.t_ns, poll.values | ({} if step in pressed else {"safety_chain": True}))

    told = Visit(tuple((step, tuple(tapped(step, poll) for poll in polls)) for step, polls in visited(2).steps))

    assert passed(judged_as(record_of(told, {"io": wired_as(RIGHT)})))


@pytest.mark.parametrize("step", ["alarm_press", "cabinet_open", "inspection_on"])
def test_a_car_that_answers_somebody_between_two_steps_passes(step: str) -> None:
    told = visit(house(), steps_of_lift(), 3, 0.2, meanwhile={step: Stimulus.RIDE_UP})

    assert passed(judged_as(record_of(told, {"io": wired_as(RIGHT)})))


@pytest.mark.parametrize(("debounce_ms", "verdict"), [(0, Verdict.ODD), (300, Verdict.GOOD)])
def test_what_the_agents_debounce_leaves_out_is_left_out(debounce_ms: float, verdict: Verdict) -> None:
    told = overlaid(visited(1), "alarm_press", cabinet_door=True)
    record = record_of(told, {"io": wired_as(RIGHT)})
    (device,) = LIFT.devices
    (number,) = [number for number, one in RIGHT.items() if one.item == "cabinet_door"]
    channel = msgspec.structs.replace(device.channels[number], debounce_ms=debounce_ms)
    settled = msgspec.structs.replace(device, channels={**device.channels, number: channel})
    judgement = judged(record, msgspec.structs.replace(LIFT, devices=(settled,)), PROFILES)

    (found,) = [one for one in judgement.findings if one.signal.item == "cabinet_door"]
    assert found.verdict is verdict


def test_a_device_that_falls_silent_within_a_step_is_silent_in_it() -> None:
    record = recorded(1)
    judgement = judged_as(Record(record.lift_id, "", tuple(_half_heard(step, "ride_up_3") for step in record.steps)))

    judged_there = {one.signal.item for one in judgement.faulty}
    assert {one.verdict for one in judgement.faulty} == {Verdict.SILENT}
    assert judged_there == {one.item for one in RIGHT.values()} - {"person"}


def _half_heard(step: StepRecord, name: str) -> StepRecord:
    if step.name != name:
        return step
    middle_ns = (step.from_ns + step.to_ns) // 2
    heard = tuple(one for one in step.samples if one.to_ns <= middle_ns)
    return msgspec.structs.replace(step, samples=heard, said_ns=step.to_ns - 1)


def test_mains_told_by_a_device_that_loses_its_power_with_them_is_not_proved_and_no_fault() -> None:
    record = recorded(1)
    steps = tuple(
        msgspec.structs.replace(step, samples=()) if step.name == "mains_off" else step for step in record.steps
    )
    steps = tuple(
        msgspec.structs.replace(step, samples=_last_words(step.samples)) if step.name == "mains_on" else step
        for step in steps
    )
    judgement = judged_as(msgspec.structs.replace(record, steps=steps))

    assert verdicts(judgement) == {}
    assert [one.signal.item for one in judgement.unproven] == ["mains"]


def _last_words(samples: tuple[BlockView, ...]) -> tuple[BlockView, ...]:
    return samples[-1:]


# two doors


def test_a_car_with_two_doors_is_asked_for_each_of_them_and_may_open_both() -> None:
    lift = msgspec.structs.replace(LIFT, doors=(DoorSide.FRONT, DoorSide.REAR))
    steps = {step.name: step for step in script(lift, {"doors.front.open", "doors.rear.open"})}

    assert {"open_hold_front", "open_hold_rear", "clear_beam_rear"} <= steps.keys()
    assert steps["open_hold_front"].expects["doors.rear.open"] == "[TF]*"
    assert steps["open_hold_rear"].expects["moving"] == "F(TF)*", "the rear door may be at another landing"


# order

ZONE, MOVING = Signal("io", "door_zone"), Signal("drive", "moving")


@pytest.mark.parametrize(
    ("zone_at_s", "late"), [(9.0, False), (10.4, False), (11.5, True)], ids=["before", "a stale drive", "a wrong vane"]
)
def test_order_is_told_only_beyond_what_devices_leave_open(zone_at_s: float, late: bool) -> None:
    def change(letter: str, at_s: float) -> Change:
        return Change(letter, round((at_s - 0.1) * NS), round(at_s * NS))

    zone = Trace("TFT", (change("F", 2.0), change("T", zone_at_s)))
    moving = Trace("FTF", (change("T", 1.0), change("F", 10.0)))
    reading = {ZONE: {"ride_up_1": zone}, MOVING: {"ride_up_1": moving}}

    assert (out_of_order(ZONE, reading) is not None) is late


def test_a_zone_that_flickers_after_the_stop_was_there_in_time() -> None:
    def change(letter: str, at_s: float) -> Change:
        return Change(letter, round((at_s - 0.1) * NS), round(at_s * NS))

    zone = Trace("TFTFT", (change("F", 2), change("T", 9), change("F", 12), change("T", 14)))
    moving = Trace("FTF", (change("T", 1), change("F", 10)))

    assert out_of_order(ZONE, {ZONE: {"ride_up_1": zone}, MOVING: {"ride_up_1": moving}}) is None
