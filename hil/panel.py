"""The key panel of `hil serve`: one key for each thing that can be done to the lift, and what the lift does meanwhile.

Events scroll above it; it needs a terminal on both sides and takes no line of a pipe.
"""

import asyncio
import os
import re
import string
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.columns import Columns
from rich.console import Group
from rich.live import Live
from rich.text import Text as Styled

from protocols.language import language, pick
from protocols.lift.vocabulary import Direction, ServiceMode
from protocols.upstream.messages import Text
from sim.signals import PlantSignals
from sim.stimuli import Effect, Stimulus

S = Stimulus
PAGES: Final[tuple[tuple[Text, tuple[Stimulus, ...]], ...]] = (
    (
        Text("人", "people"),
        (
            S.PERSON_ENTERS,
            S.PERSON_LEAVES,
            S.IDLE_PERSON,
            S.RIDE_UP,
            S.RIDE_DOWN,
            S.HOLD_DOOR,
            S.FORCE_DOOR,
            S.E_BIKE_ENTERS,
            S.OVERLOAD,
            S.OPEN_BUTTON,
            S.CLOSE_BUTTON,
            S.ALARM_BUTTON,
            S.BLOCK_BEAM,
            S.SAFETY_EDGE,
            S.CLEANING,
            S.HALL_BUTTON_STUCK,
            S.HALL_BUTTON_FREED,
        ),
    ),
    (
        Text("故障", "faults"),
        (
            S.ENTRAP_BETWEEN_FLOORS,
            S.ENTRAP_AT_LANDING,
            S.RELEASE,
            S.POWER_LOSS,
            S.POWER_RESTORE,
            S.DOOR_JAMMED_AJAR,
            S.SILL_OBSTRUCTED,
            S.DOOR_OPENS_RUNNING,
            S.CHAIN_GLITCH,
            S.CONTROLLER_REBOOT,
            S.OVERSPEED,
            S.NO_MOTION,
            S.ROPE_SLIP,
            S.UCM,
            S.OVERTRAVEL,
            S.NOT_SLOWED,
            S.BRAKE_STUCK,
            S.CONTACTOR_STUCK,
        ),
    ),
    (
        Text("运行方式", "service"),
        (
            S.FIRE_RECALL,
            S.FIREFIGHTER,
            S.FIRE_END,
            S.ATTENDANT_ON,
            S.ATTENDANT_OFF,
            S.INDEPENDENT_ON,
            S.INDEPENDENT_OFF,
            S.OUT_OF_SERVICE,
            S.IN_SERVICE,
            S.EARTHQUAKE,
            S.EARTHQUAKE_END,
        ),
    ),
    (
        Text("维保", "technician"),
        (
            S.TECHNICIAN_VISIT,
            S.REPAIR_BEGINS,
            S.REPAIR_ENDS,
            S.INSPECTION_ON,
            S.INSPECTION_OFF,
            S.INSPECTION_UP,
            S.INSPECTION_DOWN,
            S.EMERGENCY_ELECTRICAL_ON,
            S.EMERGENCY_ELECTRICAL_OFF,
            S.EMERGENCY_ELECTRICAL_UP,
            S.EMERGENCY_ELECTRICAL_DOWN,
            S.STOP_SWITCH,
            S.DOOR_STOP,
            S.CABINET_DOOR,
            S.MODE_SELECTOR_BROKEN,
            S.MODE_SELECTOR_MENDED,
        ),
    ),
    (
        Text("触点与短接", "contacts"),
        (
            S.LANDING_LOCK,
            S.CAR_CONTACT,
            S.BRIDGE_LANDING_LOCK,
            S.BRIDGE_THIS_LANDING,
            S.BRIDGE_CAR_CONTACT,
            S.BRIDGE_CHAIN,
            S.UNBRIDGE,
            S.BYPASS_ON,
            S.BYPASS_OFF,
            S.BYPASS_LEFT_ON,
        ),
    ),
)
"""By who does it; the keys of a page are a, b, c and so on, in this order."""

_MODES: Final = {
    ServiceMode.OUT_OF_SERVICE: Text("停止服务", "out of service"),
    ServiceMode.NORMAL: Text("正常", "normal"),
    ServiceMode.INSPECTION: Text("检修", "inspection"),
    ServiceMode.FIRE_RECALL: Text("消防返回", "fire recall"),
    ServiceMode.FIREFIGHTER: Text("消防员运行", "firefighter"),
    ServiceMode.EMERGENCY_POWER: Text("应急电源", "emergency power"),
    ServiceMode.EARTHQUAKE: Text("地震", "earthquake"),
    ServiceMode.UNKNOWN: Text("未知", "unknown"),
}
_ARROWS: Final = {Direction.NONE: "■", Direction.UP: "▲", Direction.DOWN: "▼"}
_HELP: Final = Text("字母: 执行  Tab: 下一页  {cars}q: 结束", "letter: do it  Tab: next page  {cars}q: end")
_CARS: Final = Text("1-{cars}: 电梯  ", "1-{cars}: lift  ")
_QUIT: Final = "q"
_LETTERS: Final = string.ascii_lowercase.replace(_QUIT, "")
_REFRESH_S: Final = 0.5
_AT_ONCE: Final = 256
_ESCAPES: Final = re.compile(r"\x1b(\[[0-9;]*.|O.|.)?")
"""Arrows and function keys: none of ours."""

