"""What polling costs as a process: the agent and the bare master at the same time, in real time, on equal ptys.

Each master has a simulated sensor terminal of its own (`python -m hil serve`, same profile, same seed), of which it
reads the same registers at the same rates: those of the agent's plan. The agent is the service as systemd starts it, in
normal service: its journal on disk, connected to a broker, publishing. The window opens when both have polled for a
while and the agent says that it is connected, so start-up is told apart. Polls are counted at the slaves, by the
samples in their truth files.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec
import yaml

from edge_agent.config_types import AgentConfig
from hil import BenchError
from hil.bench.asks import asks_of, said
from hil.bench.results import Cost, CostRatios, ProcessCost, ms
from hil.bench.sides import (
    AGENT,
    BARE,
    LOOK_S,
    READY_WITHIN_S,
    Say,
    Site,
    Window,
    started,
    until_polled,
    watched,
    windows,
)
from hil.demo.brokers import start_broker
from hil.processes import Processes
from hil.setup import BenchSetup, load_bench
from hil.world import World

BENCH: Final = "residential-9-stm32"
_SETTLE_S: Final = 3.0
_ANSWER_WITHIN_S: Final = 5.0


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure: for how long, at which poll period, with which seed. `settle_s` passes before the window."""

    seconds: float = 60.0
    period_s: float = 0.5
    seed: int = 1
    settle_s: float = _SETTLE_S


class _Health(msgspec.Struct, frozen=True):
    mqtt_version: str = ""
    links: dict[str, dict[str, int | str]] = {}
    notes: list[str] = []


class _Reply(msgspec.Struct, frozen=True):
    health: _Health | None = None


async def measure_cost(directory: Path, wish: Wish, say: Say) -> Cost:
    """Run both for a window. Raises BenchError when a process ends or does not get going."""
    setup = load_bench(BENCH)
    world = World(setup)
    sites = {AGENT: Site(directory, "agent"), BARE: Site(directory, "bare")}
    async with Processes(directory) as processes:
        say("broker and simulated lifts starting")
        broker = await start_broker(processes, directory)
        for site in sites.values():
            await _serve(processes, site, wish.seed)
        config = _agent_config(directory, sites[AGENT], broker.url, setup, world, wish)
        path = directory / "agent.yaml"
        path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
        known = msgspec.convert(config, AgentConfig)
        asks = map(str, asks_of(known))
        port = str(sites[BARE].port)
        masters = {
            AGENT: await processes.start(AGENT, sys.executable, "-m", "edge_agent", "-c", str(path)),
            BARE: await processes.start(BARE, sys.executable, "-m", "hil.bench.bare", port, str(world.line), *asks),
        }
        async with watched(processes):
            await _under_way(sites, directory / "agent.sock", wish)
            by_pid = {masters[name].pid: site for name, site in sites.items()}
            measured = await windows(by_pid, wish.seconds, "agent and bare master polling side by side", say)
            await _check_health(directory / "agent.sock")
    agent, bare_cost = map(_cost, measured)
    return Cost(
        profile=setup.devices[0].profile,
        line=str(world.line),
        reads=said(known),
        seconds=wish.seconds,
        seed=wish.seed,
        broker=broker.name,
        agent=agent,
        bare=bare_cost,
        ratios=CostRatios.of(agent, bare_cost),
    )


async def _serve(processes: Processes, site: Site, seed: int) -> None:
    where = ("--link", str(site.port), "--truth", str(site.truth), "--seed", str(seed))
    await started(processes, f"lift of {site.port.name}", site, sys.executable, "-m", "hil", "serve", BENCH, *where)


async def _under_way(sites: dict[str, Site], socket: Path, wish: Wish) -> None:
    """Return when both poll, the agent is connected, and everything has settled."""
    await until_polled(sites)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while not (await _health(socket)).mqtt_version:  # noqa: ASYNC110  # another process knows no event of ours
                await asyncio.sleep(LOOK_S)
    except TimeoutError as error:
        raise BenchError(f"the agent is not connected after {READY_WITHIN_S:g} s") from error
    await asyncio.sleep(wish.settle_s)


def _cost(window: Window) -> ProcessCost:
    return ProcessCost(
        polls=len(window.answers_ns),
        cpu_ms_per_poll=ms(window.cpu_ns_per_poll),
        cpu_ms_until_polling=ms(window.before.cpu_ns),
        wake_ups_per_s=window.wake_ups_per_s,
        rss_anon_bytes=window.after.rss_anon_bytes,
        rss_bytes=window.after.rss_bytes,
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


def _agent_config(
    directory: Path, site: Site, broker: str, setup: BenchSetup, world: World, wish: Wish
) -> dict[str, object]:
    (device,) = setup.devices
    floors = [
        {"reported": number, "label": floor.label}
        for number, floor in enumerate(world.building.floors, start=device.first_floor)
    ]
    box = {"name": "box", "profile": device.profile, "options": dict(device.options)}
    return {
        "terminal_id": "bench",
        "link": {"port": str(site.port), "poll_period_s": wish.period_s},
        "lifts": [{"id": "lift-1", "devices": [box], "floors": floors}],
        "journal": {"path": str(directory / "journal.sqlite")},
        "uplink": {"broker": broker},
        "local": {"socket": str(directory / "agent.sock")},
    }
