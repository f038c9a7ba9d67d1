"""Input modules of the common layout, and the controller that is only a stub (controller_maps.md 1.4, S-ARK)."""

import pytest

from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Channel, Place
from protocols.profiles.schema import CommLoss, Tier

WIRED = {1: Channel("mains"), 2: Channel("alarm_button", invert=True), 8: Channel("safety_chain")}
MODULES = pytest.mark.parametrize("size", [8, 16])
ARK = load_profile("arkel-arcode")


def module(size: int, inputs_at: str, wired: dict[int, Channel]) -> Layout:
    return compile_layout(load_profile(f"generic-input-{size}"), {"inputs_at": inputs_at}, Place(channels=wired))


@MODULES
def test_inputs_are_discrete_inputs_from_0(size: int) -> None:
    layout = module(size, "discrete_inputs", WIRED)
    block = layout.blocks[0]
    assert (block.function, block.address, block.count) == (2, 0, size)
    bits = [1, 1, *[0] * (size - 2)]
    assert layout.decode(block, bits) == {"mains": True, "alarm_button": False, "safety_chain": False}
    bits[7] = 1
    assert layout.decode(block, bits)["safety_chain"] is True


@MODULES
@pytest.mark.parametrize(("inputs_at", "function"), [("input_register", 4), ("holding_register", 3)])
def test_inputs_may_be_the_bits_of_one_register(size: int, inputs_at: str, function: int) -> None:
    layout = module(size, inputs_at, WIRED)
    blocks = {block.function: block for block in layout.blocks}
    assert layout.decode(blocks[function], [0x0081]) == {"mains": True, "alarm_button": True, "safety_chain": True}
    assert layout.decode(blocks[2], [1] * size) == {}


@MODULES
def test_the_last_input_is_there_and_no_further_one(size: int) -> None:
    profile = load_profile(f"generic-input-{size}")
    assert {one.channel for one in profile.rows} == set(range(1, size + 1))
    layout = module(size, "discrete_inputs", {size: Channel("cabinet_door")})
    assert layout.decode(layout.blocks[0], [0] * (size - 1) + [1]) == {"cabinet_door": True}


@MODULES
@pytest.mark.parametrize(("inputs_at", "function"), [("discrete_inputs", 2), ("input_register", 4)])
def test_two_contacts_tell_direction_wherever_the_inputs_stand(size: int, inputs_at: str, function: int) -> None:
    layout = module(size, inputs_at, {1: Channel("going_up"), 2: Channel("going_down")})
    block = next(block for block in layout.blocks if block.function == function)
    words = [1, *[0] * (size - 1)] if function == 2 else [0x0001]
    assert layout.decode(block, words)["moving"] is True


@MODULES
def test_a_module_says_that_its_layout_is_nobodys_manual(size: int) -> None:
    profile = load_profile(f"generic-input-{size}")
    assert profile.tier is Tier.UNVERIFIED
    assert all(one.unverified and one.item is None for one in profile.rows)
    assert "manual" in profile.sources["S-COMMON"]


# 1.4, S-ARK


def test_arcode_has_the_six_coils_that_were_seen_and_nothing_else() -> None:
    assert [(one.function, one.address) for one in ARK.rows] == [(1, address) for address in range(0x28F, 0x295)]
    assert [one.address for one in ARK.rows[2:]] == [657, 658, 659, 660]
    assert compile_layout(ARK, {}).items == set()


def test_arcode_is_a_stub_and_polling_it_is_taken_to_stop_the_lift() -> None:
    assert (ARK.stub, ARK.comm_loss) == (True, CommLoss.TRIP)
    assert "Er72" in ARK.comm_loss_effect.en
