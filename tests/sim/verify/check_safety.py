"""Item 6: the safety invariants as Hypothesis properties, for as many lift-days as fit the time."""

import time
from typing import Final, get_args

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from msgspec.structs import replace

from protocols.lift.vocabulary import DoorSide
from sim.agenda import NS_PER_S
from sim.building import RearDoor, RescueDevice
from sim.ride import Levelling
from sim.stimuli import Stimulus
from sim.switches import Switch
from sim.trouble import ENTRAPPING
from verify.findings import Finding, Outcome, PlantWrong, judged
from verify.house import BUSY, HOUSE, LIVELY
from verify.rules import Seen
from verify.watch import Watch

CHUNK: Final = 20
_HOUR_S: Final = 3600.0
_LIVELIHOOD_S: Final = 1200.0
_FAULT_WAIT_S: Final = 300.0
SLOW: Final = replace(
    HOUSE,
    drive=replace(HOUSE.drive, rated_speed_mps=0.5, accel_mps2=0.4, jerk_mps3=0.6, emergency_decel_mps2=1.6),
    door=replace(HOUSE.door, zone_m=0.35, opening_s=4.0, closing_s=5.0),
)
FAST: Final = replace(
    HOUSE,
    drive=replace(HOUSE.drive, rated_speed_mps=4.0, accel_mps2=1.2, jerk_mps3=1.6),
    homing_after_s=20.0,
    self_recovery_after_s=10.0,
    rescue_device=RescueDevice(),
    traffic=replace(HOUSE.traffic, passengers_per_hour=120.0),
)

COARSE: Final = replace(
    LIVELY,
    capacity_persons=8,
    levelling=Levelling(load_error_mm=50.0, spread_mm=6.0, stretch_mm=24.0, relevel_speed_mps=0.3),
)
"""A lift that stops badly, on soft ropes."""

EAGER: Final = replace(
    LIVELY, door=replace(LIVELY.door, advance_opening=True, nudge_after_s=20.0), rescue_device=RescueDevice()
)
"""Its door begins to open before the car stands, and closes on people."""

THROUGH: Final = replace(
    LIVELY,
    floors=tuple(
        replace(floor, sides=((DoorSide.FRONT,), (DoorSide.REAR,), tuple(DoorSide))[number % 3])
        for number, floor in enumerate(LIVELY.floors)
    ),
    rear_door=RearDoor(opening_s=3.0, closing_s=4.5),
    levelling=COARSE.levelling,
)
"""Landings in front, behind and on both sides; its rear door is the slower one."""

GROUP: Final = replace(LIVELY, cars=3, traffic=replace(LIVELY.traffic, passengers_per_hour=180.0))

HOUSES: Final = {
    "quiet": HOUSE,
    "lively": LIVELY,
    "busy": BUSY,
    "slow": SLOW,
    "fast": FAST,
    "coarse": COARSE,
    "eager": EAGER,
    "through": THROUGH,
    "group": GROUP,
}
Run = tuple[int, str, list[tuple[float, Stimulus, float, int]], float]
_SWITCHES: Final = tuple(get_args(Switch))
_OTHERS: Final = tuple(stimulus for stimulus in Stimulus if stimulus not in _SWITCHES)
_DEEDS: Final = st.tuples(
    st.one_of(st.floats(0, 15), st.floats(0, 300)),
    st.one_of(st.sampled_from(_OTHERS), st.sampled_from(_OTHERS), st.sampled_from(_SWITCHES)),
    st.floats(0.5, 120),
    st.integers(0, 3),
)
"""A switch of the service modes in one deed of three, whatever their number. Last, the car: 0 is none that is named."""
_MODES_END: Final = (
    Stimulus.FIRE_END,
    Stimulus.EARTHQUAKE_END,
    Stimulus.REPAIR_ENDS,
    Stimulus.IN_SERVICE,
    Stimulus.INDEPENDENT_OFF,
    Stimulus.ATTENDANT_OFF,
)
"""A technician's release ends none of these modes: they belong to others."""
_HASTY: Final = st.tuples(
    st.tuples(
        st.floats(0, 30), st.sampled_from(sorted(ENTRAPPING, key=lambda one: one.value)), st.just(1.0), st.just(1)
    ),
    st.tuples(st.floats(-2, -0.01), st.sampled_from((Stimulus.RELEASE, Stimulus.POWER_LOSS)), st.just(1.0), st.just(1)),
)
"""A fault, and what is done to the lift before the car stands or while the safety chain is still open."""
RUNS: Final = st.tuples(
    st.integers(0, 2**32),
    st.sampled_from(sorted(HOUSES)),
    st.builds(
        lambda deeds, hasty: [*deeds, *hasty],
        st.lists(_DEEDS, max_size=25),
        st.one_of(st.just(()), _HASTY),
    ),
    st.floats(60, 12 * _HOUR_S),
)
"""Seed, house, what is done after which pause (below 0: so long after the next fault), how long it is left alone."""


