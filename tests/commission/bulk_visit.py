"""Commissioning on the bench: a visit to the simulated lift, and what devices wired one way or another made of it.

The bulk path: one visit holds the plant's truth at each poll; any number of wirings turn it into the record that the
agent would have made, without a bus. A lift is wired as its bench says, and read as its file says.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from edge_agent.commission.record import Record, Recorder
from edge_agent.commission.steps import Step
from edge_agent.local.views import BlockView, LiftBlocks
from hil import BenchError
from hil.setup import DeviceSetup
from hil.technician import Technician
from protocols.profiles.layout import Block, Layout, compile_layout
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Place
from sim.building import Building
from sim.plant import Plant
from sim.stimuli import Stimulus

_NS_PER_S: Final = 1_000_000_000
_LONGEST_STEP_S: Final = 240.0
"""A step that takes longer never ends: the technician waits for what does not come."""


class Poll(msgspec.Struct, frozen=True):
    """What the plant was like when it was polled."""

    t_ns: int
    values: Mapping[str, object]


class Visit(msgspec.Struct, frozen=True):
    """By step, in order, its polls; the last of them is the one after which it was confirmed."""

    steps: tuple[tuple[str, tuple[Poll, ...]], ...]


def visit(
    building: Building,
    steps: Sequence[Step],
    seed: int,
    period_s: float,
    skipped: frozenset[str] = frozenset(),
    meanwhile: Mapping[str, Stimulus] | None = None,
) -> Visit:
    """A technician goes through the steps but those `skipped`, and those that need one of them.

    `meanwhile`: what somebody else calls the lift for at the beginning of a step, before the technician acts.
    Raises BenchError if one never comes true.
    """
    plant = Plant(building, seed)
    technician = Technician(plant.signals, seed)
    period_ns = round(period_s * _NS_PER_S)
    done: list[tuple[str, tuple[Poll, ...]]] = []
    for step in steps:
        if step.name in skipped or step.needs in skipped:
            skipped |= {step.name}
            continue
        before = () if meanwhile is None else tuple(_answered(plant, meanwhile.get(step.name), period_ns))
        act = technician.begin(step.name)
        if act is not None:
            plant.apply(act.stimulus, act.for_s)
        done.append((step.name, (*before, *_polls(plant, technician, period_ns, step.name))))
    return Visit(tuple(done))


def _answered(plant: Plant, call: Stimulus | None, period_ns: int) -> Iterator[Poll]:
    """The lift serves somebody else, until it stands with its doors shut again."""
    if call is None:
        return
    cycles = plant.signals().door_cycles
    plant.apply(call)
    while (signals := plant.signals(plant.now_ns + period_ns)).door_cycles == cycles or signals.moving:
        yield Poll(signals.t_ns, signals.values())
    yield Poll(signals.t_ns, signals.values())


def _polls(plant: Plant, technician: Technician, period_ns: int, step: str) -> Iterator[Poll]:
    began_ns = plant.now_ns
    before: Mapping[str, object] = {}
    while True:
        signals = plant.signals(plant.now_ns + period_ns)
        values = signals.values()
        is_confirmed = technician.confirms()
        if values != before or is_confirmed:
            yield Poll(signals.t_ns, values)
        before = values
        if is_confirmed:
            return
        if signals.t_ns - began_ns > _LONGEST_STEP_S * _NS_PER_S:
            raise BenchError(f"step {step}: what it waits for did not come within {_LONGEST_STEP_S:g} s")


class Wired:
    """One device as it is really wired."""

    def __init__(self, name: str, setup: DeviceSetup) -> None:
        self._name: Final = name
        self._setup: Final = setup
        self._layout: Final[Layout] = compile_layout(
            load_profile(setup.profile), setup.options, Place(setup.door, setup.channels)
        )

    def blocks(self, poll: Poll) -> list[BlockView]:
        """Everything it says at that time."""
        values = self._setup.seen(poll.values)
        return [self._block(block, values, poll.t_ns) for block in self._layout.blocks]

    def _block(self, block: Block, values: Mapping[str, object], t_ns: int) -> BlockView:
        words = list(self._layout.encode(block, values))
        return BlockView(self._name, block.name, block.function, block.address, words, t_ns, t_ns)


def record_of(told: Visit, devices: Mapping[str, DeviceSetup], lift_id: str = "lift-1") -> Record:
    """What the agent would have recorded of the visit from devices that are wired so."""
    wired = [Wired(name, setup) for name, setup in devices.items()]
    recorder, record = Recorder(), Record(lift_id)
    for name, polls in told.steps:
        for poll in polls:
            blocks = [block for device in wired for block in device.blocks(poll)]
            recorder.take(LiftBlocks(lift_id, "", commissioned=False, now_ns=poll.t_ns, blocks=blocks))
        record = record.with_step(recorder.end(name))
    return record
