"""What a scan asks, in which order, and how long that takes. Pure.

Lines that the profiles come with are tried first, then the others by how common they are; on each line the addresses
that are likely there, and only if nobody answers anywhere every address on every line. One register is read per
question, by function 03; never one that any profile denies, since nobody knows yet which device is asked. Most devices
answer any address, if only with an exception; for those that are silent to a wrong one, their own register is asked.
"""

import re
import termios
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from edge_agent.link.master import MARGIN_NS
from edge_agent.link.outcome import SlaveTimes
from protocols import ProtocolError
from protocols.modbus.line import LineSettings, Parity
from protocols.modbus.pdu import LAST_SLAVE, REQUEST_LEN, ReadFunction, ReadRequest
from protocols.profiles.schema import HOLDING, Denied, Framing, OnError, Profile

MS: Final = 1_000_000
BAUDS: Final = (9600, 19200, 38400, 115200, 4800, 57600, 2400)
"""By how common they are on lift equipment's ports: our estimate."""
PARITIES: Final = (Parity.NONE, Parity.EVEN, Parity.ODD)
FIRST_LISTEN_NS: Final = 2_000 * MS
"""Before anything is sent: a master that polls every two seconds is heard."""
LISTEN_NS: Final = 300 * MS
"""On every further line, once the first was silent: any traffic would have given bytes at any speed."""
PATIENT: Final = SlaveTimes(latency_ns=200 * MS, max_late_ns=300 * MS, min_gap_ns=10 * MS)
"""For the addresses that are likely there."""
BRISK: Final = SlaveTimes(latency_ns=30 * MS, max_late_ns=300 * MS, min_gap_ns=10 * MS)
"""For a sweep over all of them: who is slower answers in the next one's turn, and is known by its address."""
SLOW: Final = SlaveTimes(latency_ns=1_000 * MS, max_late_ns=1_000 * MS, min_gap_ns=10 * MS)
"""For those."""
_USUAL_SLAVES: Final = (1, 2, 3)
_ANY_REGISTER: Final = 0x0000
_STANDARD_BAUDS: Final = frozenset(
    int(name[1:]) for name in vars(termios) if re.fullmatch(r"B\d{3,7}", name) and 300 <= int(name[1:]) <= 1_000_000
)
_ONE_REGISTER_REPLY: Final = 7
_SPEED: Final = re.compile(r"\d{3,7}", re.ASCII)
_MOST_SHOWN: Final = 40
_SPAN: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)


class Question(msgspec.Struct, frozen=True):
    """One register of one address."""

    slave: int
    register: int

    @property
    def request(self) -> ReadRequest:
        """As it is asked: function 03, one register."""
        return ReadRequest(self.slave, ReadFunction.HOLDING, self.register, 1)


class ScanPlan(msgspec.Struct, frozen=True):
    """The lines in order, the addresses, and what to read. `registers` are asked of every address.

    `own` has the register that the devices of a line and an address are asked first, by profile; `denied` the first
    and last address of everything that any profile denies.
    """

    lines: tuple[LineSettings, ...]
    slaves: tuple[int, ...]
    registers: tuple[int, ...]
    own: dict[tuple[LineSettings, int], int]
    likely_slaves: tuple[int, ...]
    denied: tuple[tuple[int, int, int | None], ...]

    def likely(self, line: LineSettings) -> list[Question]:
        """What is asked first on a line: the profiles' own devices, then usual addresses."""
        own = [Question(slave, register) for (at, slave), register in self.own.items() if is_alike(at, line)]
        usual = [Question(slave, register) for register in self.registers for slave in self.likely_slaves]
        wanted = [question for question in (*own, *usual) if question.slave in self.slaves]
        return list(dict.fromkeys(wanted))

    def sweep(self, done: Iterable[int] = ()) -> list[Question]:
        """Every address but those in `done`; none twice in a row, since who was silent is left in peace for a while."""
        left = frozenset(self.slaves).difference(done)
        return [Question(slave, register) for register in self.registers for slave in self.slaves if slave in left]


def question_ns(line: LineSettings, times: SlaveTimes) -> int:
    """How long a question takes that nobody answers."""
    gap_ns = max(line.t35_ns, times.min_gap_ns)
    return gap_ns + line.wire_ns(REQUEST_LEN + _ONE_REGISTER_REPLY) + times.latency_ns + MARGIN_NS


def longest_ns(plan: ScanPlan) -> int:
    """How long the scan takes if nobody answers anywhere."""
    return FIRST_LISTEN_NS - LISTEN_NS + sum(_silent_line_ns(plan, line) for line in plan.lines)


def _silent_line_ns(plan: ScanPlan, line: LineSettings) -> int:
    patient_ns = len(plan.likely(line)) * question_ns(line, PATIENT)
    return LISTEN_NS + patient_ns + len(plan.sweep()) * question_ns(line, BRISK)


def shortest_ns(plan: ScanPlan) -> int:
    """How long it takes if somebody answers on the first line: every address there is still asked."""
    line = plan.lines[0]
    return (
        FIRST_LISTEN_NS
        + len(plan.likely(line)) * question_ns(line, PATIENT)
        + len(plan.sweep()) * question_ns(line, BRISK)
    )


