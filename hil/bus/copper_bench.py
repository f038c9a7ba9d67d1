"""A copper segment with simple slaves, a master's end to open, and everything that a technician's hand can reach.

    async def main() -> None:
        bench = CopperBench([SlaveSpec(1), SlaveSpec(2)], line=LineSettings.parse("9600 8N1"), seed=7)
        bench.swap_wires()                       # the fault: A and B exchanged at the master's adapter
        port = await bench.opener("copper", line, on_bytes, on_lost)    # an edge_agent.ports.BusOpener
        ...                                      # ask, look at port.uart_errors()
        bench.swap_wires()                       # the technician's test

    run_virtual(main())

Faults are armed by the same attributes and methods that a hand would undo them with, at any time (`at` says when):

- A and B exchanged at the adapter, or at all slaves: `swap_wires()`; undo: `swap_wires()`
- exchanged at one slave: `slaves[name].wiring.swapped = True`; undo: the same
- a slave's speed, parity, stop bits: `SlaveSpec(line=...)`; undo: open with other settings
- a slave's clock off: `SlaveSpec(drift_ppm=...)`
- no terminator: `pair.ringing_ns = 8_000`; undo: `fit_terminator()`
- no bias: `pair.idle = Idle.FLOATING`; undo: `fit_bias()`
- local echo: `adapter.wiring.echo = True`
- cut at the adapter, both ways or one: `adapter.wiring.cut()`, `.drives = False`; undo: `adapter.wiring.join()`
- cut at a slave: `disconnect(name)`; undo: `reconnect(name)`
- dead slave, slow slave: `slaves[name].dead = True`, `.latency_ns = ...`
- two slaves with one id: two `SlaveSpec` of one address; undo: `disconnect(name)`
- second master: `second_master=AsksSpec(slave=2)`; undo: `switch_off_second_master()`
- babbling node: `babbler=BabbleSpec()`; undo: `babbler.on = False`
- noise of the drive: `noise=Noise()`, `runs=lambda t_ns: ...`; undo: `stop_drive()`, `start_drive()`
- line stuck: `copper.stick(SPACE)` or `MARK`; undo: `copper.unstick()`
- an adapter without error counters: `adapter.counts_errors = False`
- bytes come as from a USB adapter: `adapter.delivery = Delivery.USB`, ticks of `usb_latency_ns`

Evidence for the scorer, not for the doctor: `taps` (what was driven), `copper.collisions`, `slaves[name].answered`.
"""

from collections.abc import Callable, Sequence
from typing import Final

from edge_agent.ports import BusOpener
from hil import BenchError
from hil.bus.copper import Copper
from hil.bus.copper_nodes import AsksSpec, Babbler, BabbleSpec, CopperSlave, DriveNoise, SecondMaster, SlaveSpec
from hil.bus.copper_port import Adapter, CopperBus
from hil.bus.copper_wiring import Idle, Noise, Pair
from hil.bus.segment import Tapped
from hil.bus.usb_adapter import LATENCY_NS
from hil.loop import running_loop
from protocols.modbus.line import LineSettings

LINE_9600: Final = LineSettings.parse("9600 8N1")


class CopperBench:
    """Make one inside `run_virtual`. Everything random comes from `seed`; same seed, same trace.

    `slaves` are kept under "slave 1", a second one with the same address under "slave 1 (2)", and so on. Whatever
    `runs(t_ns)` says, the drive stands still after `stop_drive`.
    """

    def __init__(
        self,
        slaves: Sequence[SlaveSpec] = (SlaveSpec(1),),
        *,
        line: LineSettings = LINE_9600,
        pair: Pair | None = None,
        adapter: Adapter | None = None,
        second_master: AsksSpec | None = None,
        babbler: BabbleSpec | None = None,
        noise: Noise | None = None,
        runs: Callable[[int], bool] = lambda _t_ns: True,
        usb_latency_ns: int = LATENCY_NS,
        seed: int = 0,
    ) -> None:
        self.taps: list[Tapped] = []
        self.copper = Copper(
            running_loop(), line, self.taps.append, usb_latency_ns=usb_latency_ns, pair=pair, seed=seed
        )
        self.adapter = Adapter() if adapter is None else adapter
        self.opener: BusOpener = CopperBus(lambda: self.copper, self.adapter)
        self.slaves: dict[str, CopperSlave] = {}
        for spec in slaves:
            self._join(spec, seed)
        self.second_master = None if second_master is None else SecondMaster(self.copper, second_master, seed)
        self.babbler = None if babbler is None else Babbler(self.copper, babbler, seed)
        self.noise = None if noise is None else DriveNoise(self.copper, noise, self.drive_runs, seed)
        self._runs = runs
        self._drive_allowed = True

    @property
    def pair(self) -> Pair:
        """The pair of wires, with its bias and terminators."""
        return self.copper.pair

    def _join(self, spec: SlaveSpec, seed: int) -> None:
        same = sum(slave.spec.address == spec.address for slave in self.slaves.values())
        name = f"slave {spec.address}" + (f" ({same + 1})" if same else "")
        self.slaves[name] = CopperSlave(self.copper, name, spec, seed)

    def drive_runs(self, t_ns: int) -> bool:
        """Whether the drive runs at an instant."""
        return self._drive_allowed and self._runs(t_ns)

    def at(self, t_ns: int, act: Callable[[], None]) -> None:
        """Do something at an instant: `bench.at(5 * NS_PER_S, bench.swap_wires)`."""
        self.copper.at(t_ns, act)

    # the technician's hand

    def swap_wires(self) -> None:
        """Exchange A and B at the adapter."""
        self.adapter.wiring.swapped = not self.adapter.wiring.swapped

    def fit_terminator(self) -> None:
        """Fit 120 Ohm at both ends: no more reflections."""
        self.pair.ringing_ns = 0

    def fit_bias(self) -> None:
        """Fit bias resistors: the idle pair is held at mark."""
        self.pair.idle = Idle.BIASED

    def stop_drive(self) -> None:
        """Stop the lift's drive and keep it stopped."""
        self._drive_allowed = False

    def start_drive(self) -> None:
        """Let the drive run again."""
        self._drive_allowed = True

    def disconnect(self, name: str) -> None:
        """Take a slave off the pair. Raises BenchError for a name that is not on the bench."""
        self._slave(name).wiring.cut()

    def reconnect(self, name: str) -> None:
        """Put a slave back on the pair. Raises BenchError for a name that is not on the bench."""
        self._slave(name).wiring.join()

    def _slave(self, name: str) -> CopperSlave:
        if name not in self.slaves:
            raise BenchError(f"{name}: no such slave on the bench; there are {', '.join(self.slaves)}")
        return self.slaves[name]

    def switch_off_second_master(self) -> None:
        """Switch the other master off, if there is one."""
        if self.second_master is not None:
            self.second_master.on = False

    def switch_on_second_master(self) -> None:
        """Switch it on again."""
        if self.second_master is not None:
            self.second_master.on = True
