"""A01 (between floors), A02 (at a landing) and the backstop.

| rule | needs | raised after |
|---|---|---|
| A01 | stationary, outside the door zone, occupied not `no`; doors ignored | 30 s if occupied, 60 s if unknown |
| A02 | stationary in the zone, no door fully open here since arrival, and *wanted out* | 90 s |
| backstop | a trip begun on a car call, no full opening since | max(300 s, 3 x full travel) |
| controller's own code | says `controller.trapped`, car stationary, no door fully open in the zone | at once |

*Wanted out*: occupied, or unknown with an unserved car call, a door-open fault or the door-open button.
Windows pause and never reset on anything less than a full opening or a significant move (`track.py`).

| input unknown or stale | A01 | A02 | backstop |
|---|---|---|---|
| moving and speed | pauses | pauses | goes on |
| door_zone | pauses | pauses | goes on, raised as A01 |
| doors | ignored | `opened here` keeps its last answer; never seen: not raised on occupancy alone | goes on |
| occupancy | 60 s instead of 30 s | needs a call, fault or button | goes on |
| mains | no grace | no grace | goes on |
"""

import enum
from typing import Final

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import EntrapmentConfig
from edge_agent.detect.facts import Facts
from edge_agent.detect.occupancy import Evidence, Occupancy, may_be_occupied
from edge_agent.detect.track import Track
from edge_agent.detect.window import Window
from protocols.lift.snapshot import LiftSnapshot
from protocols.upstream.messages import Trapped

CONTROLLER_TRAPPED: Final = "controller.trapped"
DOOR_OPEN_FAILED: Final = "door.open_failed"


class Rule(enum.Enum):
    """Which rule found it."""

    BETWEEN_FLOORS = "between_floors"
    AT_LANDING = "at_landing"
    BACKSTOP = "backstop"
    CONTROLLER = "controller"


class Stage(enum.Enum):
    """How far a rule has got."""

    IDLE = "idle"
    SUSPECT = "suspect"
    RAISE = "raise"


class Entrapment(msgspec.Struct, frozen=True):
    """The running windows, and what they were last compared with to see that a stop is over."""

    between: Window = Window()
    landing: Window = Window()
    trip: Window = Window()
    full_openings: int = 0
    significant_moves: int = 0
    mains_lost_ns: int | None = None
    controller_told: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One rule's answer at one instant. `since_ns`: when its condition first held in this stop."""

    rule: Rule
    stage: Stage
    code: str
    since_ns: int
    elapsed_ns: int
    limit_ns: int


def between_holds(facts: Facts, occupancy: Occupancy) -> bool | None:
    """A01's condition."""
    if facts.stationary is None or facts.in_zone is None:
        return None
    return facts.stationary and not facts.in_zone and occupancy.level is not Trapped.NO


def asks_to_open(snapshot: LiftSnapshot, occupancy: Occupancy) -> bool:
    """Signs that somebody wants out. A button may stick: only its press counts, until a full opening."""
    faults = snapshot.faults.known
    failed = faults is not None and DOOR_OPEN_FAILED in faults
    return bool(snapshot.car_calls.known) or Evidence.BUTTON in occupancy.evidence or failed


def wanted_out(snapshot: LiftSnapshot, track: Track, occupancy: Occupancy) -> bool:
    """What A02 needs beyond a shut door: people in a car that is known not to have opened here, or a sign."""
    if occupancy.level is Trapped.YES and track.opened_here is not None:
        return True
    return occupancy.level is not Trapped.NO and asks_to_open(snapshot, occupancy)


def landing_holds(snapshot: LiftSnapshot, facts: Facts, track: Track, occupancy: Occupancy) -> bool | None:
    """A02's condition; it also counts while a person sensor is on but not yet held long enough to be believed."""
    if facts.stationary is None or facts.in_zone is None:
        return None
    if not facts.stationary or not facts.in_zone or facts.open_limit:
        return False
    if track.opened_here and not asks_to_open(snapshot, occupancy):
        return False
    pending = may_be_occupied(occupancy) and track.opened_here is not None
    return pending or wanted_out(snapshot, track, occupancy)


def _stop_is_over(before: Entrapment, track: Track) -> bool:
    opened = track.full_openings != before.full_openings or track.counted_this_opening
    return opened or track.significant_moves != before.significant_moves


def follow(before: Entrapment, snapshot: LiftSnapshot, facts: Facts, track: Track, occupancy: Occupancy) -> Entrapment:
    """The windows after one more snapshot."""
    t_ns = facts.t_ns
    over = _stop_is_over(before, track)
    between, landing = (Window(), Window()) if over else (before.between, before.landing)
    mains = snapshot.mains.known
    lost_ns = None if mains is not False else (t_ns if before.mains_lost_ns is None else before.mains_lost_ns)
    trip = before.trip if occupancy.trip_call else Window()
    return Entrapment(
        between=between.follow(between_holds(facts, occupancy), t_ns),
        landing=landing.follow(landing_holds(snapshot, facts, track, occupancy), t_ns),
        trip=trip.follow(occupancy.trip_call, t_ns),
        full_openings=track.full_openings,
        significant_moves=track.significant_moves,
        mains_lost_ns=lost_ns,
        controller_told=before.controller_told and _controller_says_trapped(snapshot) is not False,
    )


