"""The terminal's box on a virtual bench: its power, its clock, its disk, and the one process that runs on it.

A process that is killed, or whose power is cut, is cut off from everything in that very instant: its serial port and
its connection are closed (with the power they just fall silent), and what is on its disk is put aside as it is. What
its code still does on its way out nobody sees; then the files are put back, and another process may start.
"""

import asyncio
import contextvars
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Final

import msgspec

from edge_agent.app import Agent, Ports
from edge_agent.config_types import AgentConfig
from hil.broker import MemoryBroker
from hil.disk import WRITING, Disk, Files, Pace
from hil.faults.deeds import Crash, Deed, FillDisk, Pause, PowerCut, StepWall, Wall
from hil.host_process import HostProcess, MakeAgent, TestedAgent
from hil.loop import NS_PER_S, VirtualClock, VirtualLoop

BOOTED_NS: Final = 20 * NS_PER_S
"""How old the monotonic clock is when a booted host starts the agent."""
OnLife = Callable[[str, str], None]
"""(what became of the process, why): started, stopped, killed, ended (by itself)."""
OnOccasion = Callable[[str], None]
"""The name of a point that the agent reached, or `WRITING`."""


class Host:
    """Starts, stops, and has hands for the deeds of faults (`hil.faults.doing.Hands`).

    `config` is what the next process is started with; its journal stays where the first one's was.
    `ports` are the world's: its bus, its clock, whatever the agent is to have; `broker` is behind `ports.broker`. A
    process that ends by itself is started again after `restart_s`, as systemd does; None leaves it.
    """

    def __init__(
        self,
        config: AgentConfig,
        ports: Ports,
        broker: MemoryBroker,
        clock: VirtualClock,
        loop: VirtualLoop,
        *,
        pace: Pace | None = None,
        restart_s: float | None = 2.0,
        on_life: OnLife | None = None,
        make_agent: MakeAgent = Agent,
    ) -> None:
        self.config = config
        self.ended: list[BaseException | None] = []
        self._broker = broker
        self._clock = clock
        self._loop = loop
        self._restart_s = restart_s
        self._on_life = on_life
        self._make_agent = make_agent
        self._watchers: list[OnOccasion] = []
        self._disk = Disk(Path(config.journal.path), loop, lambda: self._occasion(WRITING), pace)
        loop.set_around_work(self._disk.at_work)
        self._ports = msgspec.structs.replace(ports, disk=self._disk)
        self._context = contextvars.copy_context()
        self._process: HostProcess | None = None
        self._burial: asyncio.Task[None] | None = None
        self._full: list[FillDisk] = []
        self._is_powered = True
        self._is_wanted = False
        self._is_due = False
        self._boots = 1

    # as systemd does

    def start(self) -> None:
        """Start the agent, or as soon as the one before is gone and there is power."""
        self._is_wanted = True
        self._is_due = self._burial is not None
        if self._process is not None or self._is_due or not self._is_powered:
            return
        process = HostProcess(
            self.config,
            self._ports,
            self._broker,
            self._clock,
            self._loop,
            self._occasion,
            self._context,
            self._make_agent,
        )
        self._process = process
        process.task.add_done_callback(lambda _task: self._ended(process), context=self._context)
        self._tell("started", "")

    async def stop(self) -> None:
        """Stop it as SIGTERM does, and wait for its end; one that stands still goes on for that."""
        self._is_wanted = False
        process = self._process
        if process is not None:
            process.go_on()
            process.stop.set()
            await asyncio.wait([process.task])
        elif self._burial is not None:
            await asyncio.wait([self._burial])

    def kill(self) -> None:
        """Kill it as SIGKILL does; nobody starts another one."""
        self._is_wanted = False
        self._kill(self._disk.files, silently=False, why="")

    @property
    def is_running(self) -> bool:
        """Whether there is a process, be it one that stands still."""
        return self._process is not None

    @property
    def agent(self) -> TestedAgent | None:
        """The agent that runs now; none while its process stands still, or there is none."""
        return None if self._process is None or self._process.is_stopped else self._process.agent

    def _ended(self, process: HostProcess) -> None:
        if self._process is not process:
            return
        self._process = None
        error = None if process.task.cancelled() else process.task.exception()
        self.ended.append(error)
        self._tell("stopped" if error is None else "ended", "" if error is None else str(error))
        if self._is_wanted and self._restart_s is not None:
            self._later(self._restart_s, self._restart)

    def _restart(self) -> None:
        if self._is_wanted:
            self.start()

    def _tell(self, what: str, why: str) -> None:
        if self._on_life is not None:
            self._on_life(what, why)

    def _later(self, seconds: float, callback: Callable[[], None]) -> None:
        self._loop.call_later(seconds, callback, context=self._context)

    # deeds

    def watch(self, on_occasion: OnOccasion) -> None:
        """Tell of each point that the agent reaches, and of `WRITING`, in that very instant."""
        self._watchers.append(on_occasion)

    def _occasion(self, name: str) -> None:
        for watcher in self._watchers:
            watcher(name)

    def begin(self, deed: Deed) -> bool:
        """Do it; False if there is nothing that it could be done to."""
        match deed:
            case StepWall():
                self._step_wall(deed)
            case FillDisk():
                self._full.append(deed)
                self._disk.fill(deed.room)
            case Pause():
                return self._process is not None and self._process.stand_still()
            case Crash():
                return self._kill(self._disk.files, silently=False, why=deed.done)
            case PowerCut():
                return self._cut_power(deed)
            case _:
                return False
        return True

    def end(self, deed: Deed) -> None:
        """It is over."""
        match deed:
            case FillDisk():
                self._free(deed)
            case Pause():
                if self._process is not None:
                    self._process.go_on()
            case Crash():
                self.start()
            case PowerCut():
                self._boot(deed)

    def _free(self, deed: FillDisk) -> None:
        self._full.remove(deed)
        if self._full:
            self._disk.fill(self._full[-1].room)
        else:
            self._disk.free()

    def _step_wall(self, deed: StepWall) -> None:
        self._clock.step_wall(deed.by_ns)
        if deed.synchronised is not None:
            self._clock.synchronised = deed.synchronised

    def _cut_power(self, deed: PowerCut) -> bool:
        if not self._is_powered:
            return False
        self._is_powered = False
        rng = Random(deed.seed)
        killed = self._kill(lambda: self._disk.left_by_power_cut(rng), silently=True, why=deed.done)
        if not killed and self._burial is None:
            self._disk.put(self._disk.left_by_power_cut(rng))
        return True

    def _boot(self, deed: PowerCut) -> None:
        self._is_powered = True
        self._boots += 1
        self._clock.reboot(f"virtual-boot-{self._boots}", BOOTED_NS, wall_is_kept=deed.wall is Wall.KEPT)
        if deed.wall is Wall.UNSET and deed.set_after_ns is not None:
            self._later(deed.set_after_ns / NS_PER_S, self._clock.set_right)
        self.start()

    def _kill(self, left: Callable[[], Files], *, silently: bool, why: str) -> bool:
        process = self._process
        if process is None:
            return False
        self._process = None
        self._is_due = False
        files = left()
        self._disk.is_detached = True
        process.cut_off(silently=silently)
        self._burial = self._context.copy().run(self._loop.create_task, self._bury(process, files))
        self._tell("killed", why)
        return True

    async def _bury(self, process: HostProcess, files: Files) -> None:
        await asyncio.wait([process.task])
        if not process.task.cancelled():
            process.task.exception()  # seen: whatever it says, it says of a process that was dead already
        self._disk.put(files)
        self._burial = None
        if self._is_due and self._is_wanted:
            self.start()
