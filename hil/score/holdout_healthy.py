"""Hold-out cases with nothing wrong, some of which look as if there were."""

from typing import Final

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_port import Adapter
from hil.bus.copper_wiring import Idle, Pair
from hil.bus.segment import Delivery
from hil.score.case import Case, Hand, Patient
from hil.score.holdout_room import MS, Room, Site


def _plain(seed: int) -> Patient:
    """A new installation with four devices; the technician only wants to be sure."""
    site = Site(seed, "4800 8N1", "9600 8E1", "38400 8N1", "115200 8E1")
    bench = CopperBench([site.device, *site.neighbours(3)], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _drift(seed: int) -> Patient:
    """A device without a crystal runs 2 to 3 % fast or slow, which a UART puts up with."""
    site = Site(seed, "9600 8N1", "57600 8N1", "115200 8E1")
    drift_ppm = site.chance.choice((-1, 1)) * site.chance.randint(20_000, 30_000)
    bench = CopperBench([site.changed(drift_ppm=drift_ppm)], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _slow_as_promised(seed: int) -> Patient:
    """The device takes nearly half a second, and its data sheet says so; a USB adapter adds to it."""
    site = Site(seed, "9600 8N1", "19200 8E1")
    site.stated_ns = 500 * MS
    device = site.changed(latency_ns=site.chance.randint(350, 450) * MS, jitter_ns=40 * MS)
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    bench = CopperBench([device], line=site.line, adapter=adapter, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _two_stop_bits(seed: int) -> Patient:
    """The device has 8N2, the sheet says 8N1: it costs a bit a character and harms nobody."""
    site = Site(seed, "9600 8N2", "19200 8N2", "57600 8N2")
    bench = CopperBench([site.device], line=site.line, seed=seed)
    return Room(bench, site).patient(believed=f"{site.line.baud} 8N1")


def _short_unterminated(seed: int) -> Patient:
    """Five metres of cable without terminators at a low speed: it rings, and is over before anybody looks."""
    site = Site(seed, "2400 8E1", "4800 8N1", "9600 8N1")
    pair = Pair(ringing_ns=site.chance.randint(200, 800))
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, pair=pair, seed=seed)
    return Room(bench, site).patient()


def _dead_neighbours(seed: int) -> Patient:
    """The device asked is well; two others on its bus have been switched off."""
    site = Site(seed, "19200 8N1", "38400 8E1")
    bench = CopperBench([*site.neighbours(2), site.device], line=site.line, seed=seed)
    for slave in bench.slaves.values():
        slave.dead = slave.spec.address != site.request.slave
    return Room(bench, site).patient(declined=[Hand.REMOVE_DEVICE])


CASES: Final = (
    Case("a new installation", None, _plain, is_healthy=True),
    Case("a clock 2 to 3 % off", None, _drift, is_healthy=True),
    Case("slow, as its data sheet says", None, _slow_as_promised, is_healthy=True),
    Case("8N2 taken for 8N1", None, _two_stop_bits, is_healthy=True),
    Case("a short cable that rings at low speed", None, _short_unterminated, is_healthy=True),
    Case("switched-off neighbours", None, _dead_neighbours, is_healthy=True),
)
