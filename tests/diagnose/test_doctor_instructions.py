"""What an instruction changes: which is asked for, what it proves, what is put back."""

import msgspec
import pytest
from doctor_evidence import ANSWER, asked, damaged, diagnosis, evidence, good, quiet, silent, with_flips

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_evidence import Aim, Ended, Evidence, Turn
from edge_agent.diagnose.causes_ranking import Verdict, diagnose, helped, next_test, to_undo
from edge_agent.diagnose.probe_plan import (
    LEAST_LEFT_NS,
    MOST_PROMPTS,
    WHOLE_NS,
    Ask,
    Listen,
    Prompt,
    SearchLines,
    next_step,
)

DARK = (quiet(), asked([silent()] * 30), asked([silent()] * 3, Aim.PATIENT))
SEARCHED = (
    *DARK,
    *(asked([silent()], Aim.OTHER_LINE) for _ in range(3)),
    asked([silent()] * 9, Aim.NEIGHBOUR),
)
BEHIND_EDGES = ((3, 1), (3, 2), (3, 4), (3, 5))
RINGING = (
    quiet(),
    asked([*[good()] * 5, *(damaged(with_flips(ANSWER, place)) for place in BEHIND_EDGES), silent()]),
    asked([good()] * 10, Aim.LONG),
)


def after(hand: Hand, turns: list[Turn]) -> Evidence:
    return evidence(*SEARCHED, asked(turns, after=hand), tried=[hand])


def put_back(hand: Hand, turns: list[Turn]) -> Evidence:
    """The device answered after this instruction; then it was undone."""
    then = after(hand, [good()] * 4).and_tried(Hand.PUT_BACK)
    return then.and_probe(asked(turns, after=Hand.PUT_BACK))


@pytest.mark.parametrize(
    ("hand", "cause"),
    [
        (Hand.SWAP_WIRES, Cause.SWAPPED_WIRES),
        (Hand.SWAP_AT_DEVICE, Cause.SWAPPED_WIRES),
        (Hand.CONNECT_DIRECTLY, Cause.CUT_WIRE),
    ],
)
def test_silence_that_ends_after_an_instruction_and_comes_back_without_it_is_named(hand: Hand, cause: Cause) -> None:
    seen = put_back(hand, [silent()] * 4)
    found = diagnose(seen)
    assert (found.verdict, found.suspects[0].cause) == (Verdict.NAMED, cause)
    assert (next_step(seen, WHOLE_NS), to_undo(seen)) == (None, None)


@pytest.mark.parametrize("hand", [Hand.SWAP_WIRES, Hand.SWAP_AT_DEVICE, Hand.CONNECT_DIRECTLY])
def test_what_ended_the_silence_is_put_back_before_it_is_named(hand: Hand) -> None:
    assert next_step(after(hand, [good()] * 4), WHOLE_NS) == Prompt(Hand.PUT_BACK, undo=hand)


def test_a_device_that_answers_with_everything_put_back_came_back_by_itself() -> None:
    seen = put_back(Hand.SWAP_WIRES, [good()] * 4)
    found = diagnose(seen)
    assert (found.verdict, set(found.group)) == (Verdict.GROUP, {Cause.DEAD_DEVICE, Cause.CUT_WIRE})
    assert Cause.SWAPPED_WIRES not in [one.cause for one in found.suspects]
    assert "by itself" in found.suspects[0].clues[1].said.en
    assert next_step(seen, WHOLE_NS) is None


@pytest.mark.parametrize("declined", [[], [Hand.PUT_BACK]])
def test_what_ended_the_silence_and_was_not_put_back_is_not_named_alone(declined: list[Hand]) -> None:
    seen = msgspec.structs.replace(after(Hand.SWAP_WIRES, [good()] * 4), declined=frozenset(declined))
    found = diagnose(seen)
    assert (found.verdict, set(found.group)) == (Verdict.GROUP, {Cause.SWAPPED_WIRES, Cause.DEAD_DEVICE})
    if declined:
        assert next_step(seen, WHOLE_NS) is None


