"""Timing of an asynchronous serial line: what a byte, a frame and the silences of Modbus RTU take.

A character is a start bit, the data bits, the parity bit if there is one, and the stop bits. RTU frames are separated
by 3.5 characters of silence and torn by more than 1.5; above 19200 Bd both are fixed times (Modbus over Serial Line
V1.02, 2.5.1.1).
"""

import enum
import re
from typing import Final, Self

import msgspec

from protocols import ProtocolError

NS_PER_S: Final = 1_000_000_000
MIN_BAUD: Final = 300
MAX_BAUD: Final = 1_000_000
"""What lift equipment and its adapters speak, generously: slower and faster are typing errors."""
FIXED_ABOVE_BAUD: Final = 19_200
FIXED_T15_NS: Final = 750_000
FIXED_T35_NS: Final = 1_750_000
"""Modbus over Serial Line V1.02, 2.5.1.1."""

_TEXT: Final = re.compile(r"(\d{1,9}) +(\d)([NEOneo])(\d)", re.ASCII)


class Parity(enum.Enum):
    """The parity bit, by the letter everybody writes."""

    NONE = "N"
    EVEN = "E"
    ODD = "O"


class LineSettings(msgspec.Struct, frozen=True):
    """How a serial line is set. Raises ProtocolError for what no Modbus RTU line can be."""

    baud: int
    data_bits: int
    parity: Parity
    stop_bits: int

    def __post_init__(self) -> None:
        if not MIN_BAUD <= self.baud <= MAX_BAUD:
            raise ProtocolError(f"{self}: {self.baud} Bd is out of range; use {MIN_BAUD} to {MAX_BAUD}")
        if self.data_bits != 8:
            raise ProtocolError(f"{self}: Modbus RTU needs 8 data bits, not {self.data_bits}; write 8{str(self)[-2:]}")
        if self.stop_bits not in (1, 2):
            raise ProtocolError(f"{self}: a line has 1 or 2 stop bits, not {self.stop_bits}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Settings as people write them: "9600 8N1". Raises ProtocolError."""
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            raise ProtocolError(f"{text!r} is not a line setting; write baud, data bits, parity, stop bits: 9600 8N1")
        baud, data_bits, parity, stop_bits = found.groups()
        return cls(int(baud), int(data_bits), Parity(parity.upper()), int(stop_bits))

    def __str__(self) -> str:
        return f"{self.baud} {self.data_bits}{self.parity.value}{self.stop_bits}"

    @property
    def bits_per_char(self) -> int:
        """Bit times of one byte on the wire, from its start bit to its last stop bit."""
        return 1 + self.data_bits + (self.parity is not Parity.NONE) + self.stop_bits

    def wire_ns(self, n_bytes: int) -> int:
        """How long `n_bytes` back to back take, rounded once to the nearest ns."""
        return (2 * n_bytes * self.bits_per_char * NS_PER_S + self.baud) // (2 * self.baud)

    @property
    def t15_ns(self) -> int:
        """The longest silence inside a frame."""
        return FIXED_T15_NS if self.baud > FIXED_ABOVE_BAUD else self._half_chars_ns(3)

    @property
    def t35_ns(self) -> int:
        """The shortest silence between frames."""
        return FIXED_T35_NS if self.baud > FIXED_ABOVE_BAUD else self._half_chars_ns(7)

    def _half_chars_ns(self, count: int) -> int:
        """Rounded up: a silence has to last at least that long."""
        return -(-count * self.bits_per_char * NS_PER_S // (2 * self.baud))
