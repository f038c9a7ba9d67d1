"""F01, F14 to F16, F24, E40 to E49, and the controller's own word: by signals; and what must not be one of them.

R1, R4, R5 and R7 by reference/lift_standards.md, 6.3.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from edge_agent.clock import NS
from edge_agent.detect.look import Seen
from edge_agent.lift_state import decode, encode, restore
from protocols.lift.snapshot import DoorItems, Item
from protocols.lift.vocabulary import DoorSide, ServiceMode, Validity
from protocols.upstream.messages import Phase, Trapped
from tests.support.core import Ride


def begun(ride: Ride) -> list[str]:
    return [one.code for _, one in ride.happened if one.phase is Phase.BEGIN]


def ended(ride: Ride) -> list[str]:
    return [one.code for _, one in ride.happened if one.phase is Phase.END]


def lift(**signals: Any) -> Ride:
    """Closed at floor 0, all circuits closed, in service."""
    closed = {"door_closed": True, "landing_lock": True, "car_lock": True, "safety_chain": True}
    return Ride(**{**closed, "mode": ServiceMode.NORMAL, **signals}).run(5)


def cycle(ride: Ride, seconds: float = 5.0, **bridged: bool) -> Ride:
    """The door opens for so long and shuts again; its locks open with it, unless they are bridged."""
    locks = {"landing_lock": False, "car_lock": False, **bridged}
    ride.run(1, door_closed=False, **locks).run(seconds, door_open=True)
    ride.run(2, door_open=False)
    return ride.run(1, door_closed=True, landing_lock=True, car_lock=True)


def away(ride: Ride) -> Ride:
    """Under way, out of the zone."""
    return ride.run(1, moving=True, speed_mps=1.0).run(1, door_zone=False, speed_mps=1.6)


# the chain


def test_normal_service_is_no_event() -> None:
    ride = lift()
    for floor in (3, 6, 1):
        cycle(ride.trip(floor))
    assert ride.happened == []


def test_the_chain_opens_with_the_doors_closed() -> None:
    ride = lift().run(3, safety_chain=False)
    assert begun(ride) == ["F01"]
    assert ended(ride.run(1, safety_chain=True)) == ["F01"]


@pytest.mark.parametrize(
    "signals",
    [{"door_closed": False}, {"door_closed": None}, {"mains": False}, {"mode": ServiceMode.INSPECTION}],
)
def test_a_chain_may_be_open_where_it_has_to_be(signals: dict[str, Any]) -> None:
    assert "F01" not in begun(lift(**signals).run(10, safety_chain=False))


def test_a_chain_behind_the_door_contacts_opens_with_the_door_also_in_advance() -> None:
    ride = away(lift()).run(1, door_zone=True, floor=1, speed_mps=0.6)
    ride.run(1, door_closed=False, safety_chain=False, landing_lock=False, car_lock=False)
    ride.run(3, moving=False, speed_mps=0.0).run(5, door_open=True).run(2, door_open=False)
    ride.run(2, door_closed=True, safety_chain=True, landing_lock=True, car_lock=True)
    assert begun(ride) == []


def test_a_door_that_was_last_seen_closed_before_the_chain_opened_excuses_it() -> None:
    ride = lift()
    plain, seen_ns = ride.snapshot, ride.t_ns
    closed = DoorItems(DoorSide.FRONT, Item(), Item(True, Validity.GOOD, seen_ns, seen_ns, "slow/door"))
    ride.snapshot = lambda: msgspec.structs.replace(plain(), doors=(closed,))  # type: ignore[method-assign]
    assert begun(ride.run(1).run(3, safety_chain=False)) == []


def test_a_sample_that_is_looked_at_again_is_one_sample() -> None:
    seen = Seen().follow(True, 5 * NS).follow(True, 5 * NS).follow(None, 6 * NS)
    assert seen == Seen(1, 5 * NS, 5 * NS)
    assert not seen.is_steady()
    assert seen.follow(True, 6 * NS).is_steady()
    assert seen.follow(False, 6 * NS) == Seen()


def test_an_open_chain_ends_when_it_is_seen_closed_whatever_the_doors_do() -> None:
    ride = (
        lift().run(3, safety_chain=False).run(3, door_closed=None).run(3, door_closed=False).run(5, safety_chain=None)
    )
    assert (begun(ride), ended(ride)) == (["F01"], [])
    assert ended(ride.run(1, safety_chain=True)) == ["F01"]


def test_the_mode_that_was_last_given_holds_while_nobody_gives_one() -> None:
    ride = lift().run(30, mode=ServiceMode.INSPECTION).run(60, mode=None, safety_chain=False)
    assert begun(ride) == ["E43"]


def test_a_chain_that_bounces_is_not_open() -> None:
    ride = lift()
    for _ in range(5):
        ride.run(0.2, safety_chain=False).run(1.3, safety_chain=True)
    assert begun(ride) == []


@pytest.mark.parametrize("lock", ["landing_lock", "car_lock"])
def test_a_lock_that_opens_in_a_run(lock: str) -> None:
    ride = away(lift()).run(1, **{lock: False})
    assert begun(ride) == ["F14"]
    assert ended(ride.run(1, **{lock: True})) == ["F14"]


def test_a_lock_pulled_on_a_standing_car_is_no_run() -> None:
    ride = away(lift()).run(0, moving=False, speed_mps=0.0).run(5, landing_lock=False)
    assert begun(ride) == []


# bridges


@pytest.mark.parametrize(("lock", "words"), [("landing_lock", "landing door lock"), ("car_lock", "car door lock")])
def test_a_lock_that_stays_closed_with_the_door_open_is_bridged_and_the_landing_named(lock: str, words: str) -> None:
    ride = lift().trip(3)
    opened_s = ride.t_ns / NS + 1
    cycle(ride, **{lock: True})
    ((at_s, told),) = ride.of("F15", Phase.BEGIN)
    assert at_s == pytest.approx(opened_s + 3)
    assert (
        told.evidence.en
        == f"at floor 4 a door has been fully open for 3 s and the {words} circuit is closed: it is bridged"
    )
    assert ended(ride) == []


def test_a_bridge_ends_where_the_lock_is_seen_open_again_and_nowhere_else() -> None:
    ride = cycle(lift().trip(3), landing_lock=True)
    cycle(ride.trip(5))
    assert ended(ride) == []
    cycle(ride.trip(3))
    assert ended(ride) == ["F15"]


def test_a_lock_is_not_judged_while_one_of_two_doors_is_shut() -> None:
    ride = lift()
    shut = DoorItems(DoorSide.REAR, Item(False, Validity.GOOD, 0, 0, "x"), Item(True, Validity.GOOD, 0, 0, "x"))
    plain = ride.snapshot
    ride.snapshot = lambda: msgspec.structs.replace(plain(), doors=(*plain().doors, shut))  # type: ignore[method-assign]
    cycle(ride, landing_lock=True, car_lock=True)
    assert "F15" not in begun(ride)


def test_two_short_looks_at_a_closed_lock_hours_apart_are_no_bridge() -> None:
    ride = lift()
    for _ in range(2):
        ride.run(1, door_closed=False).run(2, door_open=True)
        ride.run(2, door_open=False).run(3600, door_closed=True)
    assert "F15" not in begun(ride)


def test_two_bridged_landings_are_two_events() -> None:
    ride = cycle(cycle(lift(), landing_lock=True).trip(4), landing_lock=True)
    assert begun(ride) == ["F15", "F15"]
    assert len({one.event_id for _, one in ride.of("F15", Phase.BEGIN)}) == 2


@pytest.mark.parametrize(
    "signals",
    [{"mode": ServiceMode.INSPECTION}, {"door_open": None}, {"door_zone": None}, {"floor": None}],
)
def test_a_closed_lock_proves_nothing_where_the_door_may_be_shut_or_somebody_works(signals: dict[str, Any]) -> None:
    ride = lift()
    ride.run(1, door_closed=False).run(20, **{"door_open": True, **signals})
    assert "F15" not in begun(ride)


def test_a_car_that_re_levels_with_its_locks_bridged_by_the_zone_relay_is_no_bridge() -> None:
    ride = lift().run(1, door_closed=False, landing_lock=False, car_lock=False).run(5, door_open=True)
    for _ in range(4):
        ride.run(2, moving=True, speed_mps=0.05, landing_lock=True, car_lock=True)
        ride.run(5, moving=False, speed_mps=0.0, landing_lock=False, car_lock=False)
    assert "F15" not in begun(ride)


def test_a_hundred_thousandth_of_a_short_opening_is_not_a_bridge_and_three_of_fifty_are_suspected() -> None:
    """Openings of two seconds: too short for R1."""
    ride = lift()
    for number in range(50):
        cycle(ride, 2, **({"landing_lock": True, "car_lock": True} if number in {5, 15} else {}))
    assert "F16" not in begun(ride)
    cycle(ride, 2, landing_lock=True, car_lock=True)
    (told,) = [one for _, one in ride.of("F16", Phase.BEGIN)]
    assert told.evidence.en == "of the latest 51 openings at floor 1, in 3 the door lock was not seen open"
    assert told.confidence == 0.6


def test_the_car_runs_on_with_its_chain_open() -> None:
    ride = away(lift()).run(2, safety_chain=False)
    assert begun(ride) == ["F01"]
    ride.run(2)
    assert begun(ride) == ["F01", "F16"]


def visit(ride: Ride, *, chain: bool | None, apart_s: float = 3600) -> Ride:
    ride.run(60, mode=ServiceMode.INSPECTION).run(60, safety_chain=chain)
    return ride.run(apart_s, safety_chain=True, mode=ServiceMode.NORMAL)


def test_three_visits_in_a_row_in_which_the_chain_never_opened() -> None:
    ride = lift()
    for chain in (True, True, False, True, True, None):
        visit(ride, chain=chain)
    assert "F16" not in begun(ride)
    visit(ride, chain=True)
    assert begun(ride).count("F16") == 1
    visit(ride, chain=False)
    assert ended(ride).count("F16") == 1


OPEN: list[tuple[str, Callable[[], Ride]]] = [
    ("F01", lambda: lift().run(3, safety_chain=False)),
    ("F14", lambda: away(lift()).run(1, landing_lock=False)),
    ("F16", lambda: away(lift()).run(4, safety_chain=False)),
    ("F05", lambda: lift().run(3, door_closed=False, landing_lock=False).run(1, moving=True).run(3, door_zone=False)),
]


@pytest.mark.parametrize(("code", "found"), OPEN)
def test_a_restart_ends_nothing_before_anything_is_known(code: str, found: Callable[[], Ride]) -> None:
    ride = found()
    assert code in begun(ride)
    known, ride.signals = ride.signals, dict.fromkeys(ride.signals)
    ride.state = restore(decode(encode(ride.state)), "another-boot")
    ride.run(5)
    assert ended(ride) == []
    ride.signals = known
    ride.run(5)
    assert code not in ended(ride)
    assert begun(ride).count(code) == 1


def test_what_was_counted_and_found_survives_a_restart() -> None:
    ride = cycle(lift().trip(3), landing_lock=True)
    for chain in (True, True):
        visit(ride, chain=chain)
    ride.state = restore(decode(encode(ride.state)), "another-boot")
    visit(ride, chain=True)
    assert begun(ride).count("F16") == 1
    cycle(ride)
    assert ended(ride).count("F15") == 1


# buttons


@pytest.mark.parametrize(("calls", "words"), [("car_calls", "car button"), ("hall_calls", "landing button")])
def test_a_call_that_three_stops_in_a_row_do_not_answer_is_a_stuck_button(calls: str, words: str) -> None:
    ride = lift(**{calls: 4})
    for _ in range(2):
        cycle(ride.trip(2), 15)
        cycle(cycle(ride, 15), 15)
        ride.trip(0)
    assert begun(ride) == []
    cycle(ride.trip(2))
    (told,) = [one for _, one in ride.of("F24", Phase.BEGIN)]
    assert told.evidence.en == f"stuck: {words} of floor 3"
    cycle(ride.trip(0).run(0, **{calls: 0}).trip(2))
    assert ended(ride) == ["F24"]


def test_calls_that_are_answered_are_no_stuck_buttons() -> None:
    ride = lift(car_calls=0)
    for floor in (2, 5, 2, 5, 2, 5):
        cycle(ride.run(0, car_calls=1 << floor | 1).trip(floor).run(0.5, car_calls=1))
    assert "F24" not in begun(ride)


def depart(ride: Ride, *, calls_back: bool) -> Ride:
    """To floor 4 and back to floor 1, whose landing call comes back after the car left it, or does not."""
    ride.run(1, moving=True, speed_mps=1.0, hall_calls=0).run(1, door_zone=False, speed_mps=1.6)
    ride.run(5, hall_calls=1 if calls_back else 0).run(1, moving=False, speed_mps=0.0, door_zone=True, floor=4)
    ride.run(5, moving=True, speed_mps=1.6, door_zone=False)
    return ride.run(5, moving=False, speed_mps=0.0, door_zone=True, floor=0, hall_calls=0)


def test_a_landing_call_that_comes_back_whenever_the_car_has_left_is_a_stuck_button() -> None:
    ride = lift(hall_calls=0)
    for calls_back in (*[True] * 9, False, *[True] * 9):
        depart(ride, calls_back=calls_back)
    assert "F24" not in begun(ride)
    depart(ride, calls_back=True)
    (told,) = [one for _, one in ride.of("F24", Phase.BEGIN)]
    assert told.evidence.en == "stuck: landing button of floor 1"
    depart(ride, calls_back=False)
    assert ended(ride) == ["F24"]


# modes, power, barriers


MODES = [
    (ServiceMode.OUT_OF_SERVICE, "E42"),
    (ServiceMode.INSPECTION, "E43"),
    (ServiceMode.FIRE_RECALL, "E44"),
    (ServiceMode.FIREFIGHTER, "E45"),
    (ServiceMode.EMERGENCY_POWER, "E46"),
    (ServiceMode.EARTHQUAKE, "E47"),
]


@pytest.mark.parametrize(("mode", "code"), MODES)
def test_a_mode_is_an_event_while_it_lasts_and_then_normal_service_is_back(mode: ServiceMode, code: str) -> None:
    ride = lift().run(1.5, mode=mode)
    assert begun(ride) == []
    ride.run(10)
    assert begun(ride) == [code]
    ride.run(20, mode=ServiceMode.NORMAL)
    assert begun(ride) == [code, "E40"]
    assert ended(ride) == [code, "E40"]


def test_toggled_within_an_hour_it_is_one_visit() -> None:
    ride = lift()
    for _ in range(6):
        visit(ride, chain=True, apart_s=120)
    assert "F16" not in begun(ride)


def test_normal_service_is_back_also_after_a_controller_that_did_not_know_itself_in_between() -> None:
    ride = lift().run(10, mode=ServiceMode.INSPECTION).run(1, mode=ServiceMode.UNKNOWN).run(20, mode=ServiceMode.NORMAL)
    assert begun(ride) == ["E43", "E40"]
    assert begun(lift().run(10, mode=ServiceMode.UNKNOWN).run(20, mode=ServiceMode.NORMAL)) == []


def test_an_unknown_mode_takes_a_minute_and_none_at_all_changes_nothing() -> None:
    ride = lift().run(59, mode=ServiceMode.UNKNOWN)
    assert begun(ride) == []
    assert begun(ride.run(2)) == ["E48"]
    assert ended(ride.run(300, mode=None)) == []


def test_a_controller_that_starts_anew_and_runs_through_modes_tells_none() -> None:
    ride = lift()
    for mode in (ServiceMode.UNKNOWN, ServiceMode.OUT_OF_SERVICE, ServiceMode.INSPECTION, ServiceMode.NORMAL):
        ride.run(1.5, mode=mode)
    assert begun(ride.run(30)) == []


def test_mains_off_with_people_in_the_car_is_worse() -> None:
    ride = Ride(mains=True, car_calls=0).run(20).open_and_board().run(0, car_calls=8).trip(3)
    assert ride.state.occupancy.level is Trapped.YES
    ride.run(5, mains=False)
    assert [one.severity for _, one in ride.of("E41", Phase.BEGIN)] == [2]
    empty = Ride(mains=True).run(20).run(1.5, mains=False)
    assert begun(empty) == []
    assert [one.severity for _, one in empty.run(2).of("E41", Phase.BEGIN)] == [None]


def test_a_run_limit_in_the_controller_is_a_barrier() -> None:
    ride = lift(run_limit=0).run(10)
    assert begun(ride) == []
    assert begun(ride.run(1, run_limit=5000)) == ["E49"]
    assert ended(ride.run(1, run_limit=0)) == ["E49"]


# the controller's own word

MEANT = {"brake.fault": "F22", "car.moved_open": "F05", "door.not_closed": "F02"}


def test_what_the_controller_says_is_believed_at_once_and_marked() -> None:
    ride = Ride(meant=MEANT, faults=()).run(5).run(1, faults=("brake.fault", "not.in.any.table"))
    (told,) = [one for _, one in ride.of("F22", Phase.BEGIN)]
    assert told.evidence.en == "the controller reports brake.fault"
    assert told.confidence == 0.98
    assert ended(ride.run(1, faults=())) == ["F22"]


def test_its_word_is_an_event_of_its_own_and_its_silence_takes_nothing_back() -> None:
    ride = Ride(meant=MEANT, faults=()).run(5).run(1, faults=("car.moved_open",))
    assert [one.severity for _, one in ride.of("F05", Phase.BEGIN)] == [None]
    ajar = Ride(meant=MEANT, faults=(), door_closed=True).run(5)
    ajar.run(1, door_closed=False).run(5, door_open=True).run(20, door_open=False)
    assert begun(ajar) == ["F02"]
    ajar.run(1, faults=("door.not_closed",))
    assert begun(ajar) == ["F02", "F02"]
    ajar.run(1, faults=())
    assert ended(ajar) == ["F02"]


def test_a_silent_controller_lets_no_two_stops_become_one() -> None:
    ride = Ride(meant=MEANT, faults=(), door_closed=True).run(5).run(1, faults=None)
    for _ in range(3):
        ride.run(2, door_closed=False).run(5, door_open=True).run(2, door_open=False).run(30, door_closed=True)
    assert begun(ride) == []


def test_faults_that_are_not_known_end_nothing() -> None:
    ride = Ride(meant=MEANT, faults=()).run(5).run(1, faults=("brake.fault",)).run(60, faults=None)
    assert (begun(ride), ended(ride)) == (["F22"], [])
