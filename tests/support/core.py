"""Drives one lift's core with hand-written signals on a clock of its own: no bus, no plant."""

from collections.abc import Mapping
from typing import Any

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.config_types import DetectConfig, DeviceConfig, EntrapmentConfig, FloorConfig, LiftConfig
from edge_agent.lift_core import Happening, LiftCore
from edge_agent.lift_state import LiftState
from protocols.lift.snapshot import DoorItems, Item, LiftSnapshot
from protocols.lift.vocabulary import DoorSide, Validity
from protocols.upstream.messages import Phase, Stamp

LIFT = LiftConfig(
    id="lift-1",
    devices=(DeviceConfig(name="box", profile="stm32-lift-sensor"),),
    floors=tuple(FloorConfig(reported=index, label=str(index + 1)) for index in range(9)),
)


def stamp_at(t_ns: int) -> Stamp:
    """A stamp whose only honest part is the monotonic one."""
    return Stamp(wall="", synchronised=False, boot_id="boot", mono_ns=t_ns)


class Ride:
    """A lift whose signals a test sets by name (`None`: unknown), looked at every `poll_s`."""

    def __init__(
        self,
        config: DetectConfig | None = None,
        poll_s: float = 0.5,
        rated_mps: float | None = None,
        meant: Mapping[str, str] | None = None,
        **signals: Any,
    ) -> None:
        self.config = DetectConfig() if config is None else config
        lift = msgspec.structs.replace(LIFT, rated_mps=rated_mps)
        self.core = LiftCore(lift, self.config, "t", {} if meant is None else meant)
        self.state = LiftState(boot_id="boot")
        self.t_ns = 0
        self.poll_ns = ns(poll_s)
        self.happened: list[tuple[float, Happening]] = []
        self.signals: dict[str, Any] = {
            "moving": False,
            "door_zone": True,
            "floor": 0,
            "speed_mps": 0.0,
            "door_open": False,
            **signals,
        }

    def snapshot(self) -> LiftSnapshot:
        """The signals as a snapshot sampled now."""
        items = {name: self._item(value) for name, value in self.signals.items() if not name.startswith("door_o")}
        if "door_open_button" in self.signals:
            items["door_open_button"] = self._item(self.signals["door_open_button"])
        doors = (
            DoorItems(
                side=DoorSide.FRONT,
                open=self._item(self.signals.get("door_open")),
                closed=self._item(items.pop("door_closed").value if "door_closed" in items else None),
            ),
        )
        return LiftSnapshot(t_ns=self.t_ns, doors=doors, **items)

    def _item(self, value: Any) -> Item[Any]:
        if value is None:
            return Item()
        return Item(value, Validity.GOOD, self.t_ns, self.t_ns, "box/all")

    def run(self, seconds: float, **signals: Any) -> "Ride":
        """Set signals, then look at the lift every poll and at every deadline for `seconds`."""
        self.signals.update(signals)
        end_ns = self.t_ns + ns(seconds)
        self._look()
        while self.t_ns < end_ns:
            deadline = self.core.next_deadline(self.state, self.snapshot())
            steps = [self.t_ns + self.poll_ns - self.t_ns % self.poll_ns, end_ns]
            self.t_ns = min([*steps, *([deadline] if deadline else [])])
            self._look()
        return self

    def _look(self) -> None:
        self.state, said = self.core.on_snapshot(self.state, self.snapshot(), stamp_at)
        self.happened += [(self.t_ns / NS, one) for one in said]

    def acknowledge(self, event_id: str) -> None:
        """The platform takes the alarm on."""
        self.state, said = self.core.on_acknowledgement(self.state, event_id, None)
        self.happened += [(self.t_ns / NS, one) for one in said]

    def of(self, code: str, phase: Phase) -> list[tuple[float, Happening]]:
        """What happened with this code and phase, with its time in seconds."""
        return [(at, one) for at, one in self.happened if one.code == code and one.phase is phase]

    def alarms(self) -> list[tuple[float, str]]:
        """(seconds, code) of every alarm raised."""
        return [(at, one.code) for at, one in self.happened if one.phase is Phase.RAISED]

    # The moves that a lift makes, as signals.

    def open_and_board(self, person: bool | None = True) -> "Ride":
        """The door opens fully, somebody steps in (or nobody), the door closes."""
        self.run(2.0, door_open=False).run(4.0, door_open=True, person=person)
        return self.run(2.5, door_open=False)

    def trip(self, to_floor: int) -> "Ride":
        """A normal trip to another floor, up to standing in its zone."""
        start = self.signals["floor"]
        step = 1 if to_floor > start else -1
        for floor in range(start, to_floor, step):
            self.run(0.5, moving=True, speed_mps=1.0, door_zone=floor == start, floor=floor)
            self.run(1.5, moving=True, speed_mps=1.6, door_zone=False, floor=floor)
            self.run(0.5, moving=True, speed_mps=1.0, door_zone=True, floor=floor + step)
        return self.run(0.5, moving=False, speed_mps=0.0, door_zone=True, floor=to_floor)

    def stop_between(self) -> "Ride":
        """Under way from this floor, then standing outside every zone."""
        self.run(1.0, moving=True, speed_mps=1.0, door_zone=True)
        self.run(1.5, moving=True, speed_mps=1.6, door_zone=False)
        return self.run(0.0, moving=False, speed_mps=0.0, door_zone=False)


def with_entrapment(**changes: Any) -> DetectConfig:
    """The default configuration with some entrapment values changed."""
    return DetectConfig(entrapment=msgspec.structs.replace(EntrapmentConfig(), **changes))
