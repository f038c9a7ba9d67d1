"""The bench of a capture: the production agent in virtual time, before devices that say again what they once said.

What was done to the lift, its sensors and its people is in the capture. So it plays the scenario that was captured, or
one without such steps: then any line that `liftwarden diag sniff --write` listened to will do.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from hil import BenchError
from hil.benches.bench import Did, Settings
from hil.benches.evidence import Evidence
from hil.benches.scene import Scene
from hil.benches.virtual import VirtualBench
from hil.bus.segment import Segment
from hil.devices.habits import Habits
from hil.devices.profile_device import plug_in
from hil.loop import VirtualLoop
from hil.recording import Recording
from hil.scenario.capabilities import Capability
from hil.scenario.families import Armable
from hil.scenario.model import Scenario
from hil.scenario.parts import duration_of
from hil.scenario.record import RECORD_FILE, RunRecord, read_record
from hil.scenario.steps import Step
from hil.setup import BenchSetup, DeviceSetup
from hil.site import VirtualSite
from hil.trace import TRACE_FILE, Lane, Trace
from protocols.modbus.line import LineSettings
from protocols.modbus.pdu import OtherRequest, ReadFunction, ReadRequest
from protocols.profiles.layout import compile_layout
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Place
from protocols.profiles.schema import Framing, Profile
from sim.building import load_building

SUFFIX: Final = ".pcapng"
_ON_THE_LIFT: Final = frozenset({Capability.PLANT, Capability.TRUTH, Capability.SENSOR_FAULTS})
_NEVER: Final = frozenset({Capability.WIRE_FAULTS, Capability.BYTE_DELIVERY})
"""The wire of now is sound, and the capture holds whole frames."""


class CaptureBench(VirtualBench):
    """Plays scenarios on a capture; with a run's record and trace beside it, also the steps and the truth of that run.

    What it adds to that run's uncertainty is by how much its devices said older things than they would have.
    """

    def __init__(self, path: str) -> None:
        """Raises BenchError for a record or trace that cannot be read."""
        super().__init__(make_scene=self._scene)
        self.name = path
        self._path = Path(path)
        self._recording = Recording(iter(()))
        kept = self._path.with_name(RECORD_FILE)
        self._record = read_record(kept) if kept.is_file() else None
        self._trace = Trace() if self._record is None else Trace.read(self._path.with_name(TRACE_FILE))
        self.capabilities = VirtualBench.capabilities - _NEVER
        if self._record is None:
            self.capabilities -= _ON_THE_LIFT

    def cannot(self, armable: Armable) -> str:
        """Why it cannot make this fault; "" if it can."""
        holds = armable.fault.when.holds
        return "" if holds is None else f"whether {holds!r} holds is not in a capture"

    def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        """Play it; see `hil.benches.bench.Bench`."""
        if self._record is not None:
            _check_same(self._path, self._record, scenario)
        try:
            super().play(scenario, settings, trace, directory)
        finally:
            then_ns = 0 if self._record is None else self._record.uncertainty_ns
            self.uncertainty_ns = then_ns + self._recording.oldest_ns

    def _scene(self, scenario: Scenario, seed: int, loop: VirtualLoop, evidence: Evidence) -> Scene:
        setup = scenario.world.setup(seed)
        profiles = [load_profile(device.profile) for device in setup.devices]
        line = common_line(profiles, setup.line)
        self._recording = recording = Recording.read(self._path, line, is_from_start=self._record is not None)
        end_ns = recording.end_ns if self._record is None else self._record.duration_ns
        if end_ns < scenario.duration_ns:
            holds = duration_of(end_ns)
            raise BenchError(f"{self._path}: holds {holds}, and {scenario.name} lasts {scenario.duration}; shorten it")
        devices = [
            RecordedDevice(self._path, f"{profile.name}#{index}", device, profile, recording)
            for index, (device, profile) in enumerate(zip(setup.devices, profiles, strict=True), start=1)
        ]
        for one in self._trace.of(Lane.TRUTH):
            loop.call_at_ns(one.t_ns, partial(evidence.again, one))
        return RecordedScene(setup, devices, line, evidence)


def _check_same(path: Path, record: RunRecord, scenario: Scenario) -> None:
    """Raises BenchError if the lift in the capture was another, or something else was done to it."""
    if record.scenario.world != scenario.world:
        raise BenchError(f"{path}: is of {record.name}, whose world is not that of {scenario.name}")
    acts = _acts(scenario)
    if acts and acts != _acts(record.scenario):
        raise BenchError(
            f"{path}: is of {record.name}, where other things were done to the lift than in {scenario.name}"
        )


def _acts(scenario: Scenario) -> list[Step]:
    return [step for step in scenario.steps if step.needs in _ON_THE_LIFT]


class RecordedDevice:
    """A slave that says what it said. Raises BenchError for one that was not asked what the agent will ask."""

    def __init__(self, path: Path, name: str, device: DeviceSetup, profile: Profile, recording: Recording) -> None:
        if profile.framing is not Framing.RTU:
            raise BenchError(f"{path}: {profile.name} does not speak Modbus RTU; such captures cannot be played")
        self.name = name
        self.slave = profile.slave if device.slave is None else device.slave
        self.habits = Habits.of(profile)
        self._recording = recording
        for block in compile_layout(profile, device.options, Place(device.door, device.channels)).blocks:
            if not recording.knows(ReadRequest(self.slave, ReadFunction(block.function), block.address, block.count)):
                last = block.address + block.count - 1
                where = (
                    f"slave {self.slave:02X}h, function {int(block.function):02X}h, {block.address:04X}h to {last:04X}h"
                )
                raise BenchError(f"{path}: {where} of {profile.name} were not read; capture while the agent polls")

    def answer(self, request: ReadRequest | OtherRequest, t_ns: int) -> bytes | None:
        """As it answered then."""
        return self._recording.answer(request, t_ns)


class RecordedScene:
    """The devices of a capture; nobody can act on their lift any more."""

    def __init__(
        self, setup: BenchSetup, devices: list[RecordedDevice], line: LineSettings, evidence: Evidence
    ) -> None:
        self.setup = setup
        self.labels = [floor.label for floor in load_building(setup.building, setup.building_set).floors]
        self.site = VirtualSite(self._connect)
        self.does = dict.fromkeys(("stimulus", "person", "sensor"), _recorded)
        self._devices = devices
        self._line = line
        self._tap = evidence.tapped

    def _connect(self, loop: VirtualLoop) -> Segment:
        segment = Segment(loop, self._line, self._tap)
        for device in self._devices:
            plug_in(device, segment, loop, device.habits)
        return segment

    def predicates(self) -> dict[str, Callable[[], bool]]:
        """None: what its lift did is not known at every instant."""
        return {}


def _recorded(_: Step) -> Did:
    return {"effect": "recorded"}
