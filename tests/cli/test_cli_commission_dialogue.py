"""How the visit listens: one key a step, a second one where the first may be a slip, every step kept at once."""

import os
import signal
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from edge_agent.cli import commission_dialogue
from edge_agent.cli.commission_dialogue import visit
from edge_agent.cli.commission_keys import Key, Keys, listening
from edge_agent.cli.commission_run import _stoppable
from edge_agent.commission.record import Record, StepRecord
from edge_agent.commission.session import Session
from edge_agent.local.views import BlockView, LiftBlocks, Reply, Request
from tests.commission.commission_bench import LIFT, PROFILES, RIGHT

TICK_NS = 100_000_000
AT_REST = {"door_zone", "landing_lock", "car_lock", "safety_chain", "mains", "doors.front.closed"}
"""What is true of a lift that nobody moves."""


def words(true: set[str] | frozenset[str] = frozenset(AT_REST)) -> list[int]:
    bits = [int((RIGHT[number].item in true) is not RIGHT[number].invert) for number in RIGHT]
    return bits + [0] * (16 - len(bits))


class Site:
    """What the dialogue needs to know of the lift's file."""

    file = "agent.yaml"
    lift = LIFT
    wiring = "as it is"
    slowest_item_ns = 0


class Lift:
    """An agent that reports ten times a second. `says`: by the number of the report; from `silent_from` nothing new."""

    def __init__(self, says: Mapping[int, set[str]] | None = None, silent_from: int = 10**9) -> None:
        self._says, self._silent_from = {} if says is None else says, silent_from
        self.reports = 0

    def ask(self, _request: Request) -> Reply:
        return self._report(0)

    def stream(self, _request: Request) -> Iterator[Reply]:
        while True:
            self.reports += 1
            yield self._report(self.reports)

    def _report(self, number: int) -> Reply:
        said = next((true for since, true in sorted(self._says.items(), reverse=True) if since <= number), AT_REST)
        heard_ns = min(number, self._silent_from) * TICK_NS
        block = BlockView("io", "discrete_inputs", 2, 0, words(said), heard_ns, heard_ns)
        return Reply(blocks=[LiftBlocks("lift-1", Site.wiring, False, number * TICK_NS, [block])])


class Typed:
    """Keys by the number of the report at which they are pressed; then q."""

    def __init__(self, lift: Lift, keys: Mapping[int, Key], stop_at: int, by_key: bool) -> None:
        self._lift, self._keys, self._stop_at, self.by_key = lift, keys, stop_at, by_key
        self.forgotten: list[int] = []

    def said(self) -> Key | None:
        return Key.STOP if self._lift.reports >= self._stop_at else self._keys.get(self._lift.reports)

    def forget(self) -> None:
        self.forgotten.append(self._lift.reports)


