"""Every kind of wire fault keeps the contract; operators decide when it fires; each fault has its own stream."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

import pytest
from faults_examples import EXAMPLES, LINE, PERIOD_NS, SENDINGS, FaultsBench
from hypothesis import given, settings
from hypothesis import strategies as st

from hil import UsageError
from hil.bus.faults.catalogue import KINDS, Changing, Fault, Speaking
from hil.bus.faults.contract import Checked
from hil.bus.faults.sending import Change, Sending
from hil.bus.segment import Drive
from hil.faults.armed import Turn
from hil.faults.contract import ContractBroken

CHANGING = [raw for raw in EXAMPLES if isinstance(Fault.of(raw).kind, Changing)]
NOISE = {"fault": "turn.lead_noise", "n": 1, "alphabet": "FF"}


_made: list[FaultsBench] = []


def bench(faults: Sequence[dict[str, Any]], predicates: Mapping[str, Callable[[], bool]] | None = None) -> FaultsBench:
    made = FaultsBench(faults, predicates)
    _made.append(made)
    return made


@pytest.fixture(autouse=True)
def _benches_are_closed() -> Iterator[None]:
    yield
    while _made:
        _made.pop().loop.close()


def named(raw: dict[str, Any]) -> str:
    return str(raw["fault"])


# the contract


@pytest.mark.parametrize("raw", CHANGING, ids=named)
@settings(max_examples=30)
@given(st.lists(SENDINGS, min_size=1, max_size=6), st.integers(0, 99))
def test_every_kind_keeps_the_contract(raw: dict[str, Any], sendings: list[Sending], seed: int) -> None:
    kind = Fault.of(raw).kind
    assert isinstance(kind, Changing)
    checked, turn = Checked(kind, loses=kind.loses), Turn(Random(seed))
    for sending in sendings:
        if checked.change(sending, turn) is not None:
            turn.fired += 1


@pytest.mark.parametrize("raw", EXAMPLES, ids=named)
def test_every_kind_fires_on_a_plain_bench_and_says_so(raw: dict[str, Any]) -> None:
    made = bench([raw])
    made.play(20)
    assert made.injector.fired(raw["fault"])
    assert all(firing.done and firing.t_ns <= firing.until_ns for firing in made.injector.firings)


def test_every_kind_of_the_catalogue_is_among_the_examples() -> None:
    assert {raw["fault"] for raw in EXAMPLES} == set(KINDS)


class Eats:
    def change(self, sending: Sending, turn: Turn) -> Change | None:
        return Change((sending.instead(sending.data[1:]),), "eaten")


class Hurries:
    def change(self, sending: Sending, turn: Turn) -> Change | None:
        return Change((Drive(sending.start_ns - 1, sending.source, sending.data),), "too early")


class Forgets:
    def change(self, sending: Sending, turn: Turn) -> Change | None:
        return Change((sending.instead(sending.data),), "")


class Dices:
    def change(self, sending: Sending, turn: Turn) -> Change | None:
        return Change((sending.instead(sending.data + os.urandom(8)),), "from nowhere")


class Doubles:
    def change(self, sending: Sending, turn: Turn) -> Change | None:
        return Change((sending.instead(sending.data), sending.instead(sending.data, 1)), "at once")


@pytest.mark.parametrize("bad", [Eats(), Hurries(), Forgets(), Dices(), Doubles()])
def test_a_fault_that_breaks_the_contract_is_found(bad: Any) -> None:
    sending = Sending(1000, "slave", b"\x01\x03\x02\x00\x05\x00\x00", LINE, b"", False)
    with pytest.raises(ContractBroken):
        Checked(bad, loses=False).change(sending, Turn(Random(1)))


# when


def fired_at(when: dict[str, Any], turns: int = 12, **predicates: Any) -> list[int]:
    """On which of so many answers of slave 1 the noise fired, from 0."""
    made = bench([NOISE | {"when": {"match": {"dir": "reply", "slave": 1}} | when}], **predicates)
    made.play(turns)
    return [firing.t_ns // PERIOD_NS for firing in made.injector.firings]


def test_once_count_and_every_say_how_often() -> None:
    assert fired_at({"once": True}) == [0]
    assert fired_at({"count": 3}) == [0, 1, 2]
    assert fired_at({"every": 4}) == [3, 7, 11]
    assert fired_at({"every": 4, "count": 2}) == [3, 7]


def test_a_window_has_its_first_instant_and_not_its_end() -> None:
    made = bench([])
    made.play(3)
    second, third = (one.start_ns for one in made.answers[1:3])
    assert fired_at({"window": [second, third]}) == [1]


def test_a_fault_fires_only_while_its_predicate_holds() -> None:
    running = iter([True, False, False, True] + [False] * 8)
    assert fired_at({"while": "motor_on"}, predicates={"motor_on": lambda: next(running)}) == [0, 3]


def test_a_probability_is_drawn_from_the_faults_own_stream() -> None:
    alone = bench([NOISE | {"when": {"p": 0.3}}])
    beside = bench([{"fault": "line.bitflip", "ber": 0.01}, NOISE | {"when": {"p": 0.3}}])
    alone.play(40)
    beside.play(40)
    firings = [[one.t_ns for one in made.injector.firings if one.fault == NOISE["fault"]] for made in (alone, beside)]
    assert firings[0] == firings[1]
    assert 0 < len(firings[0]) < 80


@pytest.mark.parametrize(
    ("match", "fires"),
    [
        ({"dir": "request"}, True),
        ({"slave": 2}, False),
        ({"fc": 3}, True),
        ({"fc": 4}, False),
        ({"addr": 0x10}, True),
        ({"addr": 0x11}, False),
        ({"dir": "reply", "slave": 1, "fc": 3, "addr": 0x10}, True),
    ],
)
def test_a_match_names_direction_slave_function_and_address(match: dict[str, Any], fires: bool) -> None:
    made = bench([NOISE | {"when": {"match": match}}])
    made.play(1)
    assert bool(made.injector.firings) is fires


# composition


def test_what_is_not_matched_passes_as_it_is() -> None:
    plain, other = bench([]), bench([NOISE | {"when": {"match": {"slave": 2}}}])
    plain.play(5)
    other.play(5)
    assert plain.drives() == other.drives()


def test_faults_act_in_their_order_on_what_the_one_before_made() -> None:
    lost = {"fault": "turn.first_byte_lost"}
    made = bench([NOISE, lost])
    made.play(1)
    assert made.heard[0] == made.requests[0].data  # the noise was the byte that got lost
    made = bench([lost, NOISE])
    made.play(1)
    assert made.heard[0] == b"\xff" + made.requests[0].data[1:]


def test_clearing_a_fault_drops_no_byte_of_what_it_delayed() -> None:
    made = bench([{"fault": "resp.late", "ms": 300}])
    made.play(1, seconds=0.05)
    made.injector.heal()
    made.play(1, seconds=0.5)
    assert len(made.answers) == len(made.driven) == 2
    assert sorted(one.data for one in made.answers) == sorted(made.driven)


def test_a_talker_is_silent_outside_its_window_and_after_it_is_cleared() -> None:
    made = bench([{"fault": "bus.babble", "n": 2, "pause_ms": 10, "when": {"window": [50_000_000, 100_000_000]}}])
    made.play(1, seconds=1)
    assert 3 <= made.injector.fired("bus.babble") <= 5
    made = bench([{"fault": "bus.babble", "n": 2, "pause_ms": 10}])
    made.play(1, seconds=0.1)
    made.injector.clear("bus.babble")
    before = made.injector.fired("bus.babble")
    made.play(1, seconds=1)
    assert made.injector.fired("bus.babble") == before


# data


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"fault": "turn.lead_nois"}, "did you mean turn.lead_noise?"),
        ({"fault": "turn.lead_noise", "n": 0}, "n"),
        ({"fault": "turn.lead_noise", "bytes": 3}, "bytes"),
        ({"fault": "gap.t15", "chars": 3.5}, "chars"),
        ({"fault": "resp.none", "when": {"p": 1.5}}, "p"),
        ({"fault": "resp.none", "when": {"window": [5, 4]}}, "ends before it begins"),
        ({"fault": "resp.none", "when": {"once": True, "count": 4}}, "name one of them"),
    ],
)
def test_a_fault_that_is_not_one_is_refused_in_one_line(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        Fault.of(raw)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_two_faults_of_one_name_and_an_unknown_predicate_are_refused() -> None:
    with pytest.raises(UsageError, match="another id"):
        bench([NOISE, NOISE]).play(0)
    bench([NOISE, NOISE | {"id": "more noise"}]).play(0)
    with pytest.raises(UsageError, match="did you mean motor_on"):
        bench([NOISE | {"when": {"while": "motor_one"}}], predicates={"motor_on": bool}).play(0)


# determinism


def trace() -> str:
    """A digest of everything that was heard under all kinds at once, each at times."""
    made = bench([raw | {"when": {"p": 0.2, "count": 4}} for raw in EXAMPLES])
    made.play(20)
    return hashlib.sha256(repr((made.heard, made.injector.firings)).encode()).hexdigest()


def test_the_same_seed_gives_the_same_bytes_in_every_process() -> None:
    code = "import test_hil_faults; print(test_hil_faults.trace())"
    seen = {trace()}
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, timeout=60
        )
        seen.add(done.stdout.strip())
    assert len(seen) == 1


def test_only_talkers_speak_unasked() -> None:
    talkers = {tag for tag, kind in KINDS.items() if issubclass(kind, Speaking)}
    assert talkers == {"line.stuck_low", "line.float", "bus.babble", "bus.second_master"}
    made = bench([raw for raw in EXAMPLES if raw["fault"] not in talkers])
    made.play(0, seconds=1)
    assert made.heard == []
