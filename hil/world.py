"""One bench's world: a plant, the device models that serve it, and the segment they sit on."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from edge_agent.config_types import AgentConfig
from hil import BenchError
from hil.agent_config import base_config
from hil.bus.segment import Delivery, Segment, Tapped
from hil.devices.habits import Habits
from hil.devices.own_alarms import with_own_alarms
from hil.devices.profile_device import ProfileDevice, Sample
from hil.loop import NS_PER_S, VirtualLoop
from hil.setup import BenchSetup, DeviceSetup, Planned
from hil.site import VirtualSite
from hil.timeline import Timeline
from protocols.modbus.line import LineSettings
from protocols.profiles.layout import compile_layout
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile
from protocols.profiles.place import Place
from protocols.profiles.schema import DeviceKind, Profile
from sim.building import load_building
from sim.plant import Plant
from sim.sensors.config import Imperfections
from sim.sensors.layer import Sensors
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthRecord

OnTruth = Callable[[TruthRecord], None]
OnSample = Callable[[Sample], None]


def fault_names(profile: Profile, codes: object) -> tuple[str, ...]:
    """What a device's own table calls the faults with these codes of the event catalogue; it is silent of others."""
    if not isinstance(codes, tuple) or not codes:
        return ()
    return tuple(fault.name for _, fault in sorted(profile.faults.items()) if fault.event in codes)


