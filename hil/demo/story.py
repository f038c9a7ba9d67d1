"""The demo's story: a normal ride, people trapped between floors, the alarm, its acknowledgement, the rescue."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hil import BenchError
from hil.demo.board import Board, Column, Fact, Wanted, is_kind
from hil.demo.scene import Options, Scene
from hil.demo.terminal import Terminal
from hil.demo.texts import STEPS, title
from hil.demo.timeline import Outcome, Step, View
from hil.processes import Processes
from protocols.upstream.messages import Phase, Text

_DEPART_WITHIN_S: Final = 25.0
_RIDE_S: Final = 2.0
"""How long the car rides undisturbed after the terminal saw it move."""
_READY_WITHIN_S: Final = 20.0
_STAND_WITHIN_S: Final = 25.0
_RAISE_WITHIN_S: Final = 45.0
_ANSWER_WITHIN_S: Final = 10.0
_RESCUE_WITHIN_S: Final = 40.0
_TICK_S: Final = 0.25
_WINDOW_S: Final = 30
"""The window of A01 with people known in the car (`docs/detection.md`)."""
_CODE: Final = "A01"


class Steps:
    """Measures the story's steps."""

    def __init__(self, board: Board) -> None:
        self.done: list[Step] = []
        self._board = board

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """One step; kept only if it succeeds."""
        began_s = self._board.now_s()
        yield
        self.done.append(Step(STEPS[name], self._board.now_s() - began_s))


async def play(options: Options, view: View) -> Outcome:
    """Play the story once. The outcome's `problem` is None only if the subscriber got the alarm and its end."""
    board = Board(view.fact)
    steps = Steps(board)
    broker_name, problem, remark = "", None, None
    with tempfile.TemporaryDirectory(prefix="liftwarden-demo-") as name:
        try:
            async with Processes(Path(name)) as processes:
                scene = Scene(Path(name), board, processes, options)
                with steps.step("broker"):
                    broker = await scene.start_broker()
                broker_name = broker.name
                view.title(title(broker.name))
                async with scene.running(broker):
                    remark = await _acts(scene, steps, view)
        except* BenchError as errors:
            problem = str(_first(errors))
    said = None if problem is None else Text(problem, problem)
    return Outcome(steps.done, board.now_s(), broker_name, said, remark)


def _first(group: BaseExceptionGroup[BenchError]) -> BenchError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _acts(scene: Scene, steps: Steps, view: View) -> Text:
    board = scene.board
    with steps.step("start"):
        wanted, otherwise = is_kind(Column.UPSTREAM, "state"), "the terminal's first state did not reach the subscriber"
        await board.until(wanted, _READY_WITHIN_S, otherwise)
    with steps.step("ride"):
        wanted, otherwise = is_kind(Column.TERMINAL, "moving"), "the terminal did not see the lift move"
        await board.until(wanted, _DEPART_WITHIN_S, otherwise)
        await asyncio.sleep(_RIDE_S)
    with steps.step("entrap"):
        stopped = await _entrap(scene)
    with steps.step("window"):
        raised = await _raised(scene, view, stopped)
    with steps.step("ack"):
        otherwise = "the terminal did not confirm the acknowledgement"
        await board.until(_phase(Phase.ACKNOWLEDGED, raised), _ANSWER_WITHIN_S, otherwise)
    with steps.step("rescue"):
        await scene.lift.poke("release")
        otherwise = "the end of the alarm did not reach the subscriber"
        await board.until(_phase(Phase.ENDED, raised), _RESCUE_WITHIN_S, otherwise)
    return _delay(stopped, raised)


def _delay(stopped: Fact, raised: Fact) -> Text:
    delay_s = raised.t_s - stopped.t_s
    return Text(
        f"轿厢停住到订阅者收到 {_CODE}: {delay_s:.1f} 秒 (规则窗口 {_WINDOW_S} 秒)",
        f"from the car's stop to {_CODE} at the subscriber: {delay_s:.1f} s (the rule's window is {_WINDOW_S} s)",
    )


def _phase(phase: Phase, of: Fact | None = None) -> Wanted:
    """Wants this phase of A01 upstream, of the same happening as `of` if given."""

    def wanted(fact: Fact) -> bool:
        event = fact.event
        if event is None or fact.column is not Column.UPSTREAM or fact.kind != phase.value:
            return False
        return event.code == _CODE and (of is None or of.event is None or event.event_id == of.event.event_id)

    return wanted


async def _entrap(scene: Scene) -> Fact:
    poked_s = scene.board.now_s()
    await scene.lift.poke("entrap_between_floors")
    wanted, otherwise = is_kind(Column.LIFT, "trapped_since"), "the simulated lift did not stop between floors"
    return await scene.board.until(wanted, _STAND_WITHIN_S, otherwise, since_s=poked_s)


async def _raised(scene: Scene, view: View, stopped: Fact) -> Fact:
    counting = asyncio.create_task(_countdown(scene.terminal, view), name="countdown")
    try:
        otherwise = f"no {_CODE} reached the subscriber"
        return await scene.board.until(_phase(Phase.RAISED), _RAISE_WITHIN_S, otherwise, since_s=stopped.t_s)
    finally:
        counting.cancel()
        view.countdown("")


async def _countdown(terminal: Terminal, view: View) -> None:
    while True:
        now = terminal.now
        left_s = now.raises_in_s
        if left_s is not None:
            left = round(min(left_s, _WINDOW_S))
            view.countdown(f"{now.counting} [{'#' * (_WINDOW_S - left)}{'.' * left}] {left_s:.0f} s")
        await asyncio.sleep(_TICK_S)
