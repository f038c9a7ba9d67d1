"""What polling costs as a process: the agent and the bare master at the same time, in real time, on equal ptys.

Each master has a simulated sensor terminal of its own (`python -m hil serve`, same profile, same seed), polled with
the same frame at the same rate. The agent is the service as systemd starts it, in normal service: its journal on disk,
connected to a broker, publishing. The window opens when both have polled for a while and the agent says that it is
connected, so start-up is told apart. Polls are counted at the slaves, by the samples in their truth files.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
import yaml

from hil import BenchError
from hil.bench.procfs import Usage, usage
from hil.bench.results import Cost, CostRatios, ProcessCost, ms
from hil.demo.brokers import start_broker
from hil.demo.processes import Processes
from hil.loop import NS_PER_S
from hil.setup import BenchSetup, load_bench
from hil.world import World
from protocols.modbus.pdu import encode_request

BENCH: Final = "residential-9-stm32"
AGENT: Final = "agent"
BARE: Final = "bare master"
_SETTLE_S: Final = 3.0
_READY_WITHIN_S: Final = 20.0
_LOOK_S: Final = 0.1
_ANSWER_WITHIN_S: Final = 5.0
_FIRST_POLLS: Final = 3

Say = Callable[[str], None]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure: for how long, at which poll period, with which seed. `settle_s` passes before the window."""

    seconds: float = 60.0
    period_s: float = 0.5
    seed: int = 1
    settle_s: float = _SETTLE_S


class _Sampled(msgspec.Struct, frozen=True):
    """A line of a truth file; only those of register samples have `words`."""

    wall_unix_ns: int
    words: list[int] = []


class _Health(msgspec.Struct, frozen=True):
    mqtt_version: str = ""
    links: dict[str, dict[str, int | str]] = {}
    notes: list[str] = []


_WATCHED_WITHIN_S = 2.0
"""By then the watch has seen that a process ended, and says it better than whoever missed the process."""


class _Reply(msgspec.Struct, frozen=True):
    health: _Health | None = None


class _Site:
    """Where one master works: its port and what its slave took down."""

    def __init__(self, directory: Path, name: str) -> None:
        self.port = directory / f"tty-{name}"
        self.truth = directory / f"truth-{name}.jsonl"

    def sampled(self, from_ns: int = 0, to_ns: int | None = None) -> int:
        """How many answers the slave gave in a span of wall time."""
        if not self.truth.exists():
            return 0
        whole, _, _ = self.truth.read_bytes().rpartition(b"\n")
        lines = (msgspec.json.decode(line, type=_Sampled) for line in whole.splitlines())
        return sum(bool(line.words) and from_ns <= line.wall_unix_ns < (to_ns or time.time_ns()) for line in lines)


async def measure_cost(directory: Path, wish: Wish, say: Say) -> Cost:
    """Run both for a window. Raises BenchError when a process ends or does not get going."""
    setup = load_bench(BENCH)
    world = World(setup)
    (block,) = world.devices[0].layout.blocks
    request = block.request(world.devices[0].slave)
    sites = {AGENT: _Site(directory, "agent"), BARE: _Site(directory, "bare")}
    async with Processes(directory) as processes:
        say("broker and simulated lifts starting")
        broker = await start_broker(processes, directory)
        for site in sites.values():
            await _serve(processes, site, wish.seed)
        config = directory / "agent.yaml"
        config.write_text(_agent_config(directory, sites[AGENT], broker.url, setup, world, wish), encoding="utf-8")
        line = world.line
        bare = (str(sites[BARE].port), str(line.baud), line.parity.value)
        frame = (encode_request(request).hex(), str(request.reply_len), str(wish.period_s))
        masters = {
            AGENT: await processes.start(AGENT, sys.executable, "-m", "edge_agent", "-c", str(config)),
            BARE: await processes.start(BARE, sys.executable, "-m", "hil.bench.bare", *bare, *frame),
        }
        async with _watched(processes):
            await _under_way(sites, directory / "agent.sock", wish)
            costs = await _window({masters[name].pid: site for name, site in sites.items()}, wish, say)
            await _check_health(directory / "agent.sock")
    agent, bare_cost = costs
    return Cost(
        profile=setup.devices[0].profile,
        line=str(line),
        registers=request.count,
        period_s=wish.period_s,
        seconds=wish.seconds,
        seed=wish.seed,
        broker=broker.name,
        agent=agent,
        bare=bare_cost,
        ratios=CostRatios.of(agent, bare_cost),
    )


@asynccontextmanager
async def _watched(processes: Processes) -> AsyncIterator[None]:
    """Fail the body with the one line of whatever process ends meanwhile."""
    ended: BenchError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(processes.watch(), name="watch")
            yield
            watching.cancel()
    except* BenchError as errors:
        ended = _first(errors)
    if ended is not None:  # raised inside `except*` it would come out in a group again
        raise ended