def make_plan(
    profiles: Sequence[Profile], slaves: tuple[int, ...], bauds: tuple[int, ...], parities: tuple[Parity, ...]
) -> ScanPlan:
    """The plan for what was chosen, with what the profiles know."""
    own: dict[tuple[LineSettings, int], int] = {}
    silent: list[int] = []
    for profile in profiles:
        register = first_register(profile, profiles)
        if register is None or profile.framing is not Framing.RTU:
            continue
        own.setdefault((LineSettings.parse(profile.line.default), profile.slave), register)
        if profile.behaviour.errors is OnError.SILENCE:
            silent.append(register)
    anyone = () if is_denied(profiles, _ANY_REGISTER, 1) else (_ANY_REGISTER,)
    usual = (*_USUAL_SLAVES, *(profile.slave for profile in profiles))
    return ScanPlan(
        lines=_lines(profiles, bauds, parities),
        slaves=slaves,
        registers=tuple(dict.fromkeys(silent)) or anyone,
        own=own,
        likely_slaves=tuple(dict.fromkeys(usual)),
        denied=tuple((one.address, one.address + one.count - 1, one.function) for one in _denied(profiles)),
    )


def _lines(
    profiles: Sequence[Profile], bauds: tuple[int, ...], parities: tuple[Parity, ...]
) -> tuple[LineSettings, ...]:
    """The profiles' defaults, what else they allow, then everything chosen, each in the order of the speeds.

    Of one and two stop bits only what comes first: a device that is set to the other understands, and is understood.
    """

    def in_order(texts: Iterable[str]) -> list[LineSettings]:
        lines = [LineSettings.parse(text) for text in texts]
        chosen = [line for line in lines if line.baud in bauds and line.parity in parities]
        return sorted(chosen, key=lambda line: (bauds.index(line.baud), parities.index(line.parity)))

    defaults = in_order(profile.line.default for profile in profiles)
    allowed = in_order(text for profile in profiles for text in profile.line.allowed)
    others = [LineSettings(baud, 8, parity, 1) for baud in bauds for parity in parities]
    return one_of_each((*defaults, *allowed, *others))


def one_of_each(lines: Iterable[LineSettings]) -> tuple[LineSettings, ...]:
    """The lines without those that differ from an earlier one only by their stop bits."""
    kept: list[LineSettings] = []
    for line in lines:
        if not any(is_alike(line, other) for other in kept):
            kept.append(line)
    return tuple(kept)


def is_alike(line: LineSettings, other: LineSettings) -> bool:
    """Whether two lines understand each other: a receiver looks at the first stop bit only."""
    return (line.baud, line.parity) == (other.baud, other.parity)


def first_register(profile: Profile, profiles: Sequence[Profile]) -> int | None:
    """A holding register that the device has and no profile denies; None if there is none."""
    registers = (
        block.address + offset for block in profile.blocks if block.function == HOLDING for offset in range(block.count)
    )
    return next((register for register in registers if not is_denied(profiles, register, 1)), None)


def is_denied(profiles: Sequence[Profile], address: int, count: int) -> bool:
    """Whether any of the profiles denies one of these registers."""
    return any(
        address < denied.address + denied.count and denied.address < address + count for denied in _denied(profiles)
    )


def _denied(profiles: Sequence[Profile]) -> list[Denied]:
    """What any of the profiles denies to function 03."""
    return [one for profile in profiles for one in profile.deny if one.function in {None, HOLDING}]


def shortened(text: str) -> str:
    """What somebody typed, quoted for an error of one line."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")


def parse_slaves(text: str) -> tuple[int, ...]:
    """Addresses as people write them: "1-247", "1,3,10-20". Raises ProtocolError."""
    slaves: dict[int, None] = {}
    for part in text.split(","):
        span = _SPAN.fullmatch(part.strip())
        if span is None:
            raise ProtocolError(f"{shortened(part.strip())} is no address; write addresses as in 1-247 or 1,3,10-20")
        first, last = int(span[1]), int(span[2] or span[1])
        for slave in (first, last):
            if not 1 <= slave <= LAST_SLAVE:
                raise ProtocolError(f"{slave} is no slave's address; those are 1 to {LAST_SLAVE}")
        if first > last:
            raise ProtocolError(f"{part.strip()} runs backwards; write {last}-{first}")
        slaves |= dict.fromkeys(range(first, last + 1))
    return tuple(slaves)


def parse_bauds(text: str) -> tuple[int, ...]:
    """Speeds as people write them: "9600,19200". Raises ProtocolError."""
    bauds: dict[int, None] = {}
    for part in text.split(","):
        if _SPEED.fullmatch(part.strip()) is None or int(part) not in _STANDARD_BAUDS:
            known = ", ".join(map(str, sorted(_STANDARD_BAUDS)))
            raise ProtocolError(f"{shortened(part.strip())} is no speed of a serial port; those are {known}")
        bauds[int(part)] = None
    return tuple(bauds)


def parse_parities(text: str) -> tuple[Parity, ...]:
    """Parities as people write them: "N,E,O". Raises ProtocolError."""
    parities: dict[Parity, None] = {}
    for part in text.split(","):
        try:
            parities[Parity(part.strip().upper())] = None
        except ValueError as error:
            raise ProtocolError(f"{shortened(part.strip())} is no parity; write N, E or O, as in N,E") from error
    return tuple(parities)
