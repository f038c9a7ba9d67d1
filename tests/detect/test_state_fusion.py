"""Several devices, one lift: whom to believe."""

import msgspec

from edge_agent.clock import NS
from edge_agent.config_types import DeviceConfig
from edge_agent.state.fusion import Fusion
from protocols.lift.vocabulary import Validity
from tests.support.core import LIFT

STALE_S = 3.0


class Gives(msgspec.Struct, frozen=True):
    items: frozenset[str]


def two_devices(**precedence: tuple[str, ...]) -> Fusion:
    devices = (DeviceConfig(name="box", profile="a"), DeviceConfig(name="drive", profile="b"))
    lift = msgspec.structs.replace(LIFT, devices=devices, precedence=precedence)
    gives = Gives(frozenset({"floor", "moving", "faults"}))
    return Fusion(lift, {"box": gives, "drive": gives}, STALE_S)


def says(fusion: Fusion, device: str, at_s: float, **values: object) -> None:
    fusion.take(device, "all", values, round(at_s * NS), round(at_s * NS) + 1)


def test_the_first_device_is_believed_while_it_is_fresh() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, moving=True)
    says(fusion, "drive", 2, moving=False)
    assert fusion.snapshot(3 * NS).moving.known is True
    assert fusion.snapshot(5 * NS - 1).moving.known is False


def test_precedence_names_another_first() -> None:
    fusion = two_devices(moving=("drive", "box"))
    says(fusion, "box", 1, moving=True)
    says(fusion, "drive", 1, moving=False)
    assert fusion.snapshot(2 * NS).moving.known is False


def test_old_values_are_unknown_and_nobodys_word_is_missing() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, moving=True)
    snapshot = fusion.snapshot(60 * NS)
    assert (snapshot.moving.known, snapshot.moving.value, snapshot.moving.validity) == (None, True, Validity.STALE)
    assert snapshot.floor.validity is Validity.MISSING


def test_a_floor_that_the_lift_does_not_have_does_not_hide_anothers() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, floor=99)
    assert fusion.snapshot(2 * NS).floor.validity is Validity.IMPLAUSIBLE
    says(fusion, "drive", 1, floor=3)
    assert fusion.snapshot(2 * NS).floor.known == 3


def test_the_faults_of_all_devices_are_the_lifts() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, faults=())
    says(fusion, "drive", 1, faults=("controller.trapped",))
    faults = fusion.snapshot(2 * NS).faults
    assert faults.known == ("controller.trapped",)
    assert faults.source == "box/all+drive/all"


def test_a_doubted_signal_is_kept_and_not_believed_until_it_is_not_doubted_any_more() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, moving=True)
    assert fusion.doubt({("moving", "box")})
    assert not fusion.doubt({("moving", "box")})
    moving = fusion.snapshot(2 * NS).moving
    assert (moving.value, moving.known, moving.validity) == (True, None, Validity.IMPLAUSIBLE)
    says(fusion, "box", 2, moving=True)
    assert fusion.snapshot(2 * NS).moving.known is None
    assert fusion.doubt(set())
    assert fusion.snapshot(2 * NS).moving.known is True


def test_the_next_device_is_believed_when_the_first_is_doubted() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, moving=True)
    says(fusion, "drive", 1, moving=False)
    fusion.doubt({("moving", "box")})
    assert fusion.snapshot(2 * NS).moving.known is False


def test_what_a_forgotten_device_said_is_no_word_any_more() -> None:
    fusion = two_devices()
    says(fusion, "box", 1, moving=True)
    fusion.forget("box")
    assert fusion.words.said == {}