Act = Callable[[Stimulus, float | None, int | None], Effect]
Look = Callable[[int], PlantSignals]
Told = Callable[[Stimulus, Effect], None]


class Panel:
    """What a key does, and how it all looks. Cars count from 0; `told` hears what became of a stimulus."""

    def __init__(self, labels: tuple[str, ...], cars: int, act: Act, look: Look, told: Told) -> None:
        self._labels = labels
        self._cars = cars
        self._act = act
        self._look = look
        self._told = told
        self._lang = language(None, os.environ)
        self.page = 0
        self.car = 0

    @property
    def keys(self) -> dict[str, Stimulus]:
        """What the letters mean now."""
        return dict(zip(_LETTERS, PAGES[self.page][1], strict=False))

    def press(self, key: str) -> bool:
        """Do what the key says; whether it was the last one."""
        if key == _QUIT:
            return True
        if key == "\t":
            self.page = (self.page + 1) % len(PAGES)
        elif key.isdecimal() and 1 <= int(key) <= self._cars:
            self.car = int(key) - 1
        elif (stimulus := self.keys.get(key)) is not None:
            # Nobody chose among the cars of a single lift; in a group, what is building-wide still comes to all.
            chosen = None if self._cars == 1 or stimulus.is_building_wide else self.car
            self._told(stimulus, self._act(stimulus, None, chosen))
        return False

    def __rich__(self) -> Group:
        """The lift, the pages, and the keys of this one."""
        names = [Styled.assemble((f"{key} ", "bold"), one.value) for key, one in self.keys.items()]
        return Group(self._lift(), self._tabs(), Columns(names, padding=(0, 2)), self._help())

    def _lift(self) -> Styled:
        now = self._look(self.car)
        floor = self._labels[now.floor] if now.floor_known else "--"
        who = f"{self.car + 1}: " if self._cars > 1 else ""
        said = [
            f"{who}{floor} {_ARROWS[now.direction]} {abs(now.speed_mps):.1f} m/s",
            self._word(f"门 {now.door_fraction:.0%}", f"door {now.door_fraction:.0%} open"),
            self._word(f"轿内 {now.persons} 人", f"{now.persons} in the car"),
            pick(_MODES[now.mode], self._lang),
        ]
        if not now.mains:
            said.append(self._word("停电", "no mains"))
        elif not now.safety_chain and now.door_closed:
            said.append(self._word("安全回路断开", "safety chain open"))
        return Styled("  ".join(said), style="reverse")

    def _tabs(self) -> Styled:
        titles = [pick(title, self._lang) for title, _ in PAGES]
        return Styled.assemble(*((f" {one} ", "bold" if at == self.page else "dim") for at, one in enumerate(titles)))

    def _help(self) -> Styled:
        cars = pick(_CARS, self._lang).format(cars=self._cars) if self._cars > 1 else ""
        return Styled(pick(_HELP, self._lang).format(cars=cars), style="dim")

    def _word(self, zh: str, en: str) -> str:
        return pick(Text(zh, en), self._lang)


def is_wanted() -> bool:
    """Whether a person sits at this terminal, and the program is not in its background."""
    if sys.stdin is None or sys.stdout is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return True  # not the terminal that controls us, so nobody can put us into its background


@contextmanager
def shown(panel: Panel, catch_up: Callable[[], None], on_quit: Callable[[], None]) -> Iterator[None]:
    """Hear keys and keep the panel below what is said, in the running loop; the terminal is as before afterwards.

    `catch_up` brings the lift to the present before the panel is drawn anew.
    """
    loop, fd = asyncio.get_running_loop(), sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        with Live(panel, auto_refresh=False, transient=True) as live:

            def typed() -> None:
                read = os.read(fd, _AT_ONCE)
                keys = _ESCAPES.sub("", read.decode(errors="replace")).lower()
                if not read or any(panel.press(key) for key in keys):  # a terminal that hung up reads as nothing
                    loop.remove_reader(fd)
                    on_quit()
                live.refresh()

            async def follow() -> None:
                while True:
                    catch_up()
                    live.refresh()
                    await asyncio.sleep(_REFRESH_S)

            loop.add_reader(fd, typed)
            following = loop.create_task(follow())
            try:
                yield
            finally:
                following.cancel()
                loop.remove_reader(fd)
    finally:
        termios.tcsetattr(fd, termios.TCSAFLUSH, before)
