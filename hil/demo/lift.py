"""What the lift did: the simulated lift runs as `liftwarden hil serve` in a process of its own, and writes its truth
to a file that is followed here. The agent never sees that file; it has only the serial port.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from hil.demo.board import Board, Column, DemoError
from hil.processes import Processes
from protocols.upstream.messages import Text
from sim.building import load_building
from sim.stimuli import parse

PROFILE: Final = "stm32-lift-sensor"
BUILDING: Final = "residential-9"
DOOR_SWITCH: Final = "open_end"
"""The demo's answer to the profile's question: at which end of the door's travel the switch sits."""
NAME: Final = "lift"
_PASSENGERS_COME: Final = ("0.1s", "0.2s")
_READY_WITHIN_S: Final = 15.0
_LOOK_S: Final = 0.05

Plain = bool | int | float | str | list[str]


class _Truth(msgspec.Struct, frozen=True):
    """A line of the truth file; lines of other shapes (register samples) have no `kind`."""

    t_ns: int
    kind: str = ""
    data: dict[str, Plain] = {}


class Lift:
    """The simulated lift behind a virtual serial port."""

    def __init__(self, processes: Processes, directory: Path, board: Board, seed: int) -> None:
        self.port = directory / "ttyLIFT"
        self._truth = directory / "truth.jsonl"
        self._truth.touch()
        self._processes = processes
        self._board = board
        self._seed = seed
        self._began_s: float | None = None
        self.labels = tuple(floor.label for floor in load_building(BUILDING).floors)

    async def start(self) -> None:
        """Return once the virtual port is there. Raises DemoError."""
        arguments = {
            "--profile": PROFILE,
            "--building": BUILDING,
            "--option": f"door_switch={DOOR_SWITCH}",
            "--link": str(self.port),
            "--seed": str(self._seed),
            "--truth": str(self._truth),
        }
        flat = [part for pair in arguments.items() for part in pair]
        flat += [part for moment in _PASSENGERS_COME for part in ("--at", f"{moment}=person_enters")]
        process = await self._processes.start(NAME, sys.executable, "-m", "hil", "serve", *flat)
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                while not self.port.exists():
                    if process.returncode is not None:
                        raise DemoError(f"the simulated lift did not start: {self._processes.last_line(NAME)}")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError as error:
            raise DemoError(f"the simulated lift did not publish {self.port.name} in time") from error

    async def poke(self, stimulus: str) -> None:
        """Act on the running lift. Raises DemoError."""
        command = (sys.executable, "-m", "hil", "poke", str(self.port), stimulus)
        process = await self._processes.start(f"poke-{stimulus}", *command)
        if await process.wait() != 0:
            raise DemoError(f"{stimulus} was refused: {self._processes.last_line(f'poke-{stimulus}')}")

    async def follow(self) -> None:
        """Post what happens to the lift, until cancelled."""
        rest = b""
        with self._truth.open("rb") as file:
            while True:
                *lines, rest = (rest + file.read()).split(b"\n")
                for line in lines:
                    self._tell(msgspec.json.decode(line, type=_Truth))
                await asyncio.sleep(_LOOK_S)

    def _tell(self, truth: _Truth) -> None:
        sentence = sentence_of(truth.kind, truth.data, self.labels)
        if sentence is not None:
            self._board.post(Column.LIFT, truth.kind, sentence, t_s=self._seconds(truth.t_ns))

    def _seconds(self, t_ns: int) -> float:
        """The plant's time on the demo's clock: it began at the latest when its least delayed line was read."""
        seen_s = self._board.now_s()
        began_s = seen_s - t_ns / 1e9
        self._began_s = began_s if self._began_s is None else min(self._began_s, began_s)
        return min(self._began_s + t_ns / 1e9, seen_s)


def sentence_of(kind: str, data: Mapping[str, Plain], labels: Sequence[str]) -> Text | None:
    """A truth record in words; None for what the timeline leaves out."""
    floor = data.get("floor")
    label = labels[floor] if isinstance(floor, int) else "?"
    persons = data.get("persons", 0)
    if kind == "stimulus":
        stimulus = parse(str(data["stimulus"]))
        return Text(f"* {stimulus.zh}", f"* {stimulus.en}")
    if kind == "stopped" and data.get("door_zone") is False:
        return Text("停在楼层之间", "stops between floors")
    sentences = {
        "departed": Text(f"离开 {label} 层, 载 {persons} 人", f"leaves floor {label} with {persons} in the car"),
        "arrived": Text(f"到达 {label} 层", f"arrives at floor {label}"),
        "door_open": Text("门全开", "door fully open"),
        "door_closed": Text("门已关闭", "door closed"),
        "boarded": Text(f"有人进入 (轿内 {persons} 人)", f"somebody gets in: {persons} in the car"),
        "alighted": Text(f"有人走出 (轿内 {persons} 人)", f"somebody gets out: {persons} in the car"),
        "trapped_since": Text(f"{persons} 人被困", f"{persons} trapped"),
        "freed": Text("被困人员可以离开", "they can get out"),
    }
    return sentences.get(kind)
