"""From a record to a verdict on each signal: good, inverted, dead, swapped with another, or something else.

A signal is good if it fits every step that was done. A wire that does not is compared with what the other wires' items
should have done there, straight and mirrored. What the steps cannot tell apart is said to be so, never guessed.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from edge_agent.commission.letters import can_be_mirrored
from edge_agent.commission.numbers import NUMBERS, Landings
from edge_agent.commission.order import Late, out_of_order
from edge_agent.commission.reading import Reading, Signal
from edge_agent.commission.steps import Step
from edge_agent.commission.words import Misfit, Words
from edge_agent.config_types import LiftConfig

_UNJUDGED: Final = frozenset({"faults", "hall_calls", "run_limit"})
"""What nobody can bring about in ten minutes, or what says nothing while all is well."""


PROOF: Final = 2
"""A wire in the wrong place shows in more steps than one; a slip of the hand, or a car that is called away, in one."""


_SLIPS: Final = 2
_TOGETHER: Final = 3
"""So many signals that differ in so few steps, all in the same one: it was the step (design values)."""


class Verdict(enum.Enum):
    """What a signal turned out to be."""

    GOOD = "good"
    INVERTED = "inverted"
    DEAD = "dead"
    SWAPPED = "swapped"
    OTHER = "other"
    NUMBERING = "numbering"
    ORDER = "order"
    ODD = "odd"
    SILENT = "silent"
    UNPROVEN = "unproven"


FAULTY: Final = frozenset(Verdict) - {Verdict.GOOD, Verdict.UNPROVEN}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One signal's verdict.

    `as_item`: what it reads as (swapped, other); `is_mirrored`: with its contact the other way round; `with_signal`:
    the wire that belongs there by the file. `alike`: what else it could be for all that was done. `stuck_at`: the
    letter or number of a dead one. `misfits`: where it differed. `floors`: its numbers of the landings, lowest first.
    """

    signal: Signal
    verdict: Verdict
    as_item: str = ""
    is_mirrored: bool = False
    with_signal: Signal | None = None
    alike: tuple[str, ...] = ()
    stuck_at: str = ""
    misfits: tuple[Misfit, ...] = ()
    late: Late | None = None
    floors: tuple[int, ...] = ()


class Judgement(msgspec.Struct, frozen=True):
    """Every signal's finding, in the file's order, and the mandatory steps that were not done.

    `suspect` steps were probably not done as asked: several signals did otherwise there, and nowhere else. Nothing is
    judged by them, and they have to be done again.
    """

    findings: tuple[Finding, ...]
    missing: tuple[str, ...]
    suspect: tuple[str, ...] = ()

    @property
    def faulty(self) -> tuple[Finding, ...]:
        """What has to be put right."""
        return tuple(one for one in self.findings if one.verdict in FAULTY)

    @property
    def unproven(self) -> tuple[Finding, ...]:
        """What nothing that was done could show."""
        return tuple(one for one in self.findings if one.verdict is Verdict.UNPROVEN)

    @property
    def passed(self) -> bool:
        """Whether the lift's signals may be believed."""
        return not self.faulty and not self.missing and not self.suspect


def judge(reading: Reading, steps: Sequence[Step], declined: Iterable[str], lift: LiftConfig) -> Judgement:
    """What each signal is, by what was done. `declined` are the steps that a person left out."""
    suspect = _suspects(reading, steps)
    judging = _Judging(reading, steps, lift, suspect)
    findings = [judging.finding(signal) for signal in reading]
    done, left_out = {name for traces in reading.values() for name in traces}, set(declined)
    missing = tuple(
        step.name for step in steps if step.name not in done and not step.is_optional and step.needs not in left_out
    )
    return Judgement(
        tuple(judging.paired(one, findings) for one in findings),
        missing,
        tuple(step.name for step in steps if step.name in suspect),
    )


def _suspects(reading: Reading, steps: Sequence[Step]) -> frozenset[str]:
    """Steps in which several signals did otherwise that do as they should, or always the opposite, everywhere else."""
    in_step: Counter[str] = Counter()
    for signal, traces in reading.items():
        words = Words(traces, steps)
        ways = [words.misfits(signal.item)]
        if can_be_mirrored(signal.item) and len(words.letters) > 1:
            ways.append(words.misfits(signal.item, mirror=True))
        fewest = min(ways, key=len)
        if len(fewest) <= _SLIPS:
            in_step.update(misfit.step for misfit in fewest)
    return frozenset(name for name, count in in_step.items() if count >= _TOGETHER)


