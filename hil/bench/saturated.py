"""A saturated bus in real time: the agent's link layer and the bare master side by side, each on a pty of its own.

Both ask for the same registers, in the same two frames by turns, as fast as the bus lets them, from slaves that answer
after `LATENCY_NS`. Measured are CPU per poll, and how much of the bus's time is used: the least that an exchange takes,
divided by what one took, from the first answer of the window to the last.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from hil.bench.bare import Ask
from hil.bench.link import requests_of
from hil.bench.results import Drive, Saturated, ms
from hil.bench.sides import AGENT, BARE, Say, Site, Window, started, until_polled, watched, windows
from hil.bench.slaves import LATENCY_NS
from hil.processes import Processes
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import REQUEST_LEN

REGISTERS: Final = 39
SECONDS: Final = 15.0
_SETTLE_S: Final = 2.0
_NS_PER_US: Final = 1_000


async def measure_saturated(
    directory: Path, line: LineSettings, say: Say, seconds: float = SECONDS, settle_s: float = _SETTLE_S
) -> Saturated:
    """Run both for a window. Raises BenchError when a process ends or does not get going."""
    requests = requests_of(REGISTERS)
    reply_ns = sum(line.wire_ns(request.reply_len) for request in requests) // len(requests)
    least_ns = line.wire_ns(REQUEST_LEN) + LATENCY_NS + reply_ns + line.t35_ns
    sites = {AGENT: Site(directory, f"agent-{line.baud}"), BARE: Site(directory, f"bare-{line.baud}")}
    step = f"saturated pty at {line}, both masters side by side"
    async with Processes(directory) as processes:
        for name, site in sites.items():
            where = (str(site.port), str(line), str(site.truth))
            await started(processes, f"slave of {name}", site, sys.executable, "-m", "hil.bench.slaves", *where)
        asks = [str(Ask.of(request)) for request in requests]
        commands = {AGENT: ("hil.bench.link", str(REGISTERS)), BARE: ("hil.bench.bare", *asks)}
        masters = {
            name: await processes.start(name, sys.executable, "-m", module, str(sites[name].port), str(line), *what)
            for name, (module, *what) in commands.items()
        }
        async with watched(processes):
            await until_polled(sites)
            await asyncio.sleep(settle_s)
            by_pid = {masters[name].pid: site for name, site in sites.items()}
            agent, bare = (_drive(one, least_ns) for one in await windows(by_pid, seconds, step, say))
    return Saturated(
        line=str(line),
        registers=REGISTERS,
        seconds=seconds,
        least_exchange_ms=ms(least_ns),
        agent=agent,
        bare=bare,
        cpu_ratio=agent.cpu_us_per_poll / bare.cpu_us_per_poll,
        efficiency_ratio=agent.efficiency / bare.efficiency,
    )


def _drive(window: Window, least_ns: int) -> Drive:
    return Drive(
        polls=len(window.answers_ns),
        cpu_us_per_poll=window.cpu_ns_per_poll / _NS_PER_US,
        wake_ups_per_poll=window.wake_ups_per_s * window.seconds / len(window.answers_ns),
        efficiency=least_ns / window.mean_poll_ns,
    )
