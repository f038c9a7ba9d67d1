"""Hold-out cases of the pair itself: terminators or bias missing, and noise while the drive runs."""

from collections.abc import Callable
from typing import Final

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_port import Adapter
from hil.bus.copper_wiring import Idle, Noise, Pair
from hil.bus.segment import Delivery
from hil.loop import NS_PER_S
from hil.score.case import Case, Cause, Hand, Patient
from hil.score.holdout_room import MS, Room, Site

_CYCLE_NS: Final = 20 * NS_PER_S
"""A trip and the wait behind it."""


def _unterminated(seed: int) -> Patient:
    """A long cable without terminators at high speed: a third of the answers or more are damaged, moving car or not."""
    site = Site(seed, "57600 8N1", "115200 8E1", "115200 8N1")
    pair = Pair(ringing_ns=site.ringing_ns(site.chance.uniform(2e-3, 6e-3)))
    bench = CopperBench([site.device, *site.neighbours(2)], line=site.line, pair=pair, seed=seed)
    return Room(bench, site).patient()


def _one_terminator(seed: int) -> Patient:
    """Only one end is terminated: a few answers in a hundred are damaged, day and night."""
    site = Site(seed, "38400 8N1", "38400 8E1", "57600 8E1")
    pair = Pair(Idle.FAIL_SAFE, ringing_ns=site.ringing_ns(site.chance.uniform(3e-4, 7e-4)))
    adapter = Adapter(delivery=Delivery.USB, counts_errors=site.chance.random() < 0.5)
    bench = CopperBench([site.device], line=site.line, pair=pair, adapter=adapter, seed=seed)
    return Room(bench, site).patient()


def _star(seed: int) -> Patient:
    """A bus built as a star rings so badly that hardly an answer gets through, at a middling speed."""
    site = Site(seed, "19200 8N1", "19200 8E1", "38400 8N1")
    pair = Pair(ringing_ns=site.ringing_ns(site.chance.uniform(0.01, 0.05)))
    bench = CopperBench([site.device, *site.neighbours(3)], line=site.line, pair=pair, seed=seed)
    return Room(bench, site).patient(declined=[Hand.STOP_DRIVE])


def _floating(seed: int) -> Patient:
    """No bias: a byte or two of junk stand before most answers, some of which are lost with it."""
    site = Site(seed, "9600 8N1", "19200 8N1", "38400 8E1")
    pair = Pair(Idle.FLOATING, float_odds=site.chance.uniform(0.5, 0.9))
    bench = CopperBench([site.device, *site.neighbours(1)], line=site.line, pair=pair, seed=seed)
    return Room(bench, site).patient()


def _floating_seldom(seed: int) -> Patient:
    """No bias on a short, quiet pair: junk at one turnaround in ten, and an adapter that counts no errors."""
    site = Site(seed, "4800 8N1", "9600 8E1", "57600 8N1")
    adapter = Adapter(delivery=Delivery.USB, counts_errors=False)
    pair = Pair(Idle.FLOATING, float_odds=site.chance.uniform(0.06, 0.15))
    bench = CopperBench([site.device], line=site.line, pair=pair, adapter=adapter, seed=seed)
    return Room(bench, site).patient()


def _floating_before(seed: int) -> Patient:
    """The device takes long to answer; the pair it leaves alone makes junk that is over well before the answer."""
    site = Site(seed, "19200 8E1", "38400 8N1", "115200 8N1")
    site.stated_ns = 200 * MS
    device = site.changed(latency_ns=site.chance.randint(60, 150) * MS, jitter_ns=0)
    bench = CopperBench([device], line=site.line, pair=Pair(Idle.FLOATING, float_odds=1.0), seed=seed)
    return Room(bench, site).patient()


def _noise_trips(seed: int) -> Patient:
    """All is well while the car stands; on each trip, every 20 s, most answers are damaged."""
    site = Site(seed, "9600 8N1", "19200 8E1", "19200 8N1")
    return _noisy(site, Noise(site.chance.uniform(150, 500)), trip_s=(7, 12))


def _noise_faint(seed: int) -> Patient:
    """Here and there an answer is lost, seemingly at random; a patient watcher sees it only while the car moves."""
    site = Site(seed, "9600 8E1", "38400 8N1", "57600 8E1")
    noise = Noise(site.chance.uniform(10, 25), 15_000, 60_000)
    return _noisy(site, noise, trip_s=(8, 12), adapter=Adapter(counts_errors=False, delivery=Delivery.USB))


def _noise_heavy(seed: int) -> Patient:
    """As soon as the inverter switches, the line is full of rubbish and nothing gets through; then peace again."""
    site = Site(seed, "4800 8N1", "9600 8N1", "38400 8E1")
    return _noisy(site, Noise(site.chance.uniform(1500, 3000), 20_000, 120_000), trip_s=(5, 9))


def _noise_always(seed: int) -> Patient:
    """A busy hotel lift hardly ever stands: every few seconds an answer is damaged, until the lift is stopped."""
    site = Site(seed, "19200 8N1", "115200 8N1")
    return _noisy(site, Noise(site.chance.uniform(4, 10)), trip_s=(16, 18))


def _noisy(site: Site, noise: Noise, trip_s: tuple[int, int], adapter: Adapter | None = None) -> Patient:
    runs = _trips(site.chance.randint(*trip_s) * NS_PER_S, site.chance.randrange(_CYCLE_NS))
    others = site.neighbours(site.chance.randint(0, 2))
    bench = CopperBench([site.device, *others], line=site.line, adapter=adapter, noise=noise, runs=runs, seed=site.seed)
    return Room(bench, site).patient()


def _trips(trip_ns: int, phase_ns: int) -> Callable[[int], bool]:
    """The drive runs for `trip_ns` of each cycle."""
    return lambda t_ns: (t_ns + phase_ns) % _CYCLE_NS < trip_ns


CASES: Final = (
    Case("no terminators at high speed", Cause.NO_TERMINATION, _unterminated),
    Case("one terminator of two", Cause.NO_TERMINATION, _one_terminator),
    Case("a star of stubs", Cause.NO_TERMINATION, _star),
    Case("no bias, junk before most answers", Cause.NO_BIAS, _floating),
    Case("no bias, junk seldom", Cause.NO_BIAS, _floating_seldom),
    Case("no bias, junk long before a slow answer", Cause.NO_BIAS, _floating_before),
    Case("noise on each trip", Cause.DRIVE_NOISE, _noise_trips),
    Case("faint noise on each trip", Cause.DRIVE_NOISE, _noise_faint),
    Case("the inverter drowns the line", Cause.DRIVE_NOISE, _noise_heavy),
    Case("a lift that hardly ever stands", Cause.DRIVE_NOISE, _noise_always),
)
