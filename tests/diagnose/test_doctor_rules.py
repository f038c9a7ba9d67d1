"""Which causes are concluded from which evidence, made by hand."""

import pytest
from doctor_evidence import (
    ANSWER,
    LINE,
    LONG_ANSWER,
    OTHER,
    S,
    asked,
    causes,
    damaged,
    diagnosis,
    good,
    quiet,
    silent,
    with_flips,
    wrong,
)

from edge_agent.diagnose.causes import Cause
from edge_agent.diagnose.causes_evidence import Aim, Listened
from edge_agent.diagnose.causes_ranking import Verdict
from edge_agent.ports import UartErrors
from protocols.modbus.line import LineSettings

NO_CONTACT = {Cause.SWAPPED_WIRES, Cause.CUT_WIRE, Cause.DEAD_DEVICE}
ALL_GOOD = [good() for _ in range(20)]
DARK = [silent() for _ in range(20)]
BEHIND_EDGES = ((0, 0), (0, 2), (3, 1), (3, 2), (3, 4), (3, 5))
"""Bits of ANSWER (byte, bit) that differ from the bit before them on the wire: 05h and 12h, lowest bit first."""
WITHOUT_EDGES = ((3, 3), (3, 7), (4, 1), (4, 5), (5, 1), (5, 4))
"""Bits of 12h, 34h and 00h that do not."""


def test_answers_all_good_and_a_quiet_line_are_healthy() -> None:
    assert diagnosis(quiet(), asked(ALL_GOOD)).verdict is Verdict.HEALTHY


def test_nobody_asked_is_not_called_healthy() -> None:
    assert diagnosis(quiet()).verdict is Verdict.CANNOT_TELL


def test_junk_on_the_idle_line_is_never_healthy() -> None:
    noisy = Listened(LINE, 4 * S, junk=1, pulses=1, bursts=1)
    assert diagnosis(noisy, asked(ALL_GOOD)).verdict is not Verdict.HEALTHY


def test_silence_alone_is_a_group_that_bytes_do_not_separate() -> None:
    found = diagnosis(quiet(), asked(DARK))
    assert (found.verdict, set(found.group)) == (Verdict.GROUP, NO_CONTACT)


def test_one_answer_rules_out_what_keeps_all_answers_away() -> None:
    assert not NO_CONTACT & set(causes(quiet(), asked([good(), *[damaged(ANSWER[:-1])] * 9])))


def test_a_lone_empty_character_after_each_request_points_to_swapped_wires() -> None:
    found = diagnosis(quiet(), asked([silent(b"\x00")] * 20))
    assert [suspect.cause for suspect in found.suspects] == [Cause.SWAPPED_WIRES]


def test_a_neighbour_that_answers_points_to_the_device() -> None:
    neighbour = good(slave=7)
    assert causes(quiet(), asked(DARK), asked([neighbour], Aim.NEIGHBOUR))[0] is Cause.DEAD_DEVICE


@pytest.mark.parametrize(
    ("found_at", "cause"),
    [("19200 8N1", Cause.WRONG_SPEED), ("9600 8E1", Cause.WRONG_FORMAT)],
)
def test_answers_at_other_settings_name_what_differs(found_at: str, cause: Cause) -> None:
    other = asked([good(), good()], Aim.OTHER_LINE, LineSettings.parse(found_at))
    found = diagnosis(quiet(), asked(DARK), other)
    assert (found.verdict, found.suspects[0].cause, found.line) == (Verdict.NAMED, cause, found_at)


def test_a_single_answer_at_another_speed_is_luck() -> None:
    assert Cause.WRONG_SPEED not in causes(quiet(), asked(DARK), asked([good(), silent()], Aim.OTHER_LINE, OTHER))


def test_answers_after_the_stated_latency_are_a_slow_device() -> None:
    patient = asked([good(latency_ms=400)] * 3, Aim.PATIENT)
    assert causes(quiet(), asked([wrong()] * 10), patient)[0] is Cause.SLOW_DEVICE


def test_an_adapters_tick_is_not_slowness() -> None:
    assert diagnosis(quiet(), asked([good(latency_ms=20 + 16)] * 20)).verdict is Verdict.HEALTHY


def test_one_late_answer_among_many_is_only_a_hint_of_a_slow_device() -> None:
    found = diagnosis(quiet(), asked([good(latency_ms=20 + 130), *[good()] * 119]))
    assert (found.verdict, causes(quiet(), asked([good(latency_ms=150), *[good()] * 119]))) == (
        Verdict.CANNOT_TELL,
        [Cause.SLOW_DEVICE],
    )


def test_several_late_answers_are_a_slow_device() -> None:
    assert diagnosis(quiet(), asked([*[good(latency_ms=150)] * 3, *[good()] * 117])).verdict is Verdict.NAMED


def test_a_host_that_is_late_once_is_no_slow_device() -> None:
    assert diagnosis(quiet(), asked([good(latency_ms=20 + 90), *[good()] * 119])).verdict is Verdict.HEALTHY


def test_an_echo_is_named_on_a_link_that_works() -> None:
    assert causes(quiet(), asked([good(echoed=True)] * 20)) == [Cause.ECHO]


def test_an_echo_takes_a_back_seat_when_the_device_is_silent() -> None:
    assert Cause.ECHO not in causes(quiet(), asked([silent(echoed=True)] * 20))