class Done:
    """A visit with these keys. `kept` are the numbers of steps that were on disk, one after the other."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        keys: Mapping[int, Key],
        stop_at: int = 50,
        *,
        lift: Lift | None = None,
        by_key: bool = True,
        before: str = "",
    ) -> None:
        lift = Lift() if lift is None else lift
        self.typed = Typed(lift, keys, stop_at, by_key)

        @contextmanager
        def hear() -> Iterator[Typed]:
            yield self.typed

        monkeypatch.setattr(commission_dialogue, "listening", hear)
        steps = [step.name for step in Session(LIFT, PROFILES).steps]
        done = steps[: steps.index(before)] if before else []
        self.session = Session(
            LIFT, PROFILES, record=Record("lift-1", "", tuple(StepRecord(name, 0, 0) for name in done))
        )
        self.kept: list[int] = []
        visit(lift, self.session, Site(), lambda: self.kept.append(self.session.done), "en")  # type: ignore[arg-type]

    @property
    def steps(self) -> list[tuple[str, bool]]:
        return [(step.name, step.declined) for step in self.session.record.steps]


def test_a_step_is_over_once_everything_was_read_after_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(monkeypatch, {5: Key.DONE}, stop_at=9)
    (step,) = done.session.record.steps

    assert (step.name, step.said_ns // TICK_NS, step.to_ns // TICK_NS) == ("rest", 5, 6)
    assert done.typed.forgotten == [6], "what was pressed while it was read means nothing"


def test_a_silent_device_holds_a_step_up_for_five_seconds_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(monkeypatch, {5: Key.DONE}, stop_at=200, lift=Lift(silent_from=4))
    (step,) = done.session.record.steps

    assert (step.to_ns - step.said_ns) // TICK_NS == 50


def test_the_draft_is_written_before_the_first_step_and_behind_each(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = Done(monkeypatch, {5: Key.DONE, 10: Key.DONE, 15: Key.DONE}, stop_at=20)

    assert moved.kept == [0, 1, 2]
    assert [name for name, _ in moved.steps] == ["rest", "step_in"]


def test_where_nothing_moved_that_should_a_second_key_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Done(monkeypatch, {5: Key.DONE, 10: Key.DONE}, stop_at=20)
    assert [name for name, _ in once.steps] == ["rest"], "nobody stepped in"
    twice = Done(monkeypatch, {5: Key.DONE, 10: Key.DONE, 15: Key.DONE}, stop_at=20)
    assert [name for name, _ in twice.steps] == ["rest", "step_in"]


def test_a_script_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(monkeypatch, {5: Key.DONE, 10: Key.DONE}, stop_at=20, by_key=False)

    assert [name for name, _ in done.steps] == ["rest", "step_in"]


def test_a_signal_that_was_let_pass_asks_for_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cabinet reads open all the time; only the first step wants a second key for it."""
    open_cabinet = Lift({0: AT_REST | {"cabinet_door"}})
    keys = {5: Key.DONE, 10: Key.DONE, 15: Key.CANNOT, 20: Key.CANNOT}
    done = Done(monkeypatch, keys, stop_at=14, lift=open_cabinet)
    assert done.steps == [("rest", False)]

    stepped_in = AT_REST - {"doors.front.closed", "landing_lock", "car_lock"} | {"doors.front.open", "cabinet_door"}
    inside = AT_REST | {"person", "cabinet_door"}
    lift = Lift({0: AT_REST | {"cabinet_door"}, 12: stepped_in, 14: inside})
    done = Done(monkeypatch, {5: Key.DONE, 10: Key.DONE, 17: Key.DONE}, stop_at=20, lift=lift)
    assert [name for name, _ in done.steps] == ["rest", "step_in"], "one key, although the cabinet still reads open"


def test_a_mandatory_step_is_left_out_by_a_second_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Done(monkeypatch, {5: Key.CANNOT}, stop_at=9)
    assert once.steps == []
    twice = Done(monkeypatch, {5: Key.CANNOT, 7: Key.CANNOT}, stop_at=9)
    assert twice.steps == [("rest", True)]
    other = Done(monkeypatch, {5: Key.CANNOT, 7: Key.DONE}, stop_at=12)
    assert other.steps == [("rest", False)], "the second key was another one"


def test_an_optional_step_is_left_out_by_one_key_with_all_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(monkeypatch, {5: Key.CANNOT}, stop_at=9, before="overload")

    assert done.steps[-2:] == [("overload", True), ("unload", True)]


def test_one_key_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done(monkeypatch, {5: Key.DONE, 10: Key.BACK}, stop_at=15)

    assert done.steps == []
    assert done.kept == [0, 1, 0]


# keys


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pty whose one end is standard input; the other types."""
    master, slave = os.openpty()
    with os.fdopen(slave, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield master
    os.close(master)


def test_on_a_terminal_each_key_counts_without_enter_and_the_terminal_is_put_back(terminal: int) -> None:
    before = termios.tcgetattr(sys.stdin)
    with listening() as keys:
        assert keys.by_key
        assert keys.said() is None
        os.write(terminal, b" rBsq")
        assert [keys.said() for _ in range(5)] == [Key.DONE, Key.AGAIN, Key.BACK, Key.CANNOT, Key.STOP]
        os.write(terminal, b"x\n")
        assert [keys.said() for _ in range(3)] == [None, Key.DONE, None]
    assert termios.tcgetattr(sys.stdin) == before


def test_keys_pressed_too_early_are_forgotten(terminal: int) -> None:
    with listening() as keys:
        os.write(terminal, b"  ")
        assert keys.said() is Key.DONE
        keys.forget()
        assert keys.said() is None


def test_a_scripts_lines_wait_for_their_step_and_its_end_is_a_stop() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"\ns\n")
    os.close(writing)
    keys = Keys(reading, by_key=False)
    keys.forget()

    assert [keys.said() for _ in range(3)] == [Key.DONE, Key.CANNOT, Key.STOP]
    os.close(reading)


# the end of a connection


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_connection_that_drops_ends_the_visit_as_ctrl_c_does(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), _stoppable():
        os.kill(os.getpid(), number)
        signal.sigtimedwait([], 1)
    assert signal.getsignal(number) is before
