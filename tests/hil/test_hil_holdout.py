"""The hold-out cases are physically what they say: seen by a plain master that knows nothing of the doctor."""

from collections.abc import Sequence

import pytest
from holdout_reads import PACE_S, Reads, asked_in_vain, listen, patient_of, read, reads_of, undone

from edge_agent.link.counters import Counter
from hil.loop import run_virtual
from hil.score.case import Case, Cause, Hand
from hil.score.holdout import CASES
from protocols.modbus.line import LineSettings, Parity

SEEDS = (3, 8)
BY_NAME = {case.name: case for case in CASES}
FEW = 40
SOME_ANSWERS = {"a loose clamp", "8O1 taken for 8E1"}
"""Cases of a cut or of wrong settings in which reads do succeed."""


def of(*causes: Cause | None) -> list[Case]:
    return [case for case in CASES if case.cause in causes and not case.is_healthy]


def each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    pairs = [pytest.param(case, seed, id=f"{case.name}, seed {seed}") for case in cases for seed in SEEDS]
    return pytest.mark.parametrize(("case", "seed"), pairs)


def test_every_cause_has_cases_and_some_links_are_healthy() -> None:
    assert len(CASES) == len(BY_NAME) >= 24
    assert {case.cause for case in CASES} == {*Cause, None}
    assert sum(case.is_healthy for case in CASES) >= 4
    assert of(None)


@pytest.mark.parametrize("case", CASES, ids=list(BY_NAME))
def test_each_case_says_in_one_sentence_what_the_technician_sees(case: Case) -> None:
    said = case.build.__doc__
    assert said is not None
    assert said.strip().endswith(".")
    assert "\n" not in said


@each(CASES)
def test_the_fault_shows_within_200_reads_and_only_in_sick_cases(case: Case, seed: int) -> None:
    got = reads_of(case, seed, stop_when_sick=True)
    assert got.is_clean is case.is_healthy, got.counted


@each(CASES)
def test_a_seed_gives_the_same_bench_each_time(case: Case, seed: int) -> None:
    assert reads_of(case, seed, reads=FEW) == reads_of(case, seed, reads=FEW)


@pytest.mark.parametrize("case", CASES, ids=list(BY_NAME))
def test_ten_seeds_differ(case: Case) -> None:
    patients = [patient_of(case, seed) for seed in range(10)]
    assert len({(patient.request.slave, patient.request.count, patient.latency_ns) for patient in patients}) >= 5


@each(
    [
        case
        for case in of(Cause.SWAPPED_WIRES, Cause.CUT_WIRE, Cause.DEAD_DEVICE, Cause.WRONG_SPEED, Cause.WRONG_FORMAT)
        if case.name not in SOME_ANSWERS
    ]
)
def test_no_read_succeeds_at_all(case: Case, seed: int) -> None:
    assert reads_of(case, seed, reads=FEW).answers == 0


@each(of(Cause.DUPLICATE_ADDRESS, Cause.SECOND_MASTER, Cause.NO_TERMINATION, Cause.NO_BIAS, Cause.DRIVE_NOISE))
def test_a_bad_link_is_not_a_dead_one(case: Case, seed: int) -> None:
    got = reads_of(case, seed, reads=FEW)
    assert got.answers > 0 or got.counted[Counter.CRC] > 0


# what cures it


def without_echo(got: Reads) -> Reads:
    """An adapter goes on echoing, whatever else is put right."""
    got.counted.pop(Counter.ECHO, None)
    return got