def test_empty_characters_that_end_with_a_swap_need_no_second_proof() -> None:
    seen = evidence(
        quiet(),
        asked([silent(b"\x00")] * 30),
        asked([good()] * 4, after=Hand.SWAP_WIRES),
        tried=[Hand.SWAP_WIRES],
    )
    found = diagnose(seen)
    assert (found.verdict, found.suspects[0].cause) == (Verdict.NAMED, Cause.SWAPPED_WIRES)
    assert next_step(seen, WHOLE_NS) is None


def test_nobody_is_sent_to_the_wires_of_a_device_that_is_back() -> None:
    seen = evidence(quiet(), asked([silent()] * 13), asked([good()] * 20))
    assert set(diagnose(seen).group) == {Cause.CUT_WIRE, Cause.DEAD_DEVICE}
    assert next_test(seen, diagnose(seen)) is None


def test_silence_between_answers_is_still_tested_past_the_installed_wiring() -> None:
    seen = evidence(quiet(), asked([*[good()] * 5, *[silent()] * 8]), asked([good()] * 20))
    assert next_test(seen, diagnose(seen)) is Hand.CONNECT_DIRECTLY


def test_silence_that_nothing_ends_is_the_device() -> None:
    hands = [Hand.SWAP_WIRES, Hand.CONNECT_DIRECTLY, Hand.SWAP_AT_DEVICE]
    still = (asked([silent()] * 4, after=hand) for hand in hands)
    found = diagnosis(*SEARCHED, *still, tried=hands)
    assert (found.verdict, found.suspects[0].cause) == (Verdict.NAMED, Cause.DEAD_DEVICE)


def test_swapping_at_one_end_in_vain_leaves_the_other_end() -> None:
    seen = evidence(
        *SEARCHED,
        asked([silent()] * 4, after=Hand.SWAP_WIRES),
        asked([silent()] * 4, after=Hand.CONNECT_DIRECTLY),
        tried=[Hand.SWAP_WIRES, Hand.CONNECT_DIRECTLY],
    )
    assert next_test(seen, diagnose(seen)) is Hand.SWAP_AT_DEVICE


def test_swapped_wires_that_show_on_the_idle_line_are_at_the_adapter_and_nowhere_else() -> None:
    seen = evidence(
        quiet(),
        asked([silent(b"\x00")] * 30),
        asked([silent(b"\x00")] * 4, after=Hand.SWAP_WIRES),
        tried=[Hand.SWAP_WIRES],
    )
    assert next_test(seen, diagnose(seen)) is None


def test_with_a_neighbour_that_answers_the_wires_are_swapped_at_the_device() -> None:
    seen = evidence(*DARK, asked([good(slave=7)], Aim.NEIGHBOUR))
    assert next_test(seen, diagnose(seen)) is Hand.SWAP_AT_DEVICE


def test_who_still_answers_with_the_device_off_the_bus_is_another_one() -> None:
    garbled = [damaged(bytes((5, 1, number, 9, 9, number))) for number in range(10)]
    seen = (quiet(), asked([good(), *garbled]), asked([good()] * 4, after=Hand.REMOVE_DEVICE))
    found = diagnosis(*seen, tried=[Hand.REMOVE_DEVICE])
    assert (found.verdict, found.suspects[0].cause) == (Verdict.NAMED, Cause.DUPLICATE_ADDRESS)


def test_nobody_left_with_the_device_off_the_bus_rules_out_a_second_one() -> None:
    garbled = [damaged(bytes((5, 1, number, 9, 9, number))) for number in range(10)]
    seen = (quiet(), asked([good(), *garbled]), asked([silent()] * 4, after=Hand.REMOVE_DEVICE))
    assert Cause.DUPLICATE_ADDRESS not in [one.cause for one in diagnosis(*seen, tried=[Hand.REMOVE_DEVICE]).suspects]


def test_a_declined_instruction_is_not_asked_for_again() -> None:
    seen = evidence(*SEARCHED, declined=[Hand.SWAP_WIRES])
    assert next_test(seen, diagnose(seen)) is Hand.SWAP_AT_DEVICE


def test_trouble_that_is_only_less_was_not_ended() -> None:
    seen = evidence(
        *RINGING, asked([*[good()] * 9, *[silent()] * 3], after=Hand.FIT_TERMINATOR), tried=[Hand.FIT_TERMINATOR]
    )
    assert not helped(seen, Hand.FIT_TERMINATOR)


