"""Results as tables for people: the same tables as plain text and as Markdown."""

from collections.abc import Iterator, Sequence

import msgspec

from hil.bench.results import (
    Age,
    Cost,
    Crowd,
    Efficiency,
    LiftDays,
    Machine,
    Pace,
    ProcessCost,
    Results,
    Saturated,
    Speed,
    Work,
)
from hil.bench.targets import Target, targets

_MIB = 1024 * 1024
_FULL_MINUTE_S = 60.0


class Table(msgspec.Struct, frozen=True):
    """A title, one sentence on what was measured, and rows; the first column is text, the others are numbers."""

    title: str
    about: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_text(results: Results) -> str:
    """For a terminal."""
    parts = [machine_line(results.machine), *map(_text, tables(results))]
    return "\n\n".join(parts) + "\n"


def as_markdown(results: Results) -> str:
    """For a document."""
    parts = [machine_line(results.machine), *map(_markdown, tables(results))]
    return "\n\n".join(parts) + "\n"


def machine_line(machine: Machine) -> str:
    """Where and when."""
    return (
        f"{machine.date}; {machine.cpu}, {machine.cores} cores; {machine.kernel}; {machine.python}; "
        f"load average before: {machine.load_1min:.2f}."
    )


def tables(results: Results) -> Iterator[Table]:
    """One for each part that was run."""
    if results.cost is not None:
        yield _cost(results.cost)
    if results.slow is not None:
        yield _cost(results.slow)
    if results.saturated is not None:
        yield _saturated(results.saturated)
    if results.work is not None:
        yield _work(results.work)
    if results.efficiency is not None:
        yield _efficiency(results.efficiency)
    if results.age is not None:
        yield _age(results.age)
    if results.crowd is not None:
        yield _crowd(results.crowd)
    if results.speed is not None:
        yield _speed(results.speed)
    if results.plant is not None:
        yield _plant(results.plant)
    bounds = tuple(targets(results))
    if bounds:
        yield _targets(bounds)


def _cost(cost: Cost) -> Table:
    agent, bare, ratios = cost.agent, cost.bare, cost.ratios
    short = "" if cost.seconds >= _FULL_MINUTE_S else " (SHORT RUN: memory is not that after a minute)"
    about = (
        f"{cost.profile}, {cost.line}, {cost.reads}, for {cost.seconds:g} s{short}; real time, a pty each, both at "
        f"once; broker {cost.broker}; seed {cost.seed}."
    )
    rows = (
        ("polls in the window", str(agent.polls), str(bare.polls), ""),
        ("CPU ms per poll", *_both(agent.cpu_ms_per_poll, bare.cpu_ms_per_poll, 3), _ratio(ratios.cpu_per_poll)),
        ("CPU % of one core", *_both(_cpu_percent(agent, cost), _cpu_percent(bare, cost), 3), ""),
        ("wake-ups per second", *_both(agent.wake_ups_per_s, bare.wake_ups_per_s, 1), ""),
        ("RssAnon MiB", *_both(agent.rss_anon_bytes / _MIB, bare.rss_anon_bytes / _MIB, 1), _ratio(ratios.rss_anon)),
        ("RSS MiB", *_both(agent.rss_bytes / _MIB, bare.rss_bytes / _MIB, 1), _ratio(ratios.rss)),
        ("CPU ms from start to window", *_both(agent.cpu_ms_until_polling, bare.cpu_ms_until_polling, 0), ""),
    )
    return Table("CPU and memory of the process", about, ("", "agent", "bare master", "ratio"), rows)


def _both(agent: float, bare: float, digits: int) -> tuple[str, str]:
    return f"{agent:.{digits}f}", f"{bare:.{digits}f}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}"


def _cpu_percent(cost: ProcessCost, whole: Cost) -> float:
    return 100 * cost.cpu_ms_per_poll * cost.polls / (1000 * whole.seconds)


def _saturated(measured: Sequence[Saturated]) -> Table:
    first = measured[0]
    about = (
        f"The agent's link layer beside the bare master, both as fast as the bus lets them for {first.seconds:g} s; "
        f"real time, a pty each, both at once; {first.registers} and {first.registers + 1} registers by turns, slaves "
        "that answer after 2 ms; bus % is wire time + latency + 3.5 characters of silence, divided by what a poll took."
    )
    header = ("line", "", "polls", "CPU us per poll", "wake-ups per poll", "bus %")
    rows = [row for one in measured for row in _drives(one)]
    return Table("Saturated bus on a pty", about, header, tuple(rows))


def _drives(one: Saturated) -> Iterator[tuple[str, ...]]:
    for name, drive in (("link layer", one.agent), ("bare master", one.bare)):
        numbers = (f"{drive.cpu_us_per_poll:.0f}", f"{drive.wake_ups_per_poll:.2f}", f"{100 * drive.efficiency:.2f}")
        yield one.line, name, str(drive.polls), *numbers
    yield one.line, "ratio", "", _ratio(one.cpu_ratio), "", f"{one.efficiency_ratio:.4f}"


def _work(work: Work) -> Table:
    about = (
        f"The processor's time from one answer to the next with nothing to wait for: {work.registers} registers, "
        f"{work.items} items, a stub instead of a port, virtual time, {work.polls} polls each in turns; medians."
    )
    rows = (
        ("poller, master, decoding, snapshot", f"{work.agent_us:.1f}"),
        ("bare master", f"{work.bare_us:.1f}"),
        ("ratio", _ratio(work.ratio)),
    )
    return Table("Own work per poll", about, ("", "us"), rows)


