"""The box: what starts when, what a dead process can still do (nothing), and what one that stands still gets later."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent import AgentError
from edge_agent.app import Ports, Reply, Request
from edge_agent.config_types import AgentConfig
from edge_agent.ports import BrokerError, MqttVersion, Publication
from hil.broker import MemoryBroker
from hil.faults.deeds import Crash, FillDisk, Pause, PowerCut, Wall
from hil.host import BOOTED_NS, Host
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop
from hil.world import VirtualWorld
from tests.support.virtual_agent import STM32

CRASH, PAUSE, CUT = Crash(done="crash"), Pause(done="pause"), PowerCut(done="cut", seed=1, wall=Wall.UNSET)
WILL = Publication("t/health", b"offline")
Program = Callable[["Script", asyncio.Event], Coroutine[Any, Any, None]]


class Script:
    """An agent that does what a test says."""

    def __init__(self, ports: Ports, program: Program) -> None:
        self.ports = ports
        self._program = program

    async def run(self, stop: asyncio.Event) -> None:
        await self._program(self, stop)

    async def answer(self, request: Request) -> Reply:
        return Reply()


class Box:
    """A host with a scripted agent; `did` is what became of its processes, and when in s."""

    def __init__(self, directory: Path, program: Program, restart_s: float | None = None) -> None:
        self.did: list[tuple[float, str]] = []
        self.ticks: list[float] = []
        world = VirtualWorld((STM32,))
        self.clock: VirtualClock = world.clock
        self.broker: MemoryBroker = world.broker
        self.bus = world.bus
        self.segment = world.segment
        self.config: AgentConfig = world.agent_config(directory)

        def make(_config: AgentConfig, ports: Ports) -> Script:
            return Script(ports, program)

        self.host = Host(
            self.config,
            Ports(open_bus=world.open_bus, broker=world.broker, clock=world.clock, local=False),
            world.broker,
            world.clock,
            running_loop(),
            restart_s=restart_s,
            on_life=lambda what, _why: self.did.append((running_loop().time(), what)),
            make_agent=make,
        )


def on_loop(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_virtual(main())


async def waits(_script: Script, stop: asyncio.Event) -> None:
    await stop.wait()


async def leaves_slowly(_script: Script, stop: asyncio.Event) -> None:
    try:
        await stop.wait()
    finally:
        await asyncio.sleep(3)


async def fails_after_a_second(_script: Script, _stop: asyncio.Event) -> None:
    await asyncio.sleep(1)
    raise AgentError("no")


def test_a_process_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, fails_after_a_second, restart_s=2)
        box.host.start()
        await asyncio.sleep(4.5)
        await box.host.stop()
        await asyncio.sleep(10)
        assert box.did == [(0, "started"), (1, "ended"), (3, "started"), (4, "ended")]
        assert [str(error) for error in box.host.ended] == ["no", "no"]

    on_loop(main)


def test_stopping_one_that_stands_still_lets_it_go_on_first(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, waits)
        box.host.start()
        await asyncio.sleep(1)
        assert box.host.begin(PAUSE)
        assert box.host.agent is None
        await asyncio.sleep(1)
        await box.host.stop()
        assert box.did == [(0, "started"), (2, "stopped")]

    on_loop(main)


def test_another_starts_only_when_the_killed_one_is_quite_gone(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, leaves_slowly)
        box.host.start()
        await asyncio.sleep(1)
        box.host.kill()
        box.host.start()
        assert not box.host.is_running
        await asyncio.sleep(4)
        assert box.did == [(0, "started"), (1, "killed"), (4, "started")]
        await box.host.stop()

    on_loop(main)


def test_who_is_stopped_while_a_killed_one_goes_is_not_started(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, leaves_slowly)
        box.host.start()
        await asyncio.sleep(1)
        box.host.kill()
        box.host.start()
        await box.host.stop()
        await asyncio.sleep(5)
        assert box.did == [(0, "started"), (1, "killed")]

    on_loop(main)


def test_what_there_is_nothing_to_do_to_is_not_done(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, waits)
        assert not box.host.begin(CRASH)
        assert not box.host.begin(PAUSE)
        box.host.start()
        await asyncio.sleep(0)
        assert box.host.begin(PAUSE)
        assert not box.host.begin(PAUSE)
        assert box.host.begin(CUT)
        assert not box.host.begin(CUT)
        box.host.end(PAUSE)
        box.host.start()
        await asyncio.sleep(1)
        assert not box.host.is_running, "without power nothing starts"
        box.host.end(CUT)
        assert box.host.is_running
        await box.host.stop()

    on_loop(main)


def test_a_boot_begins_monotonic_time_anew_and_loses_an_unkept_clock(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, waits)
        box.host.start()
        await asyncio.sleep(1000)
        box.host.begin(CUT)
        await asyncio.sleep(50)
        box.host.end(msgspec.structs.replace(CUT, set_after_ns=30 * NS_PER_S))
        assert (box.clock.now_ns(), box.clock.boot_id) == (BOOTED_NS, "virtual-boot-2")
        assert (box.clock.wall().unix_ns, box.clock.wall().synchronised) == (BOOTED_NS, False)
        await asyncio.sleep(30)
        assert (box.clock.wall().unix_ns, box.clock.wall().synchronised) == (box.clock.true_unix_ns(), True)
        await box.host.stop()

    on_loop(main)


def test_the_files_are_put_back_as_they_were_at_the_kill(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, writes_on_its_way_out)
        path = Path(box.config.journal.path)
        path.write_bytes(b"at the kill")
        box.host.start()
        await asyncio.sleep(1)
        box.host.kill()
        await asyncio.sleep(0.5)
        assert path.read_bytes() == b"at the kill"

    async def writes_on_its_way_out(_script: Script, stop: asyncio.Event) -> None:
        try:
            await stop.wait()
        finally:
            (tmp_path / "journal.sqlite").write_bytes(b"later")

    on_loop(main)


def test_a_dead_process_can_neither_publish_nor_connect_nor_hear(tmp_path: Path) -> None:
    failed: list[str] = []

    async def stubborn(script: Script, _stop: asyncio.Event) -> None:
        broker = script.ports.broker
        async with broker.session(MqttVersion.V5, "t-1", WILL, 10) as session:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                for attempt in (session.publish(Publication("t/event", b"1"), 1), connect(script)):
                    try:
                        await attempt
                    except BrokerError as error:
                        failed.append(str(error))
                raise

    async def connect(script: Script) -> None:
        async with script.ports.broker.session(MqttVersion.V5, "t-1", WILL, 10):
            pass

    async def main() -> None:
        box = Box(tmp_path, stubborn)
        box.host.start()
        await asyncio.sleep(1)
        box.host.kill()
        await asyncio.sleep(1)
        assert failed == ["the connection to the broker is gone", "who asks is dead"]
        assert [one.publication for one in box.broker.published] == [WILL]

    on_loop(main)


@pytest.mark.parametrize("size", [10, 5000])
def test_a_process_that_goes_on_reads_what_the_kernel_kept_for_it(tmp_path: Path, size: int) -> None:
    heard: list[tuple[float, int]] = []

    async def listens(script: Script, stop: asyncio.Event) -> None:
        def on_bytes(data: bytes, t_ns: int) -> None:
            heard.append((t_ns / NS_PER_S, len(data)))

        await script.ports.open_bus("memory", box.segment.line, on_bytes, lambda _error: None)
        await stop.wait()

    async def main() -> None:
        nonlocal box
        box = Box(tmp_path, listens)
        other = box.segment.attach("other", lambda _data, _t_ns: None)
        box.host.start()
        await asyncio.sleep(1)
        other.send(b"\1" * 4)
        await asyncio.sleep(1)
        box.host.begin(PAUSE)
        other.send(b"\2" * size)
        await asyncio.sleep(60)
        assert len(heard) == 1
        box.host.end(PAUSE)
        assert heard[1:] == ([(62, size)] if size < 4096 else [])
        await box.host.stop()

    box: Box
    on_loop(main)


def test_a_disk_is_full_until_the_last_fault_that_fills_it_is_over(tmp_path: Path) -> None:
    async def main() -> None:
        box = Box(tmp_path, waits)
        full, fuller = FillDisk(done="full", room=None), FillDisk(done="fuller", room=None)

        def write() -> int:
            return (tmp_path / "x").write_bytes(b"1")

        box.host.begin(full)
        box.host.begin(fuller)
        box.host.end(full)
        with pytest.raises(OSError, match="too large"):
            await running_loop().run_in_executor(None, write)
        box.host.end(fuller)
        assert await running_loop().run_in_executor(None, write) == 1

    on_loop(main)
