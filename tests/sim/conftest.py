import pytest
from sim_witness import QUIET_HOUSE, Witness

from sim.stimuli import Effect, Stimulus


@pytest.fixture
def quiet() -> Witness:
    """Nobody comes unless a stimulus sends them."""
    return Witness(QUIET_HOUSE)


@pytest.fixture
def inspected(quiet: Witness) -> Witness:
    """A car under inspection, driven to the middle between the lowest landings."""
    assert quiet.apply(Stimulus.INSPECTION_ON) is Effect.NOW
    assert quiet.apply(Stimulus.INSPECTION_UP, 6) is Effect.NOW
    assert not quiet.run(10).door_zone
    return quiet
