"""The machine room of the hold-out cases: what is drawn for a seed before anything breaks, and the technician's hands.

All hands are physical, whatever the fault is. Connected directly, the adapter and the device have a metre of cable to
themselves: everybody else is off, nothing is cut, nothing rings, the drive couples into nothing; wrong polarity and a
missing bias stay. "The device" is the one that is asked; when it is to be removed, that one goes.
"""

import math
import random
from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from hil.bus.copper_bench import CopperBench
from hil.bus.copper_nodes import SlaveSpec
from hil.bus.copper_port import COPPER_PORT
from hil.bus.copper_wiring import Idle, Wiring
from hil.score.case import Hand, Patient
from protocols.modbus.line import NS_PER_S, LineSettings
from protocols.modbus.pdu import ReadFunction, ReadRequest

MS: Final = 1_000_000
_STATED_STEP_NS: Final = 50 * MS
"""Data sheets give answering times in round numbers."""


class Site:
    """What is installed, drawn from a seed: line settings out of `lines`, the device, what is asked of it.

    The device answers after `latency_ns` or up to `jitter_ns` later; its data sheet promises `stated_ns` at most.
    """

    def __init__(self, seed: int, *lines: str) -> None:
        self.seed = seed
        self.chance = random.Random(f"{seed}/{'/'.join(lines)}")
        self.line = LineSettings.parse(self.chance.choice(lines))
        self.latency_ns = self.chance.randint(3, 40) * MS
        self.jitter_ns = self.chance.randint(0, 5) * MS
        self.stated_ns = -(-(self.latency_ns + self.jitter_ns) // _STATED_STEP_NS) * _STATED_STEP_NS
        self._first = self.chance.choice((0, 0, 1, 100, 0x2000))
        self.request = ReadRequest(
            self.chance.choice((1, 1, 2, 5, 17, 247)),
            self.chance.choice((ReadFunction.HOLDING, ReadFunction.INPUT)),
            self._first,
            self.chance.randint(4, 30),
        )
        self.device = SlaveSpec(self.request.slave, self.line, self.latency_ns, self.jitter_ns, self.registers())

    def registers(self) -> dict[int, int]:
        """A block as lift controllers have it: zeros, small numbers, bit fields. Another one at each call."""
        kinds = (0, 0, 0xFF, 0xFFFF)
        return {
            register: self.chance.randint(0, self.chance.choice(kinds))
            for register in range(self._first, self._first + self.request.count)
        }

    def changed(self, **changes: object) -> SlaveSpec:
        """The device with some of its properties changed."""
        return msgspec.structs.replace(self.device, **changes)

    def neighbours(self, count: int) -> list[SlaveSpec]:
        """So many further devices, each with an address and registers of its own."""
        free = [address for address in range(1, 248) if address != self.request.slave]
        return [
            SlaveSpec(address, self.line, self.chance.randint(3, 60) * MS, 2 * MS, self.registers())
            for address in self.chance.sample(free, count)
        ]

    def ringing_ns(self, odds: float, line: LineSettings | None = None) -> int:
        """The time constant with which a bit behind an edge is wrong with these odds, inverse of `Pair.ringing_ns`."""
        return round(NS_PER_S / (line or self.line).baud / 2 / -math.log(odds))


class Room:
    """A bench with one device that is asked, and everything that hands may do to it.

    Break things on the bench first, then make the room: what it finds then is what the hands go back to. `swap_at` is
    the connection at which A and B are exchanged when that is asked for; the adapter's by default.
    """

    def __init__(self, bench: CopperBench, site: Site, swap_at: Wiring | None = None) -> None:
        self._bench = bench
        self._site = site
        self._swap_at = swap_at or bench.adapter.wiring
        self._done: set[Hand] = set()
        self._contact_open = False
        self._device = bench.slaves[f"slave {site.request.slave}"].wiring
        self._pair: tuple[int, Idle] = bench.pair.ringing_ns, bench.pair.idle
        self._joined = [(wiring, wiring.drives, wiring.hears) for wiring in self._wirings()]

    def _wirings(self) -> list[Wiring]:
        others = [node.wiring for node in (self._bench.second_master, self._bench.babbler) if node is not None]
        return [self._bench.adapter.wiring, *(slave.wiring for slave in self._bench.slaves.values()), *others]

    def patient(self, believed: str | None = None, declined: Sequence[Hand] = ()) -> Patient:
        """What the doctor meets. `believed`: what the technician takes the line settings for, if not what they are."""
        return Patient(
            opener=self._bench.opener,
            port=COPPER_PORT,
            line=self._site.line if believed is None else LineSettings.parse(believed),
            request=self._site.request,
            latency_ns=self._site.stated_ns,
            hands={hand: partial(self._do, hand) for hand in Hand},
            undo={hand: partial(self._take_back, hand) for hand in Hand},
            declined=frozenset(declined),
        )

    def _do(self, hand: Hand) -> None:
        if hand is Hand.SWAP_WIRES:
            self._swap_at.swapped = not self._swap_at.swapped
        self._done.add(hand)
        self._arrange()

    def _take_back(self, hand: Hand) -> None:
        if hand is Hand.SWAP_WIRES:
            self._swap_at.swapped = not self._swap_at.swapped
        self._done.discard(hand)
        self._arrange()

    def _arrange(self) -> None:
        """Put everything as it is after what was done."""
        bench, done = self._bench, self._done
        direct = Hand.CONNECT_DIRECTLY in done
        ringing_ns, idle = self._pair
        bench.pair.ringing_ns = 0 if direct or Hand.FIT_TERMINATOR in done else ringing_ns
        bench.pair.idle = Idle.BIASED if Hand.FIT_BIAS in done else idle
        if direct or Hand.STOP_DRIVE in done:
            bench.stop_drive()
        else:
            bench.start_drive()
        self._join(direct)

    def _join(self, direct: bool) -> None:
        adapter = self._bench.adapter.wiring
        for wiring, drives, hears in self._joined:
            wiring.drives, wiring.hears = drives, hears
            if direct:
                wiring.drives = wiring.hears = wiring is adapter or wiring is self._device
            elif wiring is adapter and self._contact_open:
                wiring.cut()
        if Hand.REMOVE_DEVICE in self._done:
            self._device.cut()

    def loosen(self, open_ms: tuple[int, int], shut_ms: tuple[int, int]) -> None:
        """Let the adapter's clamp lose contact again and again: open and shut for so many ms between two bounds."""
        draw = random.Random(f"{self._site.seed}/clamp")

        def turn() -> None:
            self._contact_open = not self._contact_open
            self._arrange()
            pause_ms = draw.randint(*(open_ms if self._contact_open else shut_ms))
            self._bench.copper.at(self._bench.copper.now_ns + pause_ms * MS, turn)

        turn()