class Chunk(msgspec.Struct):
    """What some runs were, and the first that broke a rule, made as small as Hypothesis could."""

    seen: Seen
    broken: str = ""


def play(run: Run) -> Seen:
    """One run under watch, with a technician and the mains at the end. Raises PlantWrong."""
    seed, house, deeds, after_s = run
    building = HOUSES[house]
    watch = Watch(building, seed)
    for pause_s, stimulus, seconds, number in deeds:
        if pause_s < 0:
            watch.await_fault(watch.plant.now_ns + round(_FAULT_WAIT_S * NS_PER_S))
        watch.advance(watch.plant.now_ns + round(abs(pause_s) * NS_PER_S))
        watch.apply(stimulus, seconds, (number - 1) % building.cars if number else None)
    for stimulus in (*_MODES_END, Stimulus.POWER_RESTORE, Stimulus.RELEASE, Stimulus.PERSON_LEAVES):
        for car in range(building.cars):
            watch.apply(stimulus, 1.0, car)
        watch.advance(watch.plant.now_ns + 180 * NS_PER_S)
    _serves(watch)
    watch.advance(watch.plant.now_ns + round(after_s * NS_PER_S))
    return watch.finish()


def _serves(watch: Watch) -> None:
    """In order again, the lift takes somebody somewhere."""
    served = watch.plant.crowd.served
    watch.apply(Stimulus.PERSON_ENTERS, 1.0)
    watch.advance(watch.plant.now_ns + round(_LIVELIHOOD_S * NS_PER_S))
    if watch.plant.crowd.served == served:
        raise PlantWrong("in order again, the lift served nobody in 20 minutes")


def run_chunk(seed: int, number: int, size: int = CHUNK) -> Chunk:
    """`size` runs; what breaks a rule is shrunk."""
    chunk = Chunk(Seen())

    @seeded(seed * 1_000_003 + number)
    @settings(
        max_examples=size,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(RUNS)
    def hold(run: Run) -> None:
        chunk.seen.add(play(run))

    try:
        hold()
    except PlantWrong as wrong:
        example = " ".join(" ".join(getattr(wrong, "__notes__", [])).split())
        chunk.broken = f"{wrong} ({example})"
    return chunk


def run_for(seed: int, worker: int, workers: int, seconds: float) -> Chunk:
    """Chunks of one worker until the time is over; the first that breaks a rule ends it."""
    until, number, whole = time.monotonic() + seconds, worker, Chunk(Seen())
    while True:
        chunk = run_chunk(seed, number)
        whole.seen.add(chunk.seen)
        whole.broken = chunk.broken
        if chunk.broken or time.monotonic() >= until:
            return whole
        number += workers


RULES: Final = (
    "never moves with a door not closed, but inside the unlocking zone, to re-level, at most 0.30 m/s, or on coming to"
    " a landing with advance opening, at most 0.8 m/s; and in an unintended movement, which ends within 1.20 m",
    "never starts with the chain open, nor without mains or controller but by a rescuer's hand; without them it only"
    " slows down",
    "door open only within 0.35 m of a landing, unless people inside forced it, standing or running (then the car only"
    " slows down), or it went astray",
    "a run from between landings, and one under inspection, at most 0.30 m/s; inspection at most 0.63 m/s",
    "never faster than rated, but in overspeed, and then than its governor allows; beyond the last landings only when"
    " it overran one or moved away from it; never a jump; brakes with at most 1 g",
    "never re-levels with a fault, nor without mains or controller",
    "no run begins while the overload signal or a hand on the door-open button holds the door",
    "trapped and freed alternate, and only with somebody in the car; in order again the lift serves somebody",
)


def outcome(chunks: list[Chunk], seconds: float) -> Outcome:
    """One finding for all rules, with what broke them."""
    seen = Seen()
    for chunk in chunks:
        seen.add(chunk.seen)
    broken = "; ".join(sorted({chunk.broken for chunk in chunks if chunk.broken}))
    days = seen.seconds / 86400
    size = (
        f"{days:.0f} lift-days in {seen.runs} runs: {seen.starts} starts, {seen.door_cycles} door cycles,"
        f" {seen.stimuli} stimuli, {seen.trapped} entrapments, {seen.relevels} re-levellings, {seen.events} events"
    )
    first = Finding(
        6,
        "all of the rules above, at both ends and the middle of every interval between events",
        f"simulation.md section 6, item 11; random runs with random stimuli, {seconds:g} s on {len(chunks)} cores",
        "never broken",
        f"{broken}; in {size}" if broken else size,
        judged(not broken and seen.trapped > 0 and seen.relevels > 0),
    )
    return Outcome((first,))
