"""One fault of every kind, transmissions to try them on, and a small bench: a master, a slave and the injector."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from hil.bus.faults.catalogue import Fault
from hil.bus.faults.injector import MASTER, Injector
from hil.bus.faults.sending import Sending
from hil.bus.segment import Drive, Segment, Tapped
from hil.loop import NS_PER_S, VirtualLoop
from protocols.modbus.crc import append_crc
from protocols.modbus.line import LineSettings

LINE = LineSettings.parse("9600 8N1")
REQUEST = append_crc(bytes.fromhex("01 03 00 10 00 02"))
PERIOD_NS = 100_000_000
LATENCY_NS = 10_000_000

EXAMPLES: list[dict[str, Any]] = [
    {"fault": "line.bitflip", "ber": 0.01, "p_gb": 0.01},
    {"fault": "line.burst", "bits": 12},
    {"fault": "line.stuck_idle"},
    {"fault": "line.tx_dead"},
    {"fault": "line.rx_dead"},
    {"fault": "line.stuck_low", "piece": 4},
    {"fault": "line.float", "mean_ms": 20},
    {"fault": "char.drop", "n": 2},
    {"fault": "char.insert"},
    {"fault": "char.dup", "at": 3},
    {"fault": "char.replace"},
    {"fault": "turn.lead_noise", "n": 2, "before_ms": 5, "alphabet": "random"},
    {"fault": "turn.trail_noise", "n": 2, "after_ms": 5, "alphabet": "random"},
    {"fault": "turn.first_byte_lost"},
    {"fault": "turn.last_byte_lost"},
    {"fault": "gap.t15"},
    {"fault": "gap.t35", "chars": 9},
    {"fault": "gap.none"},
    {"fault": "jitter", "delays": "lognormal"},
    {"fault": "frame.truncate_head"},
    {"fault": "frame.truncate_tail"},
    {"fault": "frame.merge"},
    {"fault": "frame.oversize", "n": 257, "when": {"once": True}},
    {"fault": "crc.wrong", "how": "other_data"},
    {"fault": "pdu.wrong_slave", "slave": 9},
    {"fault": "pdu.wrong_fc"},
    {"fault": "pdu.unknown_fc"},
    {"fault": "pdu.wrong_count", "more": 1},
    {"fault": "pdu.exception", "code": 6},
    {"fault": "resp.none"},
    {"fault": "resp.late", "ms": 20},
    {"fault": "resp.duplicate"},
    {"fault": "resp.unsolicited", "flood": 1},
    {"fault": "resp.for_other_master"},
    {"fault": "resp.stale"},
    {"fault": "resp.torn"},
    {"fault": "node.silent"},
    {"fault": "node.slow"},
    {"fault": "node.busy"},
    {"fault": "node.reboot", "down_ms": 350},
    {"fault": "node.hang_after", "n": 5},
    {"fault": "node.alternate"},
    {"fault": "bus.partition", "slaves": [1, 7]},
    {"fault": "bus.duplicate_id"},
    {"fault": "bus.babble", "n": 3, "pause_ms": 30},
    {"fault": "bus.babble_after"},
    {"fault": "bus.second_master", "slave": 5},
]


@st.composite
def _sendings(draw: st.DrawFn) -> Sending:
    is_request = draw(st.booleans())
    words = draw(st.binary(min_size=2, max_size=40).filter(lambda data: len(data) % 2 == 0))
    answer = append_crc(bytes((1, 3, len(words))) + words)
    refusal = append_crc(bytes((1, 0x83, 2)))
    data = REQUEST if is_request else draw(st.sampled_from([answer, refusal, b"\x00"]))
    return Sending(draw(st.integers(0, 10**12)), MASTER if is_request else "slave", data, LINE, REQUEST, is_request)


SENDINGS = _sendings()


class FaultsBench:
    """Slave 1 answers every request with its number; `heard` is what an ear on the wire heard, in pieces."""

    def __init__(self, faults: Sequence[dict[str, Any]], predicates: dict[str, Callable[[], bool]] | None) -> None:
        self.heard: list[bytes] = []
        self.driven: list[bytes] = []
        self.taps: list[Tapped] = []
        self.loop = VirtualLoop()
        self._faults, self._predicates = faults, predicates
        self._asked = 0
        self._injector: Injector | None = None
        self._segment = Segment(self.loop, LINE, self.taps.append)
        self._segment.attach("ear", lambda data, _t_ns: self.heard.append(data))
        self._master = self._segment.attach(MASTER, lambda _data, _t_ns: None)
        self._slave = self._segment.attach("slave", lambda _data, _t_ns: None)

    @property
    def injector(self) -> Injector:
        if self._injector is None:
            faults = [Fault.of(raw) for raw in self._faults]
            self._injector = Injector(self._segment, self.loop, "seed", faults, predicates=self._predicates)
        return self._injector

    def play(self, turns: int, seconds: float | None = None) -> None:
        """So many turns from now on, one every 100 ms; or so long."""
        assert self.injector.firings is not None
        start_ns = self.loop.now_ns
        for turn in range(turns):
            self.loop.call_at_ns(start_ns + turn * PERIOD_NS, self._ask)
        self.loop.run_until_complete(asyncio.sleep(turns * PERIOD_NS / NS_PER_S if seconds is None else seconds))

    def _ask(self) -> None:
        self._asked += 1
        self._master.send(REQUEST)
        answer = append_crc(bytes((1, 3, 4)) + self._asked.to_bytes(4, "big"))
        at_ns = self.loop.now_ns + LINE.wire_ns(len(REQUEST)) + LATENCY_NS
        self.loop.call_at_ns(at_ns, self._answer, answer)

    def _answer(self, answer: bytes) -> None:
        self.driven.append(answer)
        self._slave.send(answer)

    @property
    def requests(self) -> list[Drive]:
        return self.drives(MASTER)

    @property
    def answers(self) -> list[Drive]:
        return self.drives("slave")

    def drives(self, *sources: str) -> list[Drive]:
        """What was on the wire, of these sources or of all."""
        taps = [tapped for tapped in self.taps if not sources or tapped.source in sources]
        return [Drive(tapped.t_start_ns, tapped.source, tapped.data) for tapped in taps]
