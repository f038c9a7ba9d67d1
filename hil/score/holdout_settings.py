"""Hold-out cases of line settings: the device's speed or format is not what the technician believes."""

from typing import Final

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_port import Adapter
from hil.bus.copper_wiring import Idle, Pair
from hil.bus.segment import Delivery
from hil.score.case import Case, Cause, Hand, Patient
from hil.score.holdout_room import Room, Site


def _half(seed: int) -> Patient:
    """An old controller at 4800 or 2400 is believed to run at the 9600 of its successor."""
    site = Site(seed, "4800 8N1", "4800 8N1", "2400 8N1")
    bench = CopperBench([site.device], line=site.line, seed=seed)
    return Room(bench, site).patient(believed="9600 8N1")


def _near(seed: int) -> Patient:
    """The menu says "fast", which is 57600 in the new firmware and was 38400 in the old one, or the other way round."""
    site = Site(seed, "57600 8E1", "38400 8E1")
    believed = "38400 8E1" if site.line.baud == 57_600 else "57600 8E1"
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    bench = CopperBench([site.device, *site.neighbours(2)], line=site.line, adapter=adapter, seed=seed)
    return Room(bench, site).patient(believed=believed)


def _far(seed: int) -> Patient:
    """The device was set to 115200 for a firmware update and never set back to 9600 or 19200."""
    site = Site(seed, "115200 8N1")
    bench = CopperBench([site.device], line=site.line, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient(believed=site.chance.choice(("9600 8N1", "19200 8N1")))


def _talks_at_another_speed(seed: int) -> Patient:
    """Only the device asked was replaced and has the factory's speed; its neighbours run at the bus's."""
    site = Site(seed, "9600 8E1", "19200 8E1")
    factory = "19200 8E1" if site.line.baud == 9600 else "9600 8E1"
    device = site.changed(line=site.line.parse(factory))
    bench = CopperBench([*site.neighbours(3), device], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _unthought_of(seed: int) -> Patient:
    """The menu goes 9600, 14400, 19200, 28800, and somebody pressed the key once more than the sheet says."""
    site = Site(seed, "14400 8N1", "28800 8N1")
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, seed=seed)
    return Room(bench, site).patient(believed="9600 8N1" if site.line.baud == 14_400 else "19200 8N1")


def _hot_clock(seed: int) -> Patient:
    """In the heat the device's clock runs 6 % fast, too much for a UART: it answers each request, always damaged."""
    site = Site(seed, "9600 8N1", "19200 8N1", "38400 8N1")
    device = site.changed(drift_ppm=site.chance.randint(56_000, 64_000), checks_chars=False)
    bench = CopperBench([device], line=site.line, seed=seed)
    return Room(bench, site).patient()


def _even_as_none(seed: int) -> Patient:
    """The device has the standard's 8E1; the installer's sheet says 8N1, as for everything else in the building."""
    site = Site(seed, "4800 8E1", "19200 8E1", "57600 8E1")
    adapter = Adapter(counts_errors=site.chance.random() < 0.5)
    bench = CopperBench([site.device], line=site.line, adapter=adapter, seed=seed)
    return Room(bench, site).patient(believed=f"{site.line.baud} 8N1")


def _none_as_even(seed: int) -> Patient:
    """The sheet quotes the standard, 8E1; the device has 8N1 and is lenient: it answers each request with garbage."""
    site = Site(seed, "9600 8N1", "38400 8N1", "115200 8N1")
    device = site.changed(checks_chars=False)
    bench = CopperBench([device, *site.neighbours(1)], line=site.line, seed=seed)
    return Room(bench, site).patient(believed=f"{site.line.baud} 8E1", declined=[Hand.STOP_DRIVE])


def _two_stop_bits_as_even(seed: int) -> Patient:
    """The device has 8N2 and drops what it thinks damaged, the sheet says 8E1; both take eleven bits."""
    site = Site(seed, "9600 8N2", "19200 8N2", "38400 8N2")
    bench = CopperBench([site.device], line=site.line, seed=seed)
    return Room(bench, site).patient(believed=f"{site.line.baud} 8E1")


def _odd_as_even(seed: int) -> Patient:
    """The device has 8O1 and is lenient, the sheet says 8E1: values are right, each byte counts a parity error."""
    site = Site(seed, "4800 8O1", "9600 8O1", "19200 8O1")
    device = site.changed(checks_chars=False)
    bench = CopperBench([device, *site.neighbours(2)], line=site.line, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient(believed=f"{site.line.baud} 8E1")


CASES: Final = (
    Case("an old device at half the speed", Cause.WRONG_SPEED, _half),
    Case("57600 and 38400 mixed up", Cause.WRONG_SPEED, _near),
    Case("left at 115200 after an update", Cause.WRONG_SPEED, _far),
    Case("one device of four at the factory's speed", Cause.WRONG_SPEED, _talks_at_another_speed),
    Case("a speed that nobody thinks of", Cause.WRONG_SPEED, _unthought_of),
    Case("a clock 6 % fast", Cause.WRONG_SPEED, _hot_clock),
    Case("8E1 taken for 8N1", Cause.WRONG_FORMAT, _even_as_none),
    Case("8N1 taken for 8E1", Cause.WRONG_FORMAT, _none_as_even),
    Case("8N2 taken for 8E1", Cause.WRONG_FORMAT, _two_stop_bits_as_even),
    Case("8O1 taken for 8E1", Cause.WRONG_FORMAT, _odd_as_even),
)