def controller_heard(state: Entrapment) -> Entrapment:
    """The controller's code has had its alarm: while it stays latched, it is not news."""
    return msgspec.structs.replace(state, controller_told=True)


def _controller_says_trapped(snapshot: LiftSnapshot) -> bool | None:
    faults = snapshot.faults.known
    return None if faults is None else CONTROLLER_TRAPPED in faults


def _grace_until_ns(state: Entrapment, config: EntrapmentConfig) -> int:
    if state.mains_lost_ns is None or not config.rescue_device_fitted:
        return 0
    return state.mains_lost_ns + ns(config.rescue_device_grace_s)


def _stage(window: Window, suspect_ns: int, limit_ns: int, t_ns: int, grace_until_ns: int) -> Stage:
    elapsed_ns = window.elapsed_ns(t_ns)
    if window.running_since_ns is not None and elapsed_ns >= limit_ns and t_ns >= grace_until_ns:
        return Stage.RAISE
    return Stage.SUSPECT if elapsed_ns >= suspect_ns else Stage.IDLE


def limits_ns(occupancy: Occupancy, config: EntrapmentConfig, full_travel_s: float) -> dict[Rule, tuple[int, int]]:
    """(suspect, raise) per windowed rule, for the present occupancy."""
    known = occupancy.level is Trapped.YES
    between_s = config.between_floors_s if known else config.between_floors_unknown_s
    suspect_s = config.between_floors_suspect_s * between_s / config.between_floors_s
    backstop_ns = ns(max(config.backstop_s, 3 * full_travel_s))
    return {
        Rule.BETWEEN_FLOORS: (ns(suspect_s), ns(between_s)),
        Rule.AT_LANDING: (ns(config.at_landing_suspect_s), ns(config.at_landing_s)),
        Rule.BACKSTOP: (backstop_ns, backstop_ns),
    }


def _code(rule: Rule, facts: Facts) -> str:
    if rule is Rule.AT_LANDING:
        return "A02"
    if rule is Rule.BETWEEN_FLOORS:
        return "A01"
    return "A02" if facts.in_zone else "A01"


def _by_controller(state: Entrapment, snapshot: LiftSnapshot, facts: Facts) -> list[Finding]:
    free = facts.open_limit and facts.in_zone
    if state.controller_told or not _controller_says_trapped(snapshot) or not facts.stationary or free:
        return []
    return [Finding(Rule.CONTROLLER, Stage.RAISE, _code(Rule.CONTROLLER, facts), facts.t_ns, 0, 0)]


def _windows(state: Entrapment) -> dict[Rule, Window]:
    return {
        Rule.BETWEEN_FLOORS: state.between,
        Rule.AT_LANDING: state.landing,
        Rule.BACKSTOP: state.trip,
    }


def findings(
    state: Entrapment,
    snapshot: LiftSnapshot,
    facts: Facts,
    track: Track,
    occupancy: Occupancy,
    config: EntrapmentConfig,
    full_travel_s: float,
) -> list[Finding]:
    """Every rule's answer now, the controller's own word first."""
    found = _by_controller(state, snapshot, facts)
    limits = limits_ns(occupancy, config, full_travel_s)
    grace_until_ns = _grace_until_ns(state, config)
    for rule, window in _windows(state).items():
        suspect_ns, limit_ns = limits[rule]
        stage = _stage(window, suspect_ns, limit_ns, facts.t_ns, grace_until_ns)
        if rule is Rule.AT_LANDING and stage is Stage.RAISE and not wanted_out(snapshot, track, occupancy):
            stage = Stage.SUSPECT
        since_ns = facts.t_ns if window.first_ns is None else window.first_ns
        elapsed_ns = window.elapsed_ns(facts.t_ns)
        found.append(Finding(rule, stage, _code(rule, facts), since_ns, elapsed_ns, limit_ns))
    return found


def next_deadline(
    state: Entrapment, occupancy: Occupancy, config: EntrapmentConfig, full_travel_s: float, t_ns: int
) -> int | None:
    """The next instant after `t_ns` at which a running window changes its stage."""
    limits = limits_ns(occupancy, config, full_travel_s)
    grace_until_ns = _grace_until_ns(state, config)
    instants: list[int] = []
    for rule, window in _windows(state).items():
        suspect_ns, limit_ns = limits[rule]
        suspect_at, raise_at = window.fills_at_ns(suspect_ns), window.fills_at_ns(limit_ns)
        if suspect_at is not None and raise_at is not None:
            instants += [suspect_at, max(raise_at, grace_until_ns)]
    return min((instant for instant in instants if instant > t_ns), default=None)
