"""Service modes in any order, with people, power cuts, reboots and mishaps: nothing unsafe, nobody lost, back again."""

from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace
from sim_witness import HOUSE, Witness

from protocols.lift.vocabulary import ServiceMode
from sim.building import RescueDevice
from sim.stimuli import Stimulus
from sim.switches import Switch
from sim.truth import TruthKind

EQUIPPED = replace(HOUSE, rescue_device=RescueDevice(), self_recovery_after_s=10.0, homing_after_s=60.0)
SWITCHES = [
    *get_args(Switch),
    Stimulus.INSPECTION_ON,
    Stimulus.INSPECTION_UP,
    Stimulus.INSPECTION_OFF,
]
OTHERS = [
    Stimulus.POWER_LOSS,
    Stimulus.POWER_RESTORE,
    Stimulus.CHAIN_GLITCH,
    Stimulus.ENTRAP_BETWEEN_FLOORS,
    Stimulus.OPEN_BUTTON,
    Stimulus.RIDE_UP,
    Stimulus.RIDE_DOWN,
    Stimulus.PERSON_ENTERS,
]
ENDS = [
    Stimulus.POWER_RESTORE,
    Stimulus.FIRE_END,
    Stimulus.EARTHQUAKE_END,
    Stimulus.MODE_SELECTOR_MENDED,
    Stimulus.REPAIR_ENDS,
    Stimulus.IN_SERVICE,
    Stimulus.INDEPENDENT_OFF,
    Stimulus.ATTENDANT_OFF,
    Stimulus.EMERGENCY_ELECTRICAL_OFF,
    Stimulus.INSPECTION_OFF,
]
CREEP_MPS = 0.30
"""EN 81-20 5.12.1.6 (limits.csv, C)."""


class ServiceModes(RuleBasedStateMachine):
    """A lift with a passenger a minute, and whoever turns its switches."""

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.witness = Witness(EQUIPPED, seed)
        self.looked = 0

    @rule(stimulus=st.sampled_from(SWITCHES), seconds=st.floats(0.5, 60))
    def turn(self, stimulus: Stimulus, seconds: float) -> None:
        self.witness.apply(stimulus, seconds)

    @rule(stimulus=st.sampled_from(OTHERS), seconds=st.floats(0.5, 60))
    def act(self, stimulus: Stimulus, seconds: float) -> None:
        self.witness.apply(stimulus, seconds)

    @rule(seconds=st.floats(0.1, 90))
    def wait(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / 0.5))):
            self.witness.run(min(0.5, seconds))
            self.safe()

    @invariant()
    def safe(self) -> None:
        now, crowd = self.witness.now, self.witness.plant.crowd
        assert now.door_closed or not now.moving, "moves with its door open"
        assert now.door_zone or not now.door_open, "open between floors"
        assert now.mode is not ServiceMode.EMERGENCY_POWER or now.speed_mps <= CREEP_MPS, "rescues too fast"
        assert crowd.came == crowd.waiting + now.persons + crowd.served + crowd.abandoned, "somebody is lost"

    def teardown(self) -> None:
        if not hasattr(self, "witness"):
            return
        witness = self.witness
        for stimulus in ENDS:
            witness.apply(stimulus)
        witness.run(120)
        if witness.now.faults:
            witness.apply(Stimulus.RELEASE)
        witness.run(120)
        assert witness.now.mode is ServiceMode.NORMAL
        assert len(witness.of(TruthKind.TRAPPED_SINCE)) == len(witness.of(TruthKind.FREED))
        served = witness.plant.crowd.served
        witness.apply(Stimulus.PERSON_ENTERS)
        witness.run(600)
        assert witness.plant.crowd.served > served, "in order again, it serves nobody"


TestServiceModes = ServiceModes.TestCase
TestServiceModes.settings = settings(max_examples=150, stateful_step_count=25)