def test_requests_of_others_are_another_master() -> None:
    heard = Listened(LINE, 4 * S, requests=8, frames=8, bursts=16)
    found = diagnosis(heard, asked(ALL_GOOD))
    assert (found.verdict, found.suspects[0].cause) == (Verdict.NAMED, Cause.SECOND_MASTER)


def test_requests_of_others_at_another_speed_are_another_master_too() -> None:
    junk = Listened(LINE, 4 * S, junk=60, pulses=40, bursts=7)
    elsewhere = Listened(OTHER, S, requests=2, bursts=2)
    assert causes(junk, asked(ALL_GOOD), elsewhere)[0] is Cause.SECOND_MASTER


def test_one_request_by_its_crc_in_a_thousand_junk_bytes_is_chance() -> None:
    junk = Listened(LINE, 4 * S, junk=60, pulses=40, bursts=7)
    elsewhere = Listened(OTHER, S, requests=1, junk=1000, bursts=20)
    assert Cause.SECOND_MASTER not in causes(junk, asked(ALL_GOOD), elsewhere)


def test_settings_that_answer_once_while_the_stated_ones_answer_now_are_not_wrong() -> None:
    away = (asked([silent()] * 10), asked([silent()] * 3, Aim.PATIENT), asked([good(), good()], Aim.OTHER_LINE, OTHER))
    assert Cause.WRONG_SPEED not in causes(quiet(), *away, asked([good()] * 4))


def test_pulses_on_the_idle_line_are_noise() -> None:
    noisy = Listened(LINE, 4 * S, junk=40, pulses=40, bursts=38)
    turns = [good(), silent(), damaged(ANSWER[1:])] * 4
    assert causes(noisy, asked(turns))[0] is Cause.DRIVE_NOISE


def test_talk_that_nobody_can_read_is_not_called_noise() -> None:
    babble = Listened(LINE, 4 * S, junk=400, pulses=60, bursts=30)
    found = diagnosis(babble, asked([good(), damaged(ANSWER[1:])] * 6))
    assert found.verdict is not Verdict.NAMED


def test_bits_damaged_right_behind_edges_are_reflections() -> None:
    turns = [*[good()] * 6, *(damaged(with_flips(ANSWER, place)) for place in BEHIND_EDGES), *[silent()] * 4]
    assert causes(quiet(), asked(turns))[0] is Cause.NO_TERMINATION


def test_bits_damaged_anywhere_are_noise_even_on_a_quiet_line() -> None:
    turns = [*[good()] * 6, *(damaged(with_flips(ANSWER, place)) for place in WITHOUT_EDGES), *[silent()] * 4]
    assert causes(quiet(), asked(turns))[0] is Cause.DRIVE_NOISE


def test_two_answers_to_each_question_are_two_devices() -> None:
    turns = [good(answer=ANSWER, junk=0), *[damaged(ANSWER + ANSWER[:5])] * 9]
    assert causes(quiet(), asked(turns))[0] is Cause.DUPLICATE_ADDRESS


def test_requests_understood_and_answers_never_whole_are_two_devices() -> None:
    garbled = [damaged(bytes((5, 1, number, 9, 9, number))) for number in range(10)]
    assert causes(quiet(), asked([good(), *garbled]))[0] is Cause.DUPLICATE_ADDRESS


def test_odd_bytes_around_answers_and_a_quiet_line_are_a_floating_pair() -> None:
    turns = [good(answer=bytes((odd, *ANSWER)), junk=1, expected=len(ANSWER)) for odd in (0xFF, 0x00, 0xFE, 0xF8)]
    assert causes(quiet(), asked([*turns * 4, *[good()] * 4])) == [Cause.NO_BIAS]


def test_odd_bytes_behind_every_answer_and_never_before_may_be_a_driver_that_lets_go_late() -> None:
    found = diagnosis(quiet(), asked([good(answer=ANSWER + b"\xff", junk=1, expected=len(ANSWER))] * 20))
    (suspect,) = found.suspects
    assert (found.verdict, suspect.cause) == (Verdict.CANNOT_TELL, Cause.NO_BIAS)
    assert "a driver lets go late" in suspect.clues[0].said.en


def test_good_answers_with_parity_errors_counted_are_a_wrong_format() -> None:
    counted = UartErrors(framing=0, parity=80, overrun=0, breaks=0)
    assert causes(quiet(), asked(ALL_GOOD, uart=counted))[0] is Cause.WRONG_FORMAT


def test_silence_in_runs_between_whole_answers_is_a_loose_wire_or_a_device_that_drops_out() -> None:
    turns = [*[good()] * 8, *[silent()] * 5, *[good()] * 8, *[silent()] * 4]
    found = diagnosis(quiet(), asked(turns))
    assert set(found.group) == {Cause.CUT_WIRE, Cause.DEAD_DEVICE}


def test_long_reads_that_fail_more_often_speak_against_two_devices() -> None:
    long = [
        *(damaged(with_flips(LONG_ANSWER, (10 + place, 3)), len(LONG_ANSWER)) for place in range(6)),
        *[good(answer=LONG_ANSWER)] * 4,
    ]
    assert Cause.DUPLICATE_ADDRESS not in causes(quiet(), asked([good()] * 10), asked(long, Aim.LONG))


def test_every_clue_is_one_sentence_in_both_languages() -> None:
    found = diagnosis(quiet(), asked(DARK), asked([good(slave=7)], Aim.NEIGHBOUR))
    clues = [clue.said for suspect in found.suspects for clue in suspect.clues]
    assert clues
    assert all(said.en and said.zh and "\n" not in said.en + said.zh for said in clues)