class _Judging:
    def __init__(self, reading: Reading, steps: Sequence[Step], lift: LiftConfig, suspect: frozenset[str]) -> None:
        self._reading = reading
        self._steps = steps
        self._landings = Landings(steps, lift)
        self._words = {signal: Words(traces, steps, suspect) for signal, traces in reading.items()}
        self._wires = [signal for signal in reading if signal.channel]
        self._right = {one: traces for one, traces in reading.items() if self._words[one].fits(one.item)}

    def finding(self, signal: Signal) -> Finding:
        """What the signal is by itself, or reads as."""
        item, words = signal.item, self._words[signal]
        if item in _UNJUDGED:
            return Finding(signal=signal, verdict=Verdict.UNPROVEN)
        if not words.letters or words.is_silent(item):
            return Finding(signal=signal, verdict=Verdict.SILENT)
        if item in NUMBERS:
            return self._number(signal)
        misfits = words.misfits(item)
        if not misfits:
            return self._fitting(signal) if words.shows(item) else Finding(signal=signal, verdict=Verdict.UNPROVEN)
        return self._misfitting(signal, misfits)

    def _fitting(self, signal: Signal) -> Finding:
        late = out_of_order(signal, self._right)
        if late is not None:
            return Finding(signal=signal, verdict=Verdict.ORDER, late=late)
        return Finding(signal=signal, verdict=Verdict.GOOD, alike=tuple(one.item for one in self._alike(signal)))

    def _alike(self, signal: Signal) -> list[Signal]:
        """Wires that could change places with this one for all that was done."""
        return [
            other
            for other in self._others(signal)
            if all(self._words[one].fits(item) for one in (signal, other) for item in (signal.item, other.item))
        ]

    def _misfitting(self, signal: Signal, misfits: tuple[Misfit, ...]) -> Finding:
        words = self._words[signal]
        if len(words.letters) == 1:
            is_shown = words.shows(signal.item)  # if not, it may as well be the other way round
            verdict = Verdict.DEAD if is_shown else Verdict.ODD
            return Finding(signal=signal, verdict=verdict, stuck_at=words.letters, misfits=misfits)
        if len(misfits) < PROOF:
            return Finding(signal=signal, verdict=Verdict.ODD, misfits=misfits)
        if can_be_mirrored(signal.item) and words.fits(signal.item, mirror=True):
            return Finding(signal=signal, verdict=Verdict.INVERTED, misfits=misfits)
        return self._swapped(signal, misfits) or self._elsewhere(signal, misfits)

    def _others(self, signal: Signal) -> list[Signal]:
        """Wires of other items; registers have no wires to swap."""
        return [other for other in self._wires if signal.channel and other.item != signal.item]

    def _side(self, signal: Signal, item: str) -> bool | None:
        """Whether the signal does what `item` should only if mirrored; None if in no way."""
        words = self._words[signal]
        return False if words.fits(item) else True if words.fits(item, mirror=True) else None

    def _swapped(self, signal: Signal, misfits: tuple[Misfit, ...]) -> Finding | None:
        """The wire that does what this one should, while this one does what that should."""
        sides = {other: self._side(signal, other.item) for other in self._others(signal)}
        mutual = [
            other for other, side in sides.items() if side is not None and self._side(other, signal.item) is not None
        ]
        wrong = [other for other in mutual if not self._words[other].fits(other.item)]
        partners = sorted(wrong or mutual, key=lambda other: bool(sides[other]))
        if not partners:
            return None
        return Finding(
            signal=signal,
            verdict=Verdict.SWAPPED,
            as_item=partners[0].item,
            is_mirrored=bool(sides[partners[0]]),
            with_signal=partners[0],
            alike=tuple(other.item for other in partners[1:]),
            misfits=misfits,
        )

    def _elsewhere(self, signal: Signal, misfits: tuple[Misfit, ...]) -> Finding:
        """A wire may do what one item should that has no wire here."""
        items = sorted({item for step in self._steps for item in step.expects if can_be_mirrored(item)})
        shown = [item for item in items if item != signal.item and signal.channel and self._words[signal].shows(item)]
        sides = [(item, side) for item in shown if (side := self._side(signal, item)) is not None]
        if len(sides) != 1:
            return Finding(signal=signal, verdict=Verdict.ODD, misfits=misfits)
        ((item, side),) = sides
        return Finding(signal=signal, verdict=Verdict.OTHER, as_item=item, is_mirrored=side, misfits=misfits)

    def paired(self, one: Finding, findings: Sequence[Finding]) -> Finding:
        """The quiet half of a swap: it fits its own item, or is still, by what was done; its partner tells."""
        partners = [two for two in findings if two.verdict is Verdict.SWAPPED and two.with_signal == one.signal]
        if one.verdict is Verdict.SWAPPED or len(partners) != 1:
            return one
        partner = partners[0].signal
        return Finding(
            signal=one.signal,
            verdict=Verdict.SWAPPED,
            as_item=partner.item,
            is_mirrored=bool(self._side(one.signal, partner.item)),
            with_signal=partner,
            misfits=one.misfits,
        )

    def _number(self, signal: Signal) -> Finding:
        traces = self._reading[signal]
        if signal.item == "floor":
            told = self._landings.numbers(traces)
            verdict, stuck_at = self._landings.judged(told)
            floors = tuple(number for index in sorted(told) if (number := told[index]) is not None)
            return Finding(signal=signal, verdict=Verdict(verdict), stuck_at=stuck_at, floors=floors)
        verdict, stuck_at = self._landings.counted(traces)
        return Finding(signal=signal, verdict=Verdict(verdict), stuck_at=stuck_at)
