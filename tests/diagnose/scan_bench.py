"""A bus with slaves in virtual time, and a scanner on it."""

from collections.abc import Callable, Coroutine, Sequence

from edge_agent.diagnose.scan import Progress, Scanner
from edge_agent.diagnose.scan_plan import BAUDS, PARITIES, make_plan
from hil.bus.memory import MEMORY_PORT, MemoryBus
from hil.bus.segment import Segment, Tapped
from hil.loop import VirtualClock, run_virtual, running_loop
from protocols.modbus.crc import append_crc
from protocols.modbus.deframer import Deframer, Frame
from protocols.modbus.line import LineSettings
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import Profile

MS = 1_000_000
S = 1000 * MS
BOX = load_profile("stm32-lift-sensor")
DRIVE = load_profile("invt-chv180")
COMMON = LineSettings.parse("9600 8N1")
RARE = LineSettings.parse("38400 8O1")

Says = Callable[[bytes], bytes | None]
"""What a slave answers to a whole request."""


def registers(slave: int, there: dict[int, int]) -> Says:
    """Answers for the registers it has; an exception 02h for others (Modbus application protocol V1.1b3, 6.3)."""

    def say(adu: bytes) -> bytes:
        address, count = int.from_bytes(adu[2:4], "big"), int.from_bytes(adu[4:6], "big")
        wanted = range(address, address + count)
        if any(register not in there for register in wanted):
            return append_crc(bytes((slave, adu[1] | 0x80, 2)))
        data = b"".join(there[register].to_bytes(2, "big") for register in wanted)
        return append_crc(bytes((slave, adu[1], len(data))) + data)

    return say


def silent_elsewhere(slave: int, first: int, count: int) -> Says:
    """Answers only reads within its range, like the sensor box."""
    say = registers(slave, dict.fromkeys(range(first, first + count), 7))

    def answer(adu: bytes) -> bytes | None:
        said = say(adu)
        return None if said[1] & 0x80 else said

    return answer


class Site:
    """A bus with slaves; the scan's end is the only master unless the test speaks as another."""

    def __init__(self, line: LineSettings = COMMON) -> None:
        self.line = line
        self.taps: list[Tapped] = []
        self.progress: list[Progress] = []
        self.segment = Segment(running_loop(), line, self.taps.append)
        self.port = MemoryBus(lambda: self.segment)
        self.clock = VirtualClock()

    def add(self, slave: int, says: Says, latency_ms: float = 10, line: LineSettings | None = None) -> None:
        deframer = Deframer.for_requests()

        def heard(data: bytes, t_ns: int) -> None:
            for found in deframer.feed(data, t_ns):
                if isinstance(found, Frame) and found.adu[0] == slave:
                    answer = says(found.adu)
                    if answer is not None:
                        running_loop().call_at_ns(t_ns + round(latency_ms * MS), end.send, answer)

        end = self.segment.attach(f"slave {slave}", heard, self.line if line is None else line)

    def speak(self, data: bytes, every_ms: float) -> None:
        """Another master, for ever."""
        end = self.segment.attach("other", lambda _data, _t_ns: None, self.line)

        def again() -> None:
            end.send(data)
            running_loop().call_at_ns(running_loop().now_ns + round(every_ms * MS), again)

        running_loop().call_at_ns(100 * MS, again)

    def scanner(
        self,
        slaves: Sequence[int] = range(1, 248),
        bauds: tuple[int, ...] = BAUDS,
        profiles: Sequence[Profile] = (BOX, DRIVE),
        *,
        force: bool = False,
    ) -> Scanner:
        plan = make_plan(profiles, tuple(slaves), bauds, PARITIES)
        return Scanner(self.port, MEMORY_PORT, self.clock, plan, profiles, self.progress.append, force=force)

    @property
    def asked(self) -> list[Tapped]:
        return [tapped for tapped in self.taps if tapped.source == "agent"]


def on_site(script: Callable[[Site], Coroutine[object, object, None]], line: LineSettings = COMMON) -> Site:
    async def run() -> Site:
        site = Site(line)
        await script(site)
        return site

    return run_virtual(run())
