"""What can be wrong with the pair of wires: the state of a copper segment and of each node's connection to it.

Everything here may be changed while the bench runs, as a hand would change it. What a sender's connection is counts
when it begins to send; what a receiver's is counts for each character that it receives.
"""

import enum

import msgspec

from hil.bus.waveform import Merge


class Idle(enum.Enum):
    """What receivers see while nobody drives.

    BIASED: resistors hold the pair at mark, so that a receiver with A and B swapped sees space. FAIL_SAFE: no
    resistors, receivers that read 0 V as mark. FLOATING: neither; the pair picks up junk around every turnaround.
    """

    BIASED = "biased"
    FAIL_SAFE = "fail_safe"
    FLOATING = "floating"


class Wiring(msgspec.Struct):
    """How one node is joined to the pair. Mutable.

    `swapped`: its A and B are exchanged. `drives`, `hears`: False where that direction is cut. `echo`: it hears itself.
    `drift_ppm`: how fast its clock runs; its bits are shorter by that much.
    """

    swapped: bool = False
    drives: bool = True
    hears: bool = True
    echo: bool = False
    drift_ppm: int = 0

    def cut(self) -> None:
        """Take the node off the pair."""
        self.drives = self.hears = False

    def join(self) -> None:
        """Put it back."""
        self.drives = self.hears = True


class Pair(msgspec.Struct):
    """The pair itself. Mutable.

    `ringing_ns`: time constant of the reflections that follow each edge; 0 with both terminators fitted. A bit behind
    an edge is wrong with the odds exp(-half a bit / ringing_ns), at most a half: bad at high speeds, harmless at low.
    `float_odds`: how often a floating pair makes junk after somebody stopped driving. `merge`: how drivers fight.
    """

    idle: Idle = Idle.BIASED
    ringing_ns: int = 0
    float_odds: float = 0.7
    merge: Merge = Merge.AND


class Noise(msgspec.Struct, frozen=True):
    """Pulses from the drive that turn the level over: so many a second, each as long as drawn between two bounds."""

    pulses_per_s: float = 400.0
    shortest_ns: int = 10_000
    longest_ns: int = 80_000
