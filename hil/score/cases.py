"""The situations the doctor is scored on, one for each of its causes, and the good bus."""

from collections.abc import Callable
from typing import Final

import msgspec

from edge_agent.diagnose.causes import Cause
from hil.bus.copper_nodes import AsksSpec
from hil.bus.copper_wiring import Idle, Noise
from hil.score.case import Case, Patient
from hil.score.site import Plan, built, draw, patient, slave
from protocols.modbus.line import LineSettings

_MS: Final = 1_000_000


def _healthy(seed: int) -> Patient:
    plan = draw(seed)
    return patient(plan, built(plan))


def _swapped(seed: int) -> Patient:
    """At the adapter, or at the device."""
    plan = draw(seed)
    bench = built(plan)
    if seed % 2:
        bench.swap_wires()
    else:
        bench.slaves[f"slave {plan.asked}"].wiring.swapped = True
    return patient(plan, bench)


def _wrong_speed(seed: int) -> Patient:
    plan = draw(seed)
    believed = plan.chance.choice([baud for baud in (4800, 9600, 19200, 38400, 115200) if baud != plan.line.baud])
    bench = built(plan)
    return patient(plan, bench, msgspec.structs.replace(plan.line, baud=believed))


def _wrong_format(seed: int) -> Patient:
    plan = draw(seed, ("9600 8N1", "9600 8E1", "19200 8E1", "19200 8N1", "38400 8N1"))
    baud, form = str(plan.line).split()
    believed = {"8N1": ("8E1", "8O1"), "8E1": ("8N1", "8N1")}[form]
    return patient(plan, built(plan), LineSettings.parse(f"{baud} {plan.chance.choice(believed)}"))


def _no_termination(seed: int) -> Patient:
    """Worse on long lines; one that is damaged in 1 to 6 of 100 bits behind an edge, by the speed."""
    plan = draw(seed, ("19200 8N1", "38400 8N1", "57600 8N1", "115200 8N1", "19200 8E1"))
    bit_ns = 1_000_000_000 // plan.line.baud
    plan.pair.ringing_ns = round(bit_ns / 2 / plan.chance.uniform(4.0, 5.5))
    return patient(plan, built(plan))


def _no_bias(seed: int) -> Patient:
    plan = draw(seed)
    plan.pair.idle = Idle.FLOATING
    plan.pair.float_odds = plan.chance.uniform(0.3, 0.9)
    return patient(plan, built(plan))


def _echo(seed: int) -> Patient:
    plan = draw(seed)
    plan.adapter.wiring.echo = True
    return patient(plan, built(plan))


def _duplicate(seed: int) -> Patient:
    """The second device is of another kind: its own registers and latency."""
    plan = draw(seed)
    plan.slaves.append(slave(plan.chance, plan.asked, plan.chance.choice((3, 8, 15, 30, 50)) * _MS))
    return patient(plan, built(plan))


def _second_master(seed: int) -> Patient:
    plan = draw(seed)
    asks = plan.chance.choice(plan.slaves).address
    period_ns = plan.chance.choice((200, 500, 1000, 3000)) * _MS
    plan.second_master = AsksSpec(asks, count=plan.chance.choice((2, 10, 30)), period_ns=period_ns)
    return patient(plan, built(plan))


def _dead(seed: int) -> Patient:
    plan = draw(seed)
    bench = built(plan)
    bench.slaves[f"slave {plan.asked}"].dead = True
    return patient(plan, bench)


def _slow(seed: int) -> Patient:
    plan = draw(seed)
    bench = built(plan)
    bench.slaves[f"slave {plan.asked}"].latency_ns = plan.latency_ns + plan.chance.choice((60, 150, 400, 900)) * _MS
    return patient(plan, bench)


def _cut(seed: int) -> Patient:
    """At the adapter, at the device, or one direction of a four-wire line."""
    plan = draw(seed)
    bench = built(plan)
    wiring = bench.adapter.wiring if seed % 2 else bench.slaves[f"slave {plan.asked}"].wiring
    if seed % 3:
        wiring.cut()
    else:
        wiring.drives = False
    return patient(plan, bench)


def _noise(seed: int) -> Patient:
    plan = draw(seed)
    shortest_us, longest_us = plan.chance.choice(((5, 30), (10, 80), (20, 120)))
    plan.noise = Noise(plan.chance.choice((20.0, 60.0, 200.0)), 1000 * shortest_us, 1000 * longest_us)
    return patient(plan, built(plan))


_BUILDERS: Final[dict[Cause, Callable[[int], Patient]]] = {
    Cause.SWAPPED_WIRES: _swapped,
    Cause.WRONG_SPEED: _wrong_speed,
    Cause.WRONG_FORMAT: _wrong_format,
    Cause.NO_TERMINATION: _no_termination,
    Cause.NO_BIAS: _no_bias,
    Cause.ECHO: _echo,
    Cause.DUPLICATE_ADDRESS: _duplicate,
    Cause.SECOND_MASTER: _second_master,
    Cause.DEAD_DEVICE: _dead,
    Cause.SLOW_DEVICE: _slow,
    Cause.CUT_WIRE: _cut,
    Cause.DRIVE_NOISE: _noise,
}

CASES: Final = (
    *(Case(cause.value, cause, builder) for cause, builder in _BUILDERS.items()),
    Case("healthy", None, _healthy, is_healthy=True),
)
__all__ = ["CASES", "Plan"]
