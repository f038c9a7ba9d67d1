"""What a bench's devices make of the controller's own life: silence, an unknown floor, its fault codes."""

import pytest

from hil.devices.profile_device import ProfileDevice
from hil.setup import BenchSetup, DeviceSetup
from hil.world import World
from protocols.modbus.pdu import ReadFunction, ReadRequest, decode_reply
from protocols.profiles.loader import load_profile
from sim.stimuli import Stimulus

S = 1_000_000_000
CONTROLLER, BOX = "hpmont-mont70-rtu", "stm32-lift-sensor"
STATUS, FAULT, FLOOR = 0xC80A, 0xC80B, 0xC80C
SAFETY_CIRCUIT_OPEN, DOOR_DOES_NOT_OPEN = 4100, 4800
"""Code x 100 in the fault register (profile, S-M71)."""


def world_of(profile: str) -> World:
    """A bench with one device; nobody is in its lift but who is sent."""
    answers = {option: next(iter(asks.values)) for option, asks in load_profile(profile).options.items()}
    return World(BenchSetup(devices=(DeviceSetup(profile=profile, options=answers),)))


def asked(device: ProfileDevice, address: int, t_ns: int) -> int | None:
    request = ReadRequest(device.slave, ReadFunction.HOLDING, address, 1)
    answer = device.answer(request, t_ns)
    return None if answer is None else decode_reply(request, answer)[0]


@pytest.mark.parametrize(("profile", "address", "is_silent"), [(CONTROLLER, FLOOR, True), (BOX, 0x12, False)])
def test_a_controller_that_starts_anew_does_not_answer_and_a_sensor_box_does(
    profile: str, address: int, is_silent: bool
) -> None:
    world = world_of(profile)
    world.act(1 * S, Stimulus.CONTROLLER_REBOOT, 30.0)
    assert (asked(world.devices[0], address, 20 * S) is None) is is_silent
    assert asked(world.devices[0], address, 31 * S) is not None


@pytest.mark.parametrize(("profile", "address", "is_silent"), [(CONTROLLER, FLOOR, True), (BOX, 0x12, False)])
def test_a_controller_without_mains_does_not_answer_and_a_sensor_box_does(
    profile: str, address: int, is_silent: bool
) -> None:
    world = world_of(profile)
    world.act(1 * S, Stimulus.POWER_LOSS)
    assert (asked(world.devices[0], address, 2 * S) is None) is is_silent
    world.act(3 * S, Stimulus.POWER_RESTORE)
    assert asked(world.devices[0], address, 4 * S) is not None


def test_an_unknown_floor_is_the_registers_default_until_a_landing_is_found() -> None:
    world = world_of(CONTROLLER)
    world.act(1 * S, Stimulus.PERSON_ENTERS)
    world.act(15 * S, Stimulus.CONTROLLER_REBOOT, 30.0)
    assert world.plant.signals(40 * S).door_zone is False
    assert asked(world.devices[0], FLOOR, 45 * S) == 0
    found = world.plant.signals(65 * S)
    assert found.floor_known
    assert asked(world.devices[0], FLOOR, 65 * S) == found.floor + 1


def test_a_service_mode_is_the_devices_own_number() -> None:
    """S-MONT: 0 normal, 4 fire recall, 5 firefighter, in the low bits of the status word."""
    world = world_of(CONTROLLER)
    told = []
    for t_s, stimulus in ((60, Stimulus.FIRE_RECALL), (180, Stimulus.FIREFIGHTER), (240, Stimulus.FIRE_END)):
        world.act(t_s * S, stimulus)
        status = asked(world.devices[0], STATUS, (t_s + 1) * S)
        told.append(None if status is None else status & 0b1111)
    assert told == [4, 5, 0]


@pytest.mark.parametrize(
    ("stimulus", "code"),
    [(Stimulus.ENTRAP_BETWEEN_FLOORS, SAFETY_CIRCUIT_OPEN), (Stimulus.ENTRAP_AT_LANDING, DOOR_DOES_NOT_OPEN)],
)
def test_a_standing_fault_has_the_devices_own_code(stimulus: Stimulus, code: int) -> None:
    world = world_of(CONTROLLER)
    assert asked(world.devices[0], FAULT, 0) == 0
    world.act(1 * S, stimulus)
    assert asked(world.devices[0], FAULT, 200 * S) == code
    world.act(201 * S, Stimulus.RELEASE)
    assert asked(world.devices[0], FAULT, 202 * S) == 0


def test_a_device_says_nothing_of_faults_that_are_not_in_its_table() -> None:
    world = world_of(BOX)
    world.act(1 * S, Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert world.plant.signals(200 * S).faults == ("F01",)
    assert asked(world.devices[0], 0x10, 200 * S) == 0