@pytest.mark.parametrize(
    ("cause", "hand"),
    [
        (Cause.SWAPPED_WIRES, Hand.SWAP_WIRES),
        (Cause.CUT_WIRE, Hand.CONNECT_DIRECTLY),
        (Cause.NO_TERMINATION, Hand.FIT_TERMINATOR),
        (Cause.NO_BIAS, Hand.FIT_BIAS),
        (Cause.DRIVE_NOISE, Hand.STOP_DRIVE),
        (Cause.DUPLICATE_ADDRESS, Hand.REMOVE_DEVICE),
        (Cause.DUPLICATE_ADDRESS, Hand.CONNECT_DIRECTLY),
        (Cause.SECOND_MASTER, Hand.CONNECT_DIRECTLY),
    ],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_right_hand_cures_it(cause: Cause, hand: Hand, seed: int) -> None:
    for case in of(cause):
        got = without_echo(reads_of(case, seed, hand))
        assert got.is_clean, (case.name, got.counted)


@each(of(Cause.WRONG_SPEED, Cause.WRONG_FORMAT))
def test_the_true_settings_cure_it_and_the_believed_ones_are_others(case: Case, seed: int) -> None:
    patient = patient_of(case, seed)
    baud = patient.line.baud
    bauds = {2400, 4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 115_200, baud * 106 // 100}
    if case.cause is Cause.WRONG_FORMAT:
        bauds = {baud}
    cures = [
        line
        for baud in sorted(bauds)
        for line in (LineSettings(baud, 8, parity, 1) for parity in Parity)
        if reads_of(case, seed, reads=FEW, line=line, stop_when_sick=True).is_clean
    ]
    assert len(cures) == 1
    assert cures[0] != patient.line


@each(of(Cause.SLOW_DEVICE))
def test_patience_cures_a_slow_device(case: Case, seed: int) -> None:
    assert reads_of(case, seed, reads=FEW, latency_ns=2_500_000_000).is_clean


@each(of(Cause.DEAD_DEVICE))
@pytest.mark.parametrize("hand", [Hand.SWAP_WIRES, Hand.CONNECT_DIRECTLY])
def test_nothing_cures_a_dead_device(case: Case, seed: int, hand: Hand) -> None:
    assert reads_of(case, seed, hand, reads=5).answers == 0


@each(of(None))
def test_no_hand_cures_what_has_no_name_except_to_be_alone(case: Case, seed: int) -> None:
    for hand in set(Hand) - {Hand.CONNECT_DIRECTLY}:
        assert not reads_of(case, seed, hand, reads=FEW).is_clean, hand


@each([case for case in CASES if case.is_healthy])
def test_hands_do_harm_on_a_healthy_link_only_until_they_are_taken_back(case: Case, seed: int) -> None:
    async def main() -> None:
        patient = case.build(seed)
        for hand in Hand:
            undone(patient, hand)
        assert (await read(patient, FEW)).is_clean
        patient.hands[Hand.SWAP_WIRES]()
        assert (await read(patient, 5)).answers == 0

    run_virtual(main())


@each([case for case in CASES if not case.is_healthy])
def test_the_fault_is_back_when_every_hand_is_taken_back(case: Case, seed: int) -> None:
    async def main() -> None:
        patient = case.build(seed)
        for hand in Hand:
            undone(patient, hand)
        assert not (await read(patient, stop_when_sick=True)).is_clean

    run_virtual(main())


# each one's own symptom


@each(of(Cause.ECHO))
def test_an_echo_precedes_every_right_answer(case: Case, seed: int) -> None:
    got = reads_of(case, seed, reads=FEW)
    assert got.counted == {Counter.OK: FEW, Counter.ECHO: FEW}


@each([case for case in CASES if Cause.ECHO in case.like])
def test_nothing_but_the_echo_is_heard(case: Case, seed: int) -> None:
    assert reads_of(case, seed, reads=FEW).counted == {Counter.TIMEOUT: FEW, Counter.ECHO: FEW}


@each(of(Cause.NO_BIAS))
def test_without_bias_junk_stands_before_answers_that_are_right(case: Case, seed: int) -> None:
    got = reads_of(case, seed)
    assert got.answers > 100
    assert got.counted[Counter.LEADING_JUNK] > 5


@each(of(Cause.SECOND_MASTER))
def test_a_second_master_is_heard_by_a_port_that_says_nothing(case: Case, seed: int) -> None:
    async def main() -> None:
        _heard, requests = await listen(case.build(seed), 12.0)
        assert len(requests) >= 2

    run_virtual(main())


@each([case for case in CASES if case.cause not in (Cause.SECOND_MASTER, Cause.DRIVE_NOISE, Cause.SWAPPED_WIRES, None)])
def test_a_bus_without_second_master_and_noise_is_silent_when_nobody_asks(case: Case, seed: int) -> None:
    async def main() -> None:
        heard, _requests = await listen(case.build(seed), 12.0)
        assert heard == b""

    run_virtual(main())


@each(of(Cause.DRIVE_NOISE))
def test_noise_comes_and_goes_with_the_trips(case: Case, seed: int) -> None:
    async def main() -> None:
        patient = case.build(seed)
        bad_s = [at for at in range(40) if not (await read(patient, round(1 / PACE_S) - 3)).is_clean]
        assert 2 <= len(bad_s) < 40

    run_virtual(main())


@each(of(Cause.SLOW_DEVICE))
def test_a_slow_device_is_heard_after_its_time(case: Case, seed: int) -> None:
    async def main() -> None:
        patient = case.build(seed)
        assert len(await asked_in_vain(patient, 3)) == 3 * patient.request.reply_len
        assert Counter.TIMEOUT in (await read(patient)).counted

    run_virtual(main())


@pytest.mark.parametrize("seed", SEEDS)
def test_lenient_devices_answer_in_a_wrong_format_and_ports_count(seed: int) -> None:
    got = reads_of(BY_NAME["8O1 taken for 8E1"], seed, reads=FEW)
    assert got.answers == FEW
    assert got.uart is not None
    assert got.uart.parity > FEW
    assert set(reads_of(BY_NAME["8N1 taken for 8E1"], seed, reads=FEW).counted) >= {Counter.CRC}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loose_clamp_lets_whole_answers_through_or_none(seed: int) -> None:
    got = reads_of(BY_NAME["a loose clamp"], seed)
    assert got.counted[Counter.OK] > 50
    assert got.counted[Counter.TIMEOUT] > 3
    assert set(got.counted) <= {Counter.OK, Counter.TIMEOUT, Counter.CRC}


@pytest.mark.parametrize("seed", SEEDS)
def test_one_missing_terminator_costs_few_answers(seed: int) -> None:
    assert 150 < reads_of(BY_NAME["one terminator of two"], seed).answers < 200


@pytest.mark.parametrize("seed", SEEDS)
def test_with_one_twin_removed_the_address_still_answers(seed: int) -> None:
    for case in of(Cause.DUPLICATE_ADDRESS):
        assert reads_of(case, seed, Hand.REMOVE_DEVICE, reads=5).answers == 5
