"""What stops a car that is too fast, moves away, does not come or overruns: by device, as truth and as signals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from protocols.lift.vocabulary import Direction, DriveState, ServiceMode
from sim.building import Building
from sim.motion import Rest, Run, Runaway, Stall
from sim.protection import governor_window, run_limit_s
from sim.ride import Protection
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthKind, TruthRecord

TOP_M = QUIET_HOUSE.heights_m[-1]
G = 9.80665
DEVICES = [
    Stimulus.OVERSPEED,
    Stimulus.NO_MOTION,
    Stimulus.ROPE_SLIP,
    Stimulus.UCM,
    Stimulus.OVERTRAVEL,
    Stimulus.NOT_SLOWED,
]


def tripped(witness: Witness, device: str) -> TruthRecord:
    """Advance until that device acts."""
    witness.until(lambda _: any(record.data["device"] == device for record in witness.of(TruthKind.TRIPPED)))
    return next(record for record in witness.of(TruthKind.TRIPPED) if record.data["device"] == device)


def protected(**numbers: float) -> Building:
    return replace(QUIET_HOUSE, protection=Protection(**numbers))


# numbers


@pytest.mark.parametrize(
    ("rated_mps", "least", "most"),
    [(1.0, 1.150, 1.500), (1.6, 1.840, 2.156), (1.75, 2.013, 2.330), (2.5, 2.875, 3.225), (4.0, 4.6, 5.063)],
)
def test_the_governors_window_is_that_of_the_worked_example(rated_mps: float, least: float, most: float) -> None:
    """simulation.md section 4: worked governor window."""
    assert governor_window(rated_mps) == pytest.approx((least, most), abs=6e-4)


@pytest.mark.parametrize(
    ("travel_m", "limits", "wanted_s"),
    [(30.0, (1.75, 0.8, 1.2), 30.0), (90.0, (2.5, 0.8, 1.2), 45.0), (6.0, (1.0, 0.8, 1.2), 20.0)],
)
def test_the_run_limit_is_that_of_the_worked_example(
    travel_m: float, limits: tuple[float, float, float], wanted_s: float
) -> None:
    """simulation.md section 4: motor run-time limiter, worked."""
    assert run_limit_s((0.0, travel_m), limits) == pytest.approx(wanted_s, abs=0.05)


def test_a_device_that_would_let_the_car_move_away_too_far_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not within 1\.2 m"):
        protected(ucm_accel_mps2=2.5, ucm_response_s=0.5)


# motions


@given(st.floats(0, 1), st.floats(0.1, 3), st.floats(0.5, 9.8))
def test_a_runaway_goes_on_from_the_run_and_ends_at_rest(share: float, accel: float, decel: float) -> None:
    run = Run(3.0, 21.0, 5 * S, (1.75, 0.8, 1.2))
    at_ns = run.start_ns + int(share * (run.end_ns - run.start_ns))
    away = Runaway(run, at_ns, run.direction, accel, 2.2, decel)
    assert away.position_m(at_ns) == run.position_m(at_ns)
    assert away.speed_mps(at_ns) == pytest.approx(run.speed_mps(at_ns), abs=1e-8)
    assert away.speed_mps(away.top_ns) == pytest.approx(2.2, abs=1e-8)
    assert away.speed_mps(away.end_ns) == 0
    rising_m = (2.2**2 - run.speed_mps(at_ns) ** 2) / (2 * accel)
    assert away.position_m(away.end_ns) - run.position_m(at_ns) == pytest.approx(
        rising_m + 2.2**2 / (2 * decel), abs=1e-6
    )


def test_a_runaway_goes_down_too() -> None:
    away = Runaway(Rest(6.0, 0), 0, Direction.DOWN, 1.0, 0.5, 1.0)
    assert away.position_m(away.end_ns) == pytest.approx(6.0 - 0.25)


def test_a_stalled_car_stands_until_its_drive_is_stopped() -> None:
    run = Run(3.0, 21.0, 0, (1.75, 0.8, 1.2))
    stall = Stall(run, 5 * S, 2.0, 40 * S)
    assert stall.still_ns == pytest.approx(5 * S + 1.75 / 2 * S, abs=10)
    assert stall.position_m(39 * S) == stall.position_m(stall.still_ns)
    assert (stall.speed_mps(stall.still_ns), stall.end_ns) == (0.0, 40 * S)


# overspeed


def test_too_fast_the_governors_contact_opens_and_then_the_safety_gear_grips(quiet: Witness) -> None:
    """1.75 m/s: contact at 1.10 v, trip in the middle of 2.0125 .. 2.3304 m/s."""
    quiet.apply(Stimulus.OVERSPEED)
    contact, gear = tripped(quiet, "governor"), tripped(quiet, "safety_gear")
    assert contact.data["speed_mps"] == pytest.approx(1.10 * 1.75, abs=1e-6)
    assert gear.data["speed_mps"] == pytest.approx((1.15 * 1.75 + 1.25 * 1.75 + 0.25 / 1.75) / 2, abs=1e-6)
    stopped = quiet.until_kind(TruthKind.STOPPED)
    way_m = abs(float(str(stopped.data["position_m"])) - float(str(gear.data["position_m"])))
    assert way_m == pytest.approx(float(str(gear.data["speed_mps"])) ** 2 / (2 * 0.5 * G), abs=1e-6)
    trapped = quiet.of(TruthKind.TRAPPED_SINCE)[-1]
    assert (trapped.t_ns, trapped.data["cause"]) == (stopped.t_ns, "overspeed")


def test_the_controller_knows_of_overspeed_when_the_contact_opens(quiet: Witness) -> None:
    quiet.apply(Stimulus.OVERSPEED)
    quiet.until_kind(TruthKind.FAULT)
    assert (quiet.now.mode, quiet.now.faults, quiet.now.safety_chain) == (ServiceMode.NORMAL, (), True)
    assert quiet.now.brake_command and quiet.now.contactor_closed
    tripped(quiet, "governor")
    assert not quiet.now.brake_command and not quiet.now.contactor_closed
    assert (quiet.now.mode, quiet.now.faults) == (ServiceMode.OUT_OF_SERVICE, ("F11",))
    assert quiet.now.moving and not quiet.now.safety_chain


@pytest.mark.parametrize(("trip", "wanted_mps"), [(0.0, 1.15 * 1.75), (1.0, 1.25 * 1.75 + 0.25 / 1.75)])
def test_a_governor_trips_where_it_is_set_in_its_window(trip: float, wanted_mps: float) -> None:
    witness = Witness(protected(governor_trip=trip))
    witness.apply(Stimulus.OVERSPEED)
    assert tripped(witness, "safety_gear").data["speed_mps"] == pytest.approx(wanted_mps, abs=1e-6)


# the drive runs and the car does not


def test_a_car_that_does_not_start_is_given_up_by_the_run_time_limiter(quiet: Witness) -> None:
    """24 m at 1.75 m/s, 0.8 m/s2, 1.2 m/s3 take 16.568 s: 26.568 s are allowed."""
    quiet.apply(Stimulus.NO_MOTION)
    departed = quiet.until_kind(TruthKind.DEPARTED)
    now = quiet.run(20)
    assert (now.moving, now.position_m, now.speed_mps) == (False, 0.0, 0.0)
    assert now.drive_state is DriveState.RUNNING_UP and now.direction is Direction.UP
    assert now.values()["brake_open"] is now.values()["contactor_closed"] is True
    assert now.mode is ServiceMode.NORMAL
    limit = tripped(quiet, "run_limiter")
    assert (limit.t_ns - departed.t_ns) / S == pytest.approx(26.568, abs=1e-3)
    assert (quiet.now.drive_state, quiet.now.faults) == (DriveState.STANDBY, ("F06",))
    trapped = quiet.of(TruthKind.TRAPPED_SINCE)
    assert [(record.t_ns, record.data["cause"]) for record in trapped] == [(departed.t_ns, "no_motion")]


def test_a_car_whose_ropes_slip_stands_before_its_drive_stops(quiet: Witness) -> None:
    quiet.apply(Stimulus.ROPE_SLIP)
    trapped = quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert trapped.data["cause"] == "rope_slip"
    assert quiet.of(TruthKind.STOPPED)[-1].t_ns == trapped.t_ns
    assert not quiet.now.moving and quiet.now.drive_state is not DriveState.STANDBY
    limit = tripped(quiet, "run_limiter")
    assert limit.t_ns - quiet.of(TruthKind.DEPARTED)[-1].t_ns == pytest.approx(26.568 * S, abs=1e6)
    assert len(quiet.of(TruthKind.TRAPPED_SINCE)) == 1


@pytest.mark.parametrize("stimulus", [Stimulus.NO_MOTION, Stimulus.ROPE_SLIP])
def test_a_power_cut_stops_a_drive_that_moves_nothing(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.trap(stimulus)
    quiet.apply(Stimulus.POWER_LOSS)
    assert quiet.run(1).drive_state is DriveState.STANDBY
    quiet.run(120)
    assert quiet.of(TruthKind.TRIPPED) == []
    assert len(quiet.of(TruthKind.TRAPPED_SINCE)) == 1


# unintended movement


def test_a_car_that_moves_away_with_its_door_open_is_stopped(quiet: Witness) -> None:
    """0.20 m at 0.8 m/s2, 0.1 s later 0.6457 m/s, then 2.5 m/s2: 0.6457^2 / 2 (1/0.8 + 1/2.5) = 0.3440 m."""
    quiet.apply(Stimulus.UCM)
    noticed = tripped(quiet, "ucm")
    assert noticed.data["position_m"] == pytest.approx(0.20, abs=1e-6)
    stopped = quiet.until_kind(TruthKind.STOPPED)
    assert stopped.data["position_m"] == pytest.approx(0.3440, abs=1e-4)
    now = quiet.run(600)
    assert (now.door_open, now.door_zone, now.mode) == (True, False, ServiceMode.OUT_OF_SERVICE)
    assert now.faults == ("F05",)
    trapped = quiet.of(TruthKind.TRAPPED_SINCE)[-1]
    assert (trapped.data["cause"], trapped.data["door_zone"]) == ("ucm", False)


def test_a_door_that_stands_open_between_floors_is_not_pried(quiet: Witness) -> None:
    quiet.trap(Stimulus.UCM)
    assert quiet.apply(Stimulus.FORCE_DOOR) is Effect.NONE
    assert quiet.run(10).door_open


def test_an_empty_side_goes_up_and_a_full_car_down() -> None:
    witness = Witness(replace(QUIET_HOUSE, capacity_persons=1))
    witness.plant._lift.person_comes(4, 0)
    witness.apply(Stimulus.UCM)
    witness.until_kind(TruthKind.TRIPPED)
    assert witness.now.direction is Direction.DOWN


def test_nobody_passes_a_door_that_the_car_leaves(quiet: Witness) -> None:
    quiet.plant._lift.person_comes(0, 3)
    quiet.plant._lift.person_comes(0, 3)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.run(0.5)
    assert quiet.apply(Stimulus.UCM) is Effect.NOW
    now = quiet.run(300)
    assert (now.persons, quiet.plant.crowd.waiting) == (1, 1)


# beyond the last landings


@pytest.mark.parametrize(
    ("origin", "to", "device", "code"), [(0, 8, "final_limit_up", "F09"), (8, 0, "final_limit_down", "F10")]
)
def test_a_car_that_overruns_a_last_landing_is_stopped_by_its_final_limit(
    quiet: Witness, origin: int, to: int, device: str, code: str
) -> None:
    quiet.plant._lift.person_comes(origin, to)
    quiet.until_kind(TruthKind.BOARDED)
    assert quiet.apply(Stimulus.OVERTRAVEL) is Effect.ARMED
    limit = tripped(quiet, device)
    beyond_m = max(-quiet.now.position_m, quiet.now.position_m - TOP_M)
    assert beyond_m == pytest.approx(0.10, abs=1e-6)
    assert not quiet.now.safety_chain
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    beyond_m = max(-quiet.now.position_m, quiet.now.position_m - TOP_M)
    assert beyond_m == pytest.approx(0.10 + float(str(limit.data["speed_mps"])) ** 2 / (2 * 2.0), abs=1e-6)
    assert quiet.now.faults == (code,)


def test_a_trip_that_ends_below_the_top_is_not_the_occasion_to_overrun_it(quiet: Witness) -> None:
    quiet.plant._lift.person_comes(0, 5)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.OVERTRAVEL)
    assert quiet.until_kind(TruthKind.ALIGHTED).data["floor"] == 5


@pytest.mark.parametrize("stimulus", [Stimulus.POWER_LOSS, Stimulus.CONTROLLER_REBOOT])
def test_a_car_that_its_drive_takes_past_its_landing_brakes_without_power(quiet: Witness, stimulus: Stimulus) -> None:
    """Drive and brake are in order: 2.0 m/s2 from where it was."""
    quiet.plant._lift.person_comes(5, 0)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.OVERTRAVEL)
    quiet.until_kind(TruthKind.FAULT)
    before = quiet.now
    quiet.apply(stimulus)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert quiet.now.position_m == pytest.approx(before.position_m - before.speed_mps**2 / (2 * 2.0), abs=1e-6)
    assert quiet.of(TruthKind.TRIPPED) == []


# buffers


@pytest.mark.parametrize(
    ("origin", "to", "limit", "buffer", "code"),
    [(0, 8, "final_limit_up", "counterweight_buffer", "F09"), (8, 0, "final_limit_down", "car_buffer", "F10")],
)
def test_a_car_that_is_not_slowed_passes_its_final_limit_at_full_speed_and_ends_on_a_buffer(
    quiet: Witness, origin: int, to: int, limit: str, buffer: str, code: str
) -> None:
    """1.75 m/s at 0.10 m, 2.0 m/s2 up to 0.25 m, 1 g on the buffer: v2/2g, less than the stroke of 0.0674 v2."""
    quiet.plant._lift.person_comes(origin, to)
    quiet.until_kind(TruthKind.BOARDED)
    assert quiet.apply(Stimulus.NOT_SLOWED) is Effect.ARMED
    assert tripped(quiet, limit).data["speed_mps"] == pytest.approx(1.75, abs=1e-9)
    hits = tripped(quiet, buffer).data
    hit_mps = (1.75**2 - 2 * 2.0 * 0.15) ** 0.5
    assert (beyond_m(quiet), hits["speed_mps"]) == (pytest.approx(0.25, abs=1e-6), pytest.approx(hit_mps, abs=1e-6))
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    stroke_m = beyond_m(quiet) - 0.25
    assert stroke_m == pytest.approx(hit_mps**2 / (2 * G), abs=1e-6)
    assert stroke_m < 0.0674 * 1.75**2
    assert (quiet.now.faults, quiet.now.safety_chain, quiet.now.door_zone) == ((code,), False, False)
    assert quiet.apply(Stimulus.RELEASE) is Effect.NOW
    assert quiet.until_kind(TruthKind.FREED).data["floor"] == to


def test_the_contactor_drops_once_and_the_brake_stays_on_the_drum(quiet: Witness) -> None:
    quiet.plant._lift.person_comes(8, 0)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.NOT_SLOWED)
    tripped(quiet, "final_limit_down")
    seen = [(now.contactor_closed, now.brake_open) for now in (quiet.run(0.01) for _ in range(60))]
    assert seen == sorted(seen, reverse=True)
    assert (seen[0], seen[-1]) == ((True, True), (False, False))


def test_a_slow_car_does_not_come_to_its_buffer(quiet: Witness) -> None:
    quiet.plant._lift.person_comes(8, 0)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.OVERTRAVEL)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert [record.data["device"] for record in quiet.of(TruthKind.TRIPPED)] == ["final_limit_down"]


def test_a_power_cut_just_before_the_last_landing_leaves_it_to_the_buffer(quiet: Witness) -> None:
    """Half a metre is less than 1.75 m/s take at 2.0 m/s2: 0.766 m, of which the buffer takes the last."""
    quiet.plant._lift.person_comes(8, 0)
    quiet.until_kind(TruthKind.BOARDED)
    quiet.apply(Stimulus.NOT_SLOWED)
    quiet.until_kind(TruthKind.FAULT)
    while quiet.now.position_m > 0.4:
        quiet.run(0.001)
    here_m = quiet.now.position_m
    quiet.apply(Stimulus.POWER_LOSS)
    hit_mps = (1.75**2 - 2 * 2.0 * (here_m + 0.25)) ** 0.5
    assert tripped(quiet, "car_buffer").data["speed_mps"] == pytest.approx(hit_mps, abs=1e-6)
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert beyond_m(quiet) == pytest.approx(0.25 + hit_mps**2 / (2 * G), abs=1e-6)


def test_buffers_behind_the_final_limits_only() -> None:
    with pytest.raises(ValueError, match="act before the final limits"):
        protected(final_limit_m=0.3, buffer_m=0.3)


def beyond_m(witness: Witness) -> float:
    return max(-witness.now.position_m, witness.now.position_m - TOP_M)


# who ends it


@pytest.mark.parametrize("stimulus", DEVICES)
def test_only_a_technician_ends_it(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.trap(stimulus)
    quiet.run(60)
    quiet.apply(Stimulus.POWER_LOSS)
    quiet.apply(Stimulus.POWER_RESTORE)
    now = quiet.run(600)
    assert (now.mode, now.moving, now.persons) == (ServiceMode.OUT_OF_SERVICE, False, 1)
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.FREED)
    assert quiet.now.safety_chain is False and quiet.now.door_open
    quiet.run(60)
    assert (quiet.now.mode, quiet.now.safety_chain) == (ServiceMode.NORMAL, True)
    quiet.apply(Stimulus.PERSON_ENTERS)
    quiet.until_kind(TruthKind.ALIGHTED)


@pytest.mark.parametrize("stimulus", [Stimulus.OVERSPEED, Stimulus.UCM, Stimulus.OVERTRAVEL, Stimulus.NOT_SLOWED])
def test_a_technician_who_comes_while_the_car_runs_away_waits_for_it_to_stand(
    quiet: Witness, stimulus: Stimulus
) -> None:
    quiet.apply(stimulus)
    quiet.until_kind(TruthKind.FAULT)
    assert quiet.apply(Stimulus.RELEASE) is Effect.ARMED
    quiet.until_kind(TruthKind.TRAPPED_SINCE)
    quiet.until_kind(TruthKind.FREED)


@pytest.mark.parametrize("stimulus", [Stimulus.NO_MOTION, Stimulus.ROPE_SLIP])
def test_a_technician_stops_a_drive_that_moves_nothing(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.trap(stimulus)
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.FREED)
    assert quiet.of(TruthKind.TRIPPED) == []


@pytest.mark.parametrize("stimulus", [Stimulus.OVERSPEED, Stimulus.UCM])
def test_a_power_cut_does_not_hold_a_car_that_runs_away(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(stimulus)
    quiet.until_kind(TruthKind.FAULT)
    quiet.apply(Stimulus.POWER_LOSS)
    trapped = quiet.until_kind(TruthKind.TRAPPED_SINCE)
    assert str(trapped.data["cause"]).startswith(stimulus.value)
    assert quiet.of(TruthKind.TRIPPED)


@pytest.mark.parametrize("stimulus", DEVICES)
def test_what_is_called_off_in_time_does_not_happen(quiet: Witness, stimulus: Stimulus) -> None:
    quiet.apply(stimulus)
    quiet.run(1)
    quiet.apply(Stimulus.RELEASE)
    quiet.until_kind(TruthKind.ALIGHTED)
    assert quiet.of(TruthKind.FAULT) == []
