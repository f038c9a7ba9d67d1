"""A fault that ends is told with its end, whoever ended it."""

import pytest
from msgspec.structs import replace
from sim_witness import QUIET_HOUSE, S, Witness

from sim.history import History, truth_line
from sim.spans import out_of_order
from sim.stimuli import Stimulus
from sim.truth import TruthKind

FORGIVING = replace(QUIET_HOUSE, self_recovery_after_s=10.0)


def ended(witness: Witness) -> list[tuple[int, object]]:
    return [(record.t_ns, record.data["fault"]) for record in witness.of(TruthKind.FAULT_ENDED)]


def test_a_technician_ends_a_fault(quiet: Witness) -> None:
    quiet.plant.person_comes(0, 8)
    quiet.trap(Stimulus.ENTRAP_BETWEEN_FLOORS)
    assert not ended(quiet)
    quiet.apply(Stimulus.RELEASE)
    assert ended(quiet) == [(quiet.plant.now_ns, "chain_open")]


def test_a_release_of_a_lift_in_order_ends_nothing(quiet: Witness) -> None:
    quiet.apply(Stimulus.RELEASE)
    assert not ended(quiet)


def glitched() -> Witness:
    witness = Witness(FORGIVING)
    witness.plant.person_comes(0, 8)
    witness.trap(Stimulus.CHAIN_GLITCH)
    return witness


def test_a_controller_that_forgets_a_glitch_ends_it() -> None:
    witness = glitched()
    stands_ns = witness.plant.now_ns
    witness.run(60)
    assert ended(witness) == [(stands_ns + 10 * S, "chain_glitch")]


@pytest.mark.parametrize("wakes", ["controller", "power"])
def test_a_controller_that_begins_anew_ends_a_glitch(wakes: str) -> None:
    witness = glitched()
    if wakes == "controller":
        witness.apply(Stimulus.CONTROLLER_REBOOT, 5.0)
        witness.run(5)
    else:
        witness.apply(Stimulus.POWER_LOSS)
        witness.run(5)
        witness.apply(Stimulus.POWER_RESTORE)
    assert ended(witness) == [(witness.plant.now_ns, "chain_glitch")]


def test_a_picture_shows_a_lift_that_recovered_by_itself_in_order_again() -> None:
    witness = glitched()
    witness.run(600)
    history = History()
    for record in witness.truth:
        history.add(truth_line(record))
    (span,) = out_of_order(history)
    assert (span.start_ns, span.end_ns) == (witness.of(TruthKind.FAULT)[0].t_ns, ended(witness)[0][0])