class World:
    """Builds what a setup says. Raises BenchError, SimError or ProtocolError, each one line."""

    def __init__(self, setup: BenchSetup, on_truth: OnTruth | None = None, on_sample: OnSample | None = None) -> None:
        self.setup = setup
        self.profiles = tuple(load_profile(device.profile) for device in setup.devices)
        self.line = common_line(self.profiles, setup.line)
        self.building = load_building(setup.building, setup.building_set)
        for car in (*(one.car for one in setup.devices), *(one.car for one in setup.plan)):
            if car is not None and car > self.building.cars:
                raise BenchError(f"there is no car {car}: {self.building.name} has {self.building.cars}")
        self.plant = Plant(self.building, setup.seed, on_truth)
        self._sensors = {car: self._sensors_of(car) for car in sorted({device.car for device in setup.devices} | {1})}
        self.devices = tuple(
            self._device(index, device, on_sample) for index, device in enumerate(setup.devices, start=1)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """The landings' signs, from the lowest."""
        return tuple(floor.label for floor in self.building.floors)

    def _sensors_of(self, car: int) -> Sensors:
        return Sensors(self.setup.sensors if car == 1 else {}, self.plant, car=car - 1)

    def _device(self, index: int, setup: DeviceSetup, on_sample: OnSample | None) -> ProfileDevice:
        profile = self.profiles[index - 1]
        values = partial(self.values, setup, profile)
        return ProfileDevice(
            name=f"{profile.name}#{index}",
            slave=profile.slave if setup.slave is None else setup.slave,
            layout=compile_layout(profile, setup.options, Place(setup.door, setup.channels)),
            habits=Habits.of(profile),
            values=with_own_alarms(profile.name, values) if setup.own_alarms else values,
            on_sample=on_sample,
            is_up=partial(self._controller_is_up, setup.car)
            if profile.kind is DeviceKind.CONTROLLER
            else lambda _: True,
        )

    def values(self, setup: DeviceSetup, profile: Profile, t_ns: int) -> Mapping[str, object]:
        """What a device's inputs say at `t_ns`, with its own numbers for the floors and its own names for faults."""
        values = self._sensors[setup.car].values(max(t_ns, self.plant.now_ns))
        return setup.seen({**values, "faults": fault_names(profile, values["faults"])})

    def _controller_is_up(self, car: int, t_ns: int) -> bool:
        return self.plant.controller_is_up(max(t_ns, self.plant.now_ns), car - 1)

    def connect(
        self,
        timeline: Timeline,
        tap: Callable[[Tapped], None] | None = None,
        delivery: Delivery = Delivery.FRAME,
        line: LineSettings | None = None,
    ) -> Segment:
        """Put the devices on a segment that lives in `timeline`; `line`: if it is not to be paced as the real one."""
        segment = Segment(timeline, line or self.line, tap, delivery)
        for device in self.devices:
            device.connect(segment, timeline)
        return segment

    def act(self, t_ns: int, stimulus: Stimulus, for_s: float | None = None, car: int | None = None) -> Effect:
        """Do something to the lift at `t_ns`, or now if the plant is past that; cars count from 0."""
        self.plant.advance_to(max(t_ns, self.plant.now_ns))
        return self.plant.apply(stimulus, for_s, car)

    def person_comes(self, t_ns: int, origin: int, destination: int) -> None:
        """Let somebody come at `t_ns`, or now, to one landing who wants to go to another, both from 0."""
        self.plant.advance_to(max(t_ns, self.plant.now_ns))
        self.plant.person_comes(origin, destination)

    def switch_sensor(self, t_ns: int, item: str, imperfection: str, on: bool) -> None:
        """Let an imperfection of the first car's sensors begin or end at `t_ns`, or now. Raises SensorError."""
        self.plant.advance_to(max(t_ns, self.plant.now_ns))
        self._sensors[1].switch(item, imperfection, on)


class VirtualWorld(VirtualSite):
    """A whole bench in virtual time, for tests. The plant lives in the loop's time from 0.

    Evidence: `truth` (what really happened), `samples` (what devices took), `taps` (what went over the wire),
    `broker.published` (what went upstream).
    """

    def __init__(
        self,
        devices: Sequence[DeviceSetup],
        *,
        building: str = "residential-9",
        building_set: Mapping[str, str] | None = None,
        seed: int = 1,
        line: str | None = None,
        delivery: Delivery = Delivery.FRAME,
        sensors: Mapping[str, Imperfections] | None = None,
        on_truth: OnTruth | None = None,
        on_tap: Callable[[Tapped], None] | None = None,
    ) -> None:
        """`on_truth` and `on_tap` get what would else be kept in `truth` and `taps`; then no samples are kept."""
        self.truth: list[TruthRecord] = []
        self.samples: list[Sample] = []
        self.taps: list[Tapped] = []
        setup = BenchSetup(
            building=building,
            building_set={} if building_set is None else dict(building_set),
            seed=seed,
            line=line,
            devices=tuple(devices),
            sensors={} if sensors is None else dict(sensors),
        )
        self._on_tap = self.taps.append if on_tap is None else on_tap
        on_sample = self.samples.append if on_truth is None else None
        self.world = World(setup, self.truth.append if on_truth is None else on_truth, on_sample)
        self._delivery = delivery
        self._planned: list[Planned] = []
        self._loop: VirtualLoop | None = None
        super().__init__(self._connect)

    @property
    def plant(self) -> Plant:
        """The lift."""
        return self.world.plant

    def _connect(self, loop: VirtualLoop) -> Segment:
        self._loop = loop
        loop.add_time_source(self.plant.advance_to)
        for planned in self._planned:
            self._schedule(loop, planned)
        return self.world.connect(loop, self._on_tap, self._delivery)

    def at(self, t_s: float, stimulus: Stimulus, for_s: float | None = None) -> None:
        """Do something to the lift at `t_s` of the loop."""
        planned = Planned(t_s, stimulus, for_s)
        if self._loop is None:
            self._planned.append(planned)
        else:
            self._schedule(self._loop, planned)

    def _schedule(self, loop: VirtualLoop, planned: Planned) -> None:
        def act() -> None:
            self.world.act(loop.now_ns, planned.stimulus, planned.for_s, planned.car_index)

        loop.call_at_ns(round(planned.at_s * NS_PER_S), act)

    def truth_of(self, kind: str) -> list[TruthRecord]:
        """The records of one kind, in order."""
        return [record for record in self.truth if record.kind == kind]

    def agent_config(self, directory: Path, *, poll_period_s: float | None = 0.5) -> AgentConfig:
        """A configuration for one terminal that knows this world: its devices, floors and answers."""
        return base_config(self.world.setup, self.world.labels, directory, poll_period_s=poll_period_s)