def test_what_did_not_help_is_put_back_before_the_next_instruction() -> None:
    seen = evidence(*SEARCHED, asked([silent()] * 4, after=Hand.SWAP_WIRES), tried=[Hand.SWAP_WIRES])
    assert next_step(seen, WHOLE_NS) == Prompt(Hand.CONNECT_DIRECTLY, undo=Hand.SWAP_WIRES)


def test_what_helped_against_one_of_two_troubles_stays_in_place() -> None:
    odd = [good(answer=bytes((0xFF, *ANSWER)), junk=1, expected=len(ANSWER))] * 8
    torn = [damaged(with_flips(ANSWER, place)) for place in BEHIND_EDGES]
    before = (quiet(), asked([*odd, *torn, silent()]), asked([good()] * 10, Aim.LONG))
    then = asked([*[good()] * 6, *torn, silent()], after=Hand.FIT_BIAS)
    long = asked([good()] * 12, Aim.LONG, after=Hand.FIT_BIAS)
    seen = evidence(*before, then, long, tried=[Hand.FIT_BIAS])
    assert helped(seen, Hand.FIT_BIAS)
    assert next_step(seen, WHOLE_NS) == Prompt(Hand.FIT_TERMINATOR, undo=None)


def test_of_two_causes_that_their_tests_proved_the_first_is_named() -> None:
    odd = [good(answer=bytes((0xFF, *ANSWER)), junk=1, expected=len(ANSWER))] * 8
    torn = [damaged(with_flips(ANSWER, place)) for place in BEHIND_EDGES]
    hands = [Hand.FIT_BIAS, Hand.FIT_TERMINATOR]
    found = diagnosis(
        quiet(),
        asked([*odd, *torn, silent()]),
        asked([*[good()] * 6, *torn, silent()], after=Hand.FIT_BIAS),
        asked([good()] * 24, after=Hand.FIT_TERMINATOR),
        tried=hands,
    )
    assert found.verdict is Verdict.NAMED
    assert {one.cause for one in found.suspects if one.is_tested} == {Cause.NO_BIAS, Cause.NO_TERMINATION}


def test_nothing_is_asked_for_once_a_cause_is_proven() -> None:
    assert next_step(put_back(Hand.SWAP_WIRES, [silent()] * 4), WHOLE_NS) is None


def test_nobody_is_asked_a_fourth_time() -> None:
    hands = list(Hand)[:MOST_PROMPTS]
    assert next_step(evidence(*SEARCHED, declined=hands), WHOLE_NS) is None


def test_nobody_is_sent_to_the_wires_without_time_to_measure_after_it() -> None:
    assert isinstance(next_step(evidence(*SEARCHED), WHOLE_NS), Prompt)
    assert next_step(evidence(*SEARCHED), 11_000_000_000) is None


def test_it_listens_before_it_asks() -> None:
    assert isinstance(next_step(evidence(), WHOLE_NS), Listen)
    assert next_step(evidence(quiet()), WHOLE_NS) == Ask(Aim.FIRST, 10)


def test_a_device_without_an_answer_in_time_is_given_seconds_before_other_settings_are_tried() -> None:
    first = (quiet(), asked([silent()] * 10))
    assert next_step(evidence(*first), WHOLE_NS) == Ask(Aim.PATIENT, 3)
    assert next_step(evidence(*first, asked([silent()] * 3, Aim.PATIENT)), WHOLE_NS) == SearchLines()


def test_a_good_link_is_watched_for_longer_than_one_series() -> None:
    seen = evidence(quiet(), asked([good()] * 10), asked([good()] * 10, Aim.LONG))
    assert next_step(seen, WHOLE_NS) is not None


def test_no_step_is_taken_when_the_time_is_up() -> None:
    assert next_step(evidence(), LEAST_LEFT_NS) is None


@pytest.mark.parametrize("ended", [Ended.ANSWERED, Ended.LATE, Ended.WRONG])
def test_any_good_frame_of_the_device_is_contact(ended: Ended) -> None:
    assert Turn(5, ended, 9).is_contact
