"""What was not done cannot be told, and is said to be so; what nothing explains is no guess."""

import msgspec
import pytest

from edge_agent.commission.fixes import fix_of
from edge_agent.commission.judge import Verdict
from edge_agent.commission.session import items_of_lift, judged
from edge_agent.commission.steps import script
from edge_agent.commission.told import told, where_of
from edge_agent.config_types import DeviceConfig, FloorConfig
from hil.setup import DeviceSetup
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel
from tests.commission.bulk_visit import record_of, visit
from tests.commission.commission_bench import (
    LIFT,
    RIGHT,
    dead,
    house,
    inverted,
    judged_as,
    recorded,
    steps_of_lift,
    swapped,
    verdicts,
)

BY_HAND = frozenset({"landing_lock", "car_contact"})


def test_without_the_contacts_moved_by_hand_the_lift_passes_and_what_is_alike_is_named() -> None:
    judgement = judged_as(recorded(1, skipped=BY_HAND))
    alike = {one.signal.item: set(one.alike) for one in judgement.findings if one.alike}

    assert judgement.passed
    assert alike == {
        "landing_lock": {"car_lock", "doors.front.closed"},
        "car_lock": {"landing_lock", "doors.front.closed"},
        "doors.front.closed": {"landing_lock", "car_lock"},
    }


def test_without_the_mains_switched_off_mains_is_not_proved() -> None:
    judgement = judged_as(recorded(1, skipped=frozenset({"mains_off"})))

    assert judgement.passed
    assert [one.signal.item for one in judgement.unproven] == ["mains"]


def test_a_still_half_of_a_swap_is_named_although_its_own_step_was_left_out() -> None:
    judgement = judged_as(recorded(1, swapped(1, 5), skipped=frozenset({"mains_off"})))

    assert verdicts(judgement) == {"door_zone": ("swapped", "mains"), "mains": ("swapped", "door_zone")}


def test_a_still_signal_that_reads_wrong_is_not_called_inverted_without_proof() -> None:
    judgement = judged_as(recorded(1, stuck=dead(5, reads=False), skipped=frozenset({"mains_off"})))

    assert verdicts(judgement) == {"mains": ("odd", "")}


def test_a_mandatory_step_that_was_left_out_fails_the_visit() -> None:
    judgement = judged_as(recorded(1, skipped=frozenset({"inspection_on"})))

    assert judgement.missing[0] == "inspection_on"
    assert not judgement.passed


def test_a_wire_of_an_item_that_has_no_input_here_is_named() -> None:
    without_person = {number: one for number, one in RIGHT.items() if one.item != "person"}
    wired = without_person | {6: Channel("person", RIGHT[6].invert)}

    judgement = judged_as(recorded(2, wired), without_person)

    (finding,) = judgement.faulty
    assert (finding.signal.item, finding.verdict, finding.as_item) == ("alarm_button", Verdict.OTHER, "person")


def test_two_faults_at_once_are_both_named() -> None:
    both = swapped(1, 9) | {7: Channel("cabinet_door", not RIGHT[7].invert)}

    assert verdicts(judged_as(recorded(4, both))) == {
        "door_zone": ("swapped", "doors.front.open"),
        "doors.front.open": ("swapped", "door_zone"),
        "cabinet_door": ("inverted", ""),
    }


def test_a_device_that_is_silent_in_one_step_is_called_silent() -> None:
    record = recorded(1)
    (index,) = [number for number, step in enumerate(record.steps) if step.name == "alarm_press"]
    step = record.steps[index]
    unheard = msgspec.structs.replace(
        step, samples=tuple(sample for sample in step.samples if sample.to_ns <= step.from_ns)
    )
    judgement = judged_as(
        msgspec.structs.replace(record, steps=(*record.steps[:index], unheard, *record.steps[index + 1 :]))
    )

    heard = [one.signal.item for one in judgement.findings if one.verdict is not Verdict.SILENT]
    assert heard == ["person"], "the step says nothing of the person sensor"


@pytest.mark.parametrize("number", RIGHT)
def test_a_finding_is_a_sentence_in_both_languages_that_names_its_channel(number: int) -> None:
    (finding,) = judged_as(recorded(1, inverted(number))).faulty

    assert f"channel {number}" in told(finding, steps_of_lift()).en
    assert f"输入 {number}" in told(finding, steps_of_lift()).zh
    assert where_of(finding.signal).en == f"io channel {number}"


def test_landings_numbered_otherwise_are_put_right_in_the_file() -> None:
    device = DeviceConfig(name="box", profile="stm32-lift-sensor", options={"door_switch": "open_end"})
    lift = msgspec.structs.replace(LIFT, devices=(device,))
    profiles = {"box": load_profile("stm32-lift-sensor")}
    steps = script(lift, items_of_lift(lift, profiles))
    from_zero = DeviceSetup(profile="stm32-lift-sensor", options={"door_switch": "open_end"}, first_floor=0)
    record = record_of(visit(house(), steps, 1, 0.2), {"box": from_zero})

    judgement = judged(record, lift, profiles)
    fix = fix_of(record, judgement, lift, profiles, 0)

    assert verdicts(judgement) == {"floor": ("numbering", "")}
    assert fix is not None
    assert fix.judgement.passed
    assert fix.lift.floors == tuple(FloorConfig(reported=i, label=one.label) for i, one in enumerate(lift.floors))
