"""Hold-out cases of the wires and the adapter: exchanged, cut, echoing."""

from typing import Final

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_port import Adapter
from hil.bus.copper_wiring import Idle, Pair, Wiring
from hil.bus.segment import Delivery
from hil.score.case import Case, Cause, Hand, Patient
from hil.score.holdout_room import Room, Site


def _swapped_biased(seed: int) -> Patient:
    """The green and the white wire are exchanged at our adapter; the controller's bias resistors hold the pair."""
    site = Site(seed, "4800 8N1", "9600 8E1", "38400 8N1")
    bench = CopperBench([site.device], line=site.line, seed=seed)
    bench.swap_wires()
    return Room(bench, site).patient()


def _swapped_unbiased(seed: int) -> Patient:
    """The maker calls A what others call B; no bias, fail-safe receivers, and a USB stick that counts no errors."""
    site = Site(seed, "19200 8N1", "57600 8N1", "115200 8N1")
    adapter = Adapter(Wiring(swapped=True), Delivery.USB, counts_errors=False)
    pair = Pair(Idle.FAIL_SAFE)
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, adapter=adapter, pair=pair, seed=seed)
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _swapped_one(seed: int) -> Patient:
    """Three devices on a good bus, and only the one that was replaced last week has its pair the wrong way round."""
    site = Site(seed, "9600 8N1", "19200 8E1", "38400 8E1")
    bench = CopperBench([*site.neighbours(2), site.device], line=site.line, seed=seed)
    wiring = bench.slaves[f"slave {site.request.slave}"].wiring
    wiring.swapped = True
    return Room(bench, site, swap_at=wiring).patient()


def _swapped_and_echo(seed: int) -> Patient:
    """The adapter reads back all that it sends, and nothing else ever comes: behind it the wires are exchanged."""
    site = Site(seed, "9600 8N1", "19200 8N1")
    adapter = Adapter(Wiring(swapped=True, echo=True), counts_errors=site.chance.random() < 0.5)
    bench = CopperBench([site.device], line=site.line, adapter=adapter, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient()


def _cut_all(seed: int) -> Patient:
    """Nobody on the bus answers: the plug of the machine-room cable was pulled half out."""
    site = Site(seed, "4800 8E1", "9600 8N1", "115200 8N1")
    adapter = Adapter(delivery=Delivery.USB, counts_errors=site.chance.random() < 0.5)
    bench = CopperBench([site.device, *site.neighbours(2)], line=site.line, adapter=adapter, seed=seed)
    bench.adapter.wiring.cut()
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _cut_behind(seed: int) -> Patient:
    """The devices near the adapter are fine; the cable is broken before the last one, which is the one asked."""
    site = Site(seed, "9600 8E1", "19200 8N1", "57600 8N1")
    bench = CopperBench([*site.neighbours(3), site.device], line=site.line, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    bench.disconnect(f"slave {site.request.slave}")
    return Room(bench, site).patient()


def _cut_one_way(seed: int) -> Patient:
    """A four-wire cable has lost one pair: either the device never hears us, or we never hear its answers."""
    site = Site(seed, "9600 8N1", "38400 8E1")
    bench = CopperBench([site.device], line=site.line, seed=seed)
    if site.chance.random() < 0.5:
        bench.adapter.wiring.drives = False
    else:
        bench.adapter.wiring.hears = False
    return Room(bench, site).patient()


def _cut_now_and_then(seed: int) -> Patient:
    """A loose clamp: the device answers perfectly for seconds, then not at all for a second, then again."""
    site = Site(seed, "9600 8N1", "19200 8E1", "38400 8N1")
    adapter = Adapter(counts_errors=site.chance.random() < 0.5)
    bench = CopperBench([site.device], line=site.line, adapter=adapter, seed=seed)
    room = Room(bench, site)
    room.loosen(open_ms=(400, 2000), shut_ms=(1500, 5000))
    return room.patient()


def _echo(seed: int) -> Patient:
    """Every answer is right, but our own request comes back before each one."""
    site = Site(seed, "4800 8N1", "9600 8E1", "57600 8N1", "115200 8E1")
    bench = CopperBench([site.device, *site.neighbours(2)], line=site.line, adapter=_echoing(Delivery.FRAME), seed=seed)
    return Room(bench, site).patient(declined=[Hand.REMOVE_DEVICE])


def _echo_glued(seed: int) -> Patient:
    """As above through a USB adapter whose timer glues the echo to the answer; its driver counts no errors."""
    site = Site(seed, "38400 8N1", "57600 8E1", "115200 8N1")
    adapter = _echoing(Delivery.USB)
    adapter.counts_errors = False
    bench = CopperBench([site.device], line=site.line, adapter=adapter, pair=Pair(Idle.FAIL_SAFE), seed=seed)
    return Room(bench, site).patient()


def _echo_and_dead(seed: int) -> Patient:
    """A simple terminal program shows "answers": they are our own requests, the device has no power."""
    site = Site(seed, "9600 8N1", "19200 8E1")
    bench = CopperBench([site.device], line=site.line, adapter=_echoing(Delivery.BYTE), seed=seed)
    bench.slaves[f"slave {site.request.slave}"].dead = True
    return Room(bench, site).patient()


def _echoing(delivery: Delivery) -> Adapter:
    return Adapter(Wiring(echo=True), delivery)


_AND_ECHO: Final = frozenset({Cause.ECHO})
"""The adapter does echo: that is true as well, though not why there is no answer."""

CASES: Final = (
    Case("swapped at the adapter, biased pair", Cause.SWAPPED_WIRES, _swapped_biased),
    Case("swapped, no bias, no counters", Cause.SWAPPED_WIRES, _swapped_unbiased),
    Case("swapped at one device of three", Cause.SWAPPED_WIRES, _swapped_one),
    Case("swapped behind an echoing adapter", Cause.SWAPPED_WIRES, _swapped_and_echo, like=_AND_ECHO),
    Case("cut at the adapter, all silent", Cause.CUT_WIRE, _cut_all),
    Case("cut before the last device", Cause.CUT_WIRE, _cut_behind),
    Case("cut in one direction", Cause.CUT_WIRE, _cut_one_way),
    Case("a loose clamp", Cause.CUT_WIRE, _cut_now_and_then),
    Case("echo before each answer", Cause.ECHO, _echo),
    Case("echo glued to the answer", Cause.ECHO, _echo_glued),
    Case("echo of a dead device", Cause.DEAD_DEVICE, _echo_and_dead, like=_AND_ECHO),
)
