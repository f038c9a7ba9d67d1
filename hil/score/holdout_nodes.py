"""Hold-out cases of those on the bus: doubles, a second master, dead and slow devices, and two without a name."""

from typing import Final

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import AsksSpec, BabbleSpec
from hil.bus.copper_port import Adapter
from hil.bus.copper_wiring import Idle, Pair
from hil.bus.segment import Delivery
from hil.bus.waveform import SPACE
from hil.score.case import Case, Cause, Hand, Patient
from hil.score.holdout_room import MS, Room, Site


def _twins_merge(seed: int) -> Patient:
    """Two equal boards with the factory's address answer at the same time, and their answers are one muddle."""
    site = Site(seed, "9600 8N1", "19200 8E1", "57600 8N1")
    first = site.changed(jitter_ns=2 * MS)
    second = site.changed(jitter_ns=2 * MS, registers=site.registers(), drift_ppm=site.chance.randint(-3000, 3000))
    bench = CopperBench([first, second, *site.neighbours(1)], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _twins_queue(seed: int) -> Patient:
    """A lift controller and a door drive share an address; the quick one answers, then the slow one answers too."""
    site = Site(seed, "19200 8N1", "38400 8E1", "115200 8N1")
    slow = site.changed(latency_ns=site.latency_ns + site.chance.randint(60, 150) * MS, registers=site.registers())
    site.stated_ns += 200 * MS
    bench = CopperBench([site.device, slow], line=site.line, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient()


def _twins_overlap(seed: int) -> Patient:
    """The second device with the address begins in the middle of the first one's answer; no error counters."""
    site = Site(seed, "4800 8N1", "9600 8E1", "9600 8N1")
    later_ns = site.line.wire_ns(site.request.reply_len) // site.chance.randint(2, 4)
    second = site.changed(latency_ns=site.latency_ns + later_ns, registers=site.registers())
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    bench = CopperBench([second, site.device], line=site.line, adapter=adapter, seed=seed)
    return Room(bench, site).patient()


def _master_seldom(seed: int) -> Patient:
    """The building's management asks another device every 5 s; ours loses an answer now and then."""
    site = Site(seed, "9600 8N1", "9600 8E1", "19200 8N1")
    others = site.neighbours(2)
    asks = AsksSpec(others[0].address, site.request.address, 4, 5000 * MS, 100 * MS, site.line)
    bench = CopperBench([site.device, *others], line=site.line, second_master=asks, seed=seed)
    return Room(bench, site).patient()


def _master_often(seed: int) -> Patient:
    """A forgotten logger asks the very same device several times a second; answers come that nobody here asked for."""
    site = Site(seed, "19200 8E1", "38400 8N1", "57600 8N1")
    period_ns = site.chance.randint(110, 240) * MS
    asks = AsksSpec(site.request.slave, site.request.address, 2, period_ns, 15 * MS, site.line)
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    bench = CopperBench([site.device], line=site.line, adapter=adapter, second_master=asks, seed=seed)
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _master_of_nobody(seed: int) -> Patient:
    """A second controller looks every second for a device that was taken out long ago: requests without answers."""
    site = Site(seed, "4800 8E1", "9600 8N1", "38400 8E1")
    missing = site.neighbours(1)[0].address
    asks = AsksSpec(missing, 0, 10, site.chance.randint(700, 1500) * MS, 50 * MS, site.line)
    bench = CopperBench([site.device], line=site.line, second_master=asks, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient()


def _dead_of_many(seed: int) -> Patient:
    """Four devices on the bus, three of them well; the one we want has lost its supply."""
    site = Site(seed, "9600 8N1", "38400 8N1", "115200 8E1")
    bench = CopperBench([site.device, *site.neighbours(3)], line=site.line, seed=seed)
    bench.slaves[f"slave {site.request.slave}"].dead = True
    return Room(bench, site).patient()


def _dead_alone(seed: int) -> Patient:
    """The only device on the bus is powered, its lamps are lit, and its interface is burnt out."""
    site = Site(seed, "4800 8N1", "19200 8E1", "57600 8N1")
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    pair = Pair(Idle.FAIL_SAFE)
    bench = CopperBench([site.device], line=site.line, adapter=adapter, pair=pair, seed=seed)
    bench.slaves[f"slave {site.request.slave}"].dead = True
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _slow(seed: int) -> Patient:
    """No answer in time, ever: each one comes whole and right, a quarter to half a second after the promised time."""
    site = Site(seed, "9600 8N1", "38400 8E1", "57600 8N1")
    device = site.changed(latency_ns=site.stated_ns + site.chance.randint(250, 500) * MS)
    bench = CopperBench([device, *site.neighbours(1)], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _slow_at_times(seed: int) -> Patient:
    """About every second answer is late: the controller serves its own display first."""
    site = Site(seed, "4800 8E1", "19200 8N1", "115200 8N1")
    device = site.changed(jitter_ns=site.stated_ns + site.chance.randint(250, 450) * MS)
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    bench = CopperBench([device], line=site.line, adapter=adapter, seed=seed)
    return Room(bench, site).patient()


def _slow_beyond(seed: int) -> Patient:
    """Behind a radio link the device takes one to two seconds for what its data sheet does in a tenth."""
    site = Site(seed, "9600 8E1", "19200 8N1")
    device = site.changed(latency_ns=site.chance.randint(1000, 1800) * MS, jitter_ns=100 * MS)
    bench = CopperBench([device], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _babbler(seed: int) -> Patient:
    """A broken display sends random bytes whenever it likes, drive or no drive."""
    site = Site(seed, "9600 8N1", "19200 8E1")
    babbler = BabbleSpec(longest=30, mean_pause_ns=site.chance.randint(80, 200) * MS)
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, babbler=babbler, seed=seed)
    return Room(bench, site).patient()


def _stuck(seed: int) -> Patient:
    """A neighbour's driver is burnt through and holds the pair at a zero; exchanging the wires only turns it over."""
    site = Site(seed, "9600 8N1", "38400 8E1")
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, seed=seed)
    bench.copper.stick(SPACE)
    return Room(bench, site).patient(declined=[Hand.CONNECT_DIRECTLY])


CASES: Final = (
    Case("twins that answer at once", Cause.DUPLICATE_ADDRESS, _twins_merge),
    Case("twins that answer in turn", Cause.DUPLICATE_ADDRESS, _twins_queue),
    Case("twins whose answers overlap", Cause.DUPLICATE_ADDRESS, _twins_overlap),
    Case("a second master every 5 s", Cause.SECOND_MASTER, _master_seldom),
    Case("a second master at the same device", Cause.SECOND_MASTER, _master_often),
    Case("a second master that nobody answers", Cause.SECOND_MASTER, _master_of_nobody),
    Case("dead among three that live", Cause.DEAD_DEVICE, _dead_of_many),
    Case("dead and alone", Cause.DEAD_DEVICE, _dead_alone),
    Case("always late", Cause.SLOW_DEVICE, _slow),
    Case("late at times", Cause.SLOW_DEVICE, _slow_at_times),
    Case("late by seconds", Cause.SLOW_DEVICE, _slow_beyond),
    Case("a node that babbles", None, _babbler),
    Case("a driver that never lets go", None, _stuck),
)