def _first(group: BaseExceptionGroup[BenchError]) -> BenchError:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first


async def _serve(processes: Processes, site: _Site, seed: int) -> None:
    name = f"lift of {site.port.name}"
    where = ("--link", str(site.port), "--truth", str(site.truth), "--seed", str(seed))
    process = await processes.start(name, sys.executable, "-m", "hil", "serve", BENCH, *where)
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            while not site.port.exists():
                if process.returncode is not None:
                    raise BenchError(f"{name} did not start: {processes.last_line(name)}")
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        raise BenchError(f"{name} did not appear within {_READY_WITHIN_S:g} s: is the machine overloaded?") from error


async def _under_way(sites: dict[str, _Site], socket: Path, wish: Wish) -> None:
    """Return when both poll, the agent is connected, and everything has settled."""
    try:
        async with asyncio.timeout(_READY_WITHIN_S):
            for site in sites.values():
                while site.sampled() < _FIRST_POLLS:  # noqa: ASYNC110  # other processes know no event of ours
                    await asyncio.sleep(_LOOK_S)
            while not (await _health(socket)).mqtt_version:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        counts = ", ".join(f"{name} {site.sampled()}" for name, site in sites.items())
        raise BenchError(f"not both masters poll after {_READY_WITHIN_S:g} s (polls: {counts})") from error
    await asyncio.sleep(wish.settle_s)


async def _window(sites: dict[int, _Site], wish: Wish, say: Say) -> tuple[ProcessCost, ProcessCost]:
    began_unix_ns, before = time.time_ns(), [await _usage(pid) for pid in sites]
    until_s = time.monotonic() + wish.seconds
    while (left_s := until_s - time.monotonic()) > 0:
        say(f"agent and bare master polling side by side: {left_s:.0f} s left")
        await asyncio.sleep(min(left_s, 1.0))
    after, ended_unix_ns = [await _usage(pid) for pid in sites], time.time_ns()
    polls = [site.sampled(began_unix_ns, ended_unix_ns) for site in sites.values()]
    if not all(polls):
        raise BenchError(f"no poll within the window of {wish.seconds:g} s; give it more --seconds")
    seconds = (ended_unix_ns - began_unix_ns) / NS_PER_S
    agent, bare = (_cost(*numbers, seconds) for numbers in zip(before, after, polls, strict=True))
    return agent, bare


async def _usage(pid: int) -> Usage:
    try:
        return usage(pid)
    except OSError as error:
        await asyncio.sleep(_WATCHED_WITHIN_S)
        raise BenchError(f"process {pid}: no usage to be read: {error.strerror}; did it end?") from error


def _cost(before: Usage, after: Usage, polls: int, seconds: float) -> ProcessCost:
    return ProcessCost(
        polls=polls,
        cpu_ms_per_poll=ms(after.cpu_ns - before.cpu_ns) / polls,
        cpu_ms_until_polling=ms(before.cpu_ns),
        wake_ups_per_s=(after.wake_ups - before.wake_ups) / seconds,
        rss_anon_bytes=after.rss_anon_bytes,
        rss_bytes=after.rss_bytes,
    )


async def _health(socket: Path) -> _Health:
    """What the agent says of itself to a technician; nothing yet is an empty answer."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return _Health()
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            writer.write(b'{"op":"health"}\n')
            line = await reader.readuntil(b"\n")
    finally:
        writer.close()
    return msgspec.json.decode(line, type=_Reply).health or _Health()


async def _check_health(socket: Path) -> None:
    """The window counts only if it was normal service."""
    health = await _health(socket)
    states = sorted({str(link.get("state")) for link in health.links.values()})
    if states != ["up"] or not health.mqtt_version:
        notes = "; ".join(health.notes) if health.notes else "no notes"
        raise BenchError(f"the agent was not in normal service: links {states}, {notes}")


def _agent_config(directory: Path, site: _Site, broker: str, setup: BenchSetup, world: World, wish: Wish) -> str:
    (device,) = setup.devices
    floors = [
        {"reported": number, "label": floor.label}
        for number, floor in enumerate(world.building.floors, start=device.first_floor)
    ]
    box = {"name": "box", "profile": device.profile, "options": dict(device.options)}
    config = {
        "terminal_id": "bench",
        "link": {"port": str(site.port), "poll_period_s": wish.period_s},
        "lifts": [{"id": "lift-1", "devices": [box], "floors": floors}],
        "journal": {"path": str(directory / "journal.sqlite")},
        "uplink": {"broker": broker},
        "local": {"socket": str(directory / "agent.sock")},
    }
    return yaml.safe_dump(config, sort_keys=False)