def _age(measured: Sequence[Age]) -> Table:
    about = (
        "How old the items of the fast rate are, over every instant from their request's end on; one device that "
        "answers as late as its profile says, the plan that the agent makes of the profile by itself; virtual time."
    )
    header = ("profile", "line", "fast period s", "bus use %", "p50 ms", "p99 ms", "max ms")
    rows = tuple(
        (
            one.profile,
            one.line,
            f"{one.fast_period_s:g}",
            f"{100 * one.bus_use:.0f}",
            *(f"{age:.0f}" for age in (one.p50_ms, one.p99_ms, one.max_ms)),
        )
        for one in measured
    )
    return Table("Age of fast items", about, header, rows)


def _crowd(measured: Sequence[Crowd]) -> Table:
    first = measured[0]
    about = (
        f"{first.slaves} slaves, {first.registers} registers each every {first.period_s:g} s, {first.line}; one goes "
        "bad. Rate: the fraction of the others' polls that were answered, the least and the mean; virtual time."
    )
    header = ("one of them", "for s", "rate before", "least rate", "mean rate", "longest gap s")
    rows = tuple(
        (
            one.badness,
            f"{one.seconds:g}",
            *(f"{rate:.3f}" for rate in (one.before, one.least, one.mean)),
            f"{one.longest_gap_s:.2f}",
        )
        for one in measured
    )
    return Table("One bad slave among others", about, header, rows)


def _targets(bounds: Sequence[Target]) -> Table:
    rows = tuple(
        (
            one.name,
            f"{one.measured:.{one.digits}f}",
            f"{'>=' if one.at_least else '<='} {one.bound:g}",
            "yes" if one.is_met else "NO",
        )
        for one in bounds
    )
    return Table("Targets", "What is asked for, and this run.", ("", "measured", "target", "met"), rows)


def _efficiency(measured: Sequence[Efficiency]) -> Table:
    first = measured[0]
    about = (
        f"Flat out in virtual time, {first.registers} and {first.registers + 1} registers by turns, slaves that answer "
        f"after {first.slave_latency_ms:g} ms; 100 % is wire time + latency + 3.5 characters of silence; "
        f"{first.agent.exchanges} exchanges each. Processors take no virtual time."
    )
    header = ("line", "slaves", "least ms", "agent ms", "bare ms", "agent %", "bare master %")
    rows = tuple(
        (
            one.line,
            str(one.slaves),
            f"{one.least_exchange_ms:.3f}",
            *_both(one.agent.exchange_ms, one.bare.exchange_ms, 3),
            *_both(100 * one.agent.efficiency, 100 * one.bare.efficiency, 2),
        )
        for one in measured
    )
    return Table("Bus efficiency", about, header, rows)


def _speed(speed: Speed) -> Table:
    about = (
        f"One lift, {speed.virtual_s:g} virtual seconds, polled every {speed.period_s:g} s; the agent published "
        f"{speed.published} messages; seed {speed.seed}."
    )
    rows = (
        _pace("plant alone", speed.plant),
        _pace("plant, device, bus, bare master", speed.bare),
        _pace("plant, device, bus, agent", speed.agent),
    )
    return Table("Speed in virtual time", about, ("", "virtual s per s", "real s", "polls"), rows)


def _pace(name: str, pace: Pace) -> tuple[str, str, str, str]:
    return name, f"{pace.times_real:,.0f}".replace(",", " "), f"{pace.real_s:.3f}", str(pace.polls)


def _plant(loads: Sequence[LiftDays]) -> Table:
    about = (
        "One lift of eighteen floors on one core, all ways in turns, medians. The least model is one SimPy generator "
        "that keeps no truth and has no signals. A plant holds "
        + " / ".join(f"{load.kib_per_lift:.0f} KiB" for load in loads)
        + " after a day."
    )
    header = ("", "lift-days per s", "least model / this", "starts a day", "events per start")
    return Table("Lift-days in a second", about, header, tuple(row for load in loads for row in _ways(load)))


def _ways(load: LiftDays) -> Iterator[tuple[str, ...]]:
    named = {
        "least model": load.bare,
        "plant": load.plant,
        "plant, truth kept": load.truth,
        "plant, truth kept, all signals read at every event": load.signals,
    }
    for name, way in named.items():
        yield (
            f"{load.passengers_per_day} people a day: {name}",
            f"{way.lift_days_per_s:.0f}",
            f"{load.bare.lift_days_per_s / way.lift_days_per_s:.1f}",
            f"{way.starts_per_day:.0f}",
            f"{way.events_per_start:.1f}",
        )


def _text(table: Table) -> str:
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    lines = (_aligned(row, widths) for row in (table.header, tuple("-" * width for width in widths), *table.rows))
    return "\n".join((table.title.upper(), table.about, "", *lines))


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers = zip(row, widths, strict=True)
    cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in numbers)]
    return "  ".join(cells).rstrip()


def _markdown(table: Table) -> str:
    rule = "|---|" + "---:|" * (len(table.header) - 1)
    lines = (f"| {' | '.join(row)} |" for row in table.rows)
    return "\n".join((f"### {table.title}", "", table.about, "", f"| {' | '.join(table.header)} |", rule, *lines))
