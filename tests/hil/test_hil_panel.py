"""The key panel of `hil serve`: every stimulus has a key that does what it says; the terminal is left as found."""

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from hil.panel import PAGES, Panel
from hil.setup import from_flags
from hil.world import World
from sim.stimuli import Effect, Stimulus
from tests.support.processes import CLI

WITHIN_S = 60
PHONE_CELLS = 40


class Desk:
    """A panel on a world that stands still; `told` is what became of each key."""

    def __init__(self, building: str = "residential-9") -> None:
        setup, _ = from_flags(["stm32-lift-sensor"], [], [])
        self.world = World(msgspec.structs.replace(setup, building=building))
        self.told: list[tuple[Stimulus, Effect]] = []
        self.panel = Panel(
            self.world.labels,
            self.world.building.cars,
            lambda stimulus, for_s, car: self.world.act(0, stimulus, for_s, car),
            lambda car: self.world.plant.signals(car=car),
            lambda stimulus, effect: self.told.append((stimulus, effect)),
        )

    def press(self, keys: str) -> list[bool]:
        return [self.panel.press(key) for key in keys]

    def seen(self, cells: int = 80) -> list[str]:
        console = Console(width=cells)
        with console.capture() as said:
            console.print(self.panel)
        return said.get().splitlines()


def test_every_stimulus_has_one_key_and_no_key_two_meanings() -> None:
    shown = [stimulus for _, stimuli in PAGES for stimulus in stimuli]
    assert sorted(one.value for one in shown) == sorted(one.value for one in Stimulus)
    desk = Desk()
    for _, stimuli in PAGES:
        assert tuple(desk.panel.keys.values()) == stimuli
        assert "q" not in desk.panel.keys
        desk.press("\t")
    assert desk.panel.page == 0


def test_a_letter_does_what_stands_beside_it() -> None:
    desk = Desk()
    assert desk.press("a?7") == [False] * 3
    assert desk.told == [(Stimulus.PERSON_ENTERS, Effect.NOW)]
    desk.press("\ta")
    assert desk.told[1:] == [(Stimulus.ENTRAP_BETWEEN_FLOORS, Effect.ARMED)]
    assert desk.press("q") == [True]


def test_in_a_group_a_digit_chooses_the_lift_and_a_power_cut_comes_to_all() -> None:
    desk = Desk("office-16")
    desk.press("2\t\th")
    assert desk.told == [(Stimulus.OUT_OF_SERVICE, Effect.NOW)]
    modes = [desk.world.plant.signals(car=car).mode for car in range(4)]
    assert modes[1] is not modes[0]
    assert modes[0] is modes[2] is modes[3]
    assert desk.press("9") == [False]
    assert desk.panel.car == 1
    desk.press("\t\t\t\td")
    assert not any(desk.world.plant.signals(car=car).mains for car in range(4))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_fits_a_phone_in_both_languages(monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    monkeypatch.setenv("LC_ALL", f"{lang}_XX.UTF-8")
    desk = Desk()
    lines = desk.seen(PHONE_CELLS)
    assert ("人" in "".join(lines)) is (lang == "zh")
    assert {stimulus.value for stimulus in PAGES[0][1]} <= {word for line in lines for word in line.split()}


class Terminal:
    """`liftwarden hil serve` on a pseudo-terminal of its own."""

    def __init__(self, link: Path) -> None:
        self._ours, self._theirs = pty.openpty()
        self.before = termios.tcgetattr(self._theirs)
        command = [sys.executable, "-c", CLI, "hil", "serve", "--profile=stm32-lift-sensor", f"--link={link}"]
        environment = {**os.environ, "LC_ALL": "en_US.UTF-8", "TERM": "xterm", "COLUMNS": "100"}
        self.process = subprocess.Popen(
            command, stdin=self._theirs, stdout=self._theirs, stderr=self._theirs, env=environment, close_fds=True
        )
        self.said = ""

    def until(self, text: str) -> None:
        ends_s = time.monotonic() + WITHIN_S
        while text not in self.said:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, ends_s - time.monotonic()))
            assert ready, self.said
            self.said += os.read(self._ours, 65536).decode(errors="replace")

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def ended(self) -> int:
        """Its exit code; what it says until then is read, so that it never waits for us."""
        ends_s = time.monotonic() + WITHIN_S
        while self.process.poll() is None and time.monotonic() < ends_s:
            if select.select([self._ours], [], [], 0.1)[0]:
                self.said += os.read(self._ours, 65536).decode(errors="replace")
        return self.process.wait(0)

    def settings(self) -> list[object]:
        return termios.tcgetattr(self._theirs)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    served = Terminal(tmp_path / "ttyLIFT")
    yield served
    served.close()


@pytest.mark.process
@pytest.mark.parametrize("how", ["key", "signal"])
def test_a_key_reaches_the_lift_and_the_terminal_is_as_before(terminal: Terminal, how: str) -> None:
    terminal.until("q: end")
    assert terminal.settings() != terminal.before
    terminal.type("\x1bOQ")
    terminal.type("a")
    terminal.until("person_enters: it happens now")
    terminal.until("boarded  person=1")
    if how == "key":
        terminal.type("q")
    else:
        terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended() == 0
    assert terminal.settings() == terminal.before
