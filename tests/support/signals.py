"""A lift told signal by signal, device by device, to what judges signals: no bus, no core."""

from typing import Any

import msgspec

from edge_agent.clock import NS, ns
from edge_agent.config_types import PlausibilityConfig
from edge_agent.state import plausibility
from edge_agent.state.plausibility import Doubt, Plausibility, Seen
from edge_agent.state.words import Words

INPUTS = ("door_zone", "doors.front.open", "doors.front.closed", "landing_lock", "car_lock", "safety_chain")
DRIVE = ("moving", "brake_open")


class Told:
    """What devices `io` and `drive` say, every `poll_s`. `says` replaces a word by another, or (None) by silence.

    What is believed is the truth, without what `unknown` names; `floors` says whether the lift knows its floor.
    """

    def __init__(self, *, poll_s: float = 0.5, doors: int = 1, floors: bool = True, speed: bool = True) -> None:
        self.limits = PlausibilityConfig()
        self.state = Plausibility()
        self.words = self._words()
        self.says: dict[str, bool | None] = {}
        self.inverted: set[str] = set()
        self.unknown: set[str] = set() if floors else {"floor"}
        self.off_duty = False
        self.t_ns = NS
        self.truth: dict[str, Any] = {"moving": False, "zone": True, "floor": 0, "open": False, "closed": True}
        self.speed_mps = 0.0
        self._has_speed = speed
        self._doors = doors
        self._poll_ns = ns(poll_s)

    def _words(self) -> Words:
        return Words([*((item, "io") for item in INPUTS), *((item, "drive") for item in DRIVE)])

    def restart(self) -> None:
        """The agent starts anew from what it stored."""
        stored = msgspec.json.decode(msgspec.json.encode(self.state), type=Plausibility)
        self.state, self.words = plausibility.restored(stored), self._words()

    @property
    def doubts(self) -> dict[str, Doubt]:
        """What is implausible now."""
        return plausibility.doubts(self.state, self.limits)

    def run(self, seconds: float, **truth: Any) -> "Told":
        """The truth changes, and stays for so long."""
        self.truth.update(truth)
        end_ns = self.t_ns + ns(seconds)
        while self.t_ns < end_ns:
            self.t_ns += self._poll_ns
            self._look()
        return self

    def _look(self) -> None:
        truth = self.truth
        shut, moving = truth["closed"], truth["moving"]
        items = dict(zip(INPUTS, (truth["zone"], truth["open"], shut, shut, shut, shut), strict=True))
        for device, values in (("io", items), ("drive", dict.fromkeys(DRIVE, moving))):
            said: dict[str, object] = {}
            for item, value in values.items():
                word = self.says.get(f"{device}/{item}", value is not (f"{device}/{item}" in self.inverted))
                said |= {} if word is None else {item: word}
            self.words.take(device, said, self.t_ns)
        seen = self._seen()
        if self.words.news() or seen != self.state.seen:
            said_now, watched = self.words.said, self.words.watched
            self.state = plausibility.follow(self.state, seen, said_now, watched, self._doors, self.t_ns)

    def _seen(self) -> Seen:
        truth = self.truth
        fast = self.speed_mps >= 0.3 if self._has_speed else None
        seen = Seen(not truth["moving"], fast, truth["zone"], truth["floor"], truth["open"], self.off_duty)
        return msgspec.structs.replace(seen, **dict.fromkeys(self.unknown))

    # what a lift does

    def ride(self, to_floor: int, creeping: bool = False) -> "Told":
        """To another floor, without its doors; a floor takes two seconds, 1.5 of them out of the zone."""
        start = self.truth["floor"]
        step = 1 if to_floor > start else -1
        self.speed_mps = 0.1 if creeping else 1.5
        for floor in range(start, to_floor, step):
            self.run(1.0, moving=True).run(2.0, zone=False).run(0.5, zone=True, floor=floor + step)
        self.speed_mps = 0.1
        self.run(0.5)
        self.speed_mps = 0.0
        return self.run(1.0, moving=False)

    def cycle(self) -> "Told":
        """The door opens, stays so for 3 s and closes."""
        self.run(2.0, closed=False).run(3.0, open=True)
        return self.run(2.5, open=False).run(1.0, closed=True)

    def trips(self, count: int) -> "Told":
        """Normal ones, up and down, each with its door."""
        for _ in range(count):
            self.ride(2 if self.truth["floor"] != 2 else 5).cycle()
        return self
