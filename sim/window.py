"""What a picture is made from, what of a run it shows, and in which format."""

from pathlib import Path
from typing import Final

import msgspec

from sim.plan import PlanError, duration, parse_time

FORMATS: Final = (".svg", ".png")
_CAR_MINUTES: Final = 110
"""What is still readable: ten of them for each inch of the diagram."""


class Window(msgspec.Struct, frozen=True):
    """From one instant to another; None is the run's own end."""

    from_ns: int
    to_ns: int | None
    start: str | None = None
    end: str | None = None
    """Both as they were typed."""

    @classmethod
    def of(cls, start: str | None, end: str | None) -> "Window":
        """From the words of the command line. Raises PlanError."""
        from_ns = 0 if start is None else parse_time(start, "--from")
        return cls(from_ns, None if end is None else parse_time(end, "--to"), start, end)

    def within(self, end_ns: int) -> tuple[int, int]:
        """The same, of a run that ended then. Raises PlanError if nothing is left."""
        to_ns = end_ns if self.to_ns is None else min(self.to_ns, end_ns)
        if self.from_ns >= to_ns:
            asked = [f"--{name} {text}" for name, text in (("from", self.start), ("to", self.end)) if text is not None]
            raise PlanError(f"{' '.join(asked)}: nothing to draw; the run goes from 0 to {duration(end_ns)}")
        return self.from_ns, to_ns

    def beyond(self, end_ns: int) -> str | None:
        """What to say if the run ended sooner than somebody wants to see."""
        if self.to_ns is None or self.to_ns <= end_ns:
            return None
        return f"--to {self.end}: the run ends at {duration(end_ns)}; drawn up to there"


def crowded(window_ns: tuple[int, int], cars: int) -> str | None:
    """What to say of a picture that shows too much to be read; None if it does not."""
    minutes = (window_ns[1] - window_ns[0]) / 60e9
    if minutes * cars <= _CAR_MINUTES:
        return None
    return f"{minutes:.0f} min are much for one picture; draw up to {_CAR_MINUTES // cars} min with --from and --to"


def check_format(out: Path) -> None:
    """Raises PlanError unless the file's suffix is one of FORMATS."""
    if out.suffix not in FORMATS:
        raise PlanError(f"--out {out}: wants a file that ends with {' or '.join(FORMATS)}")


def is_event_file(source: str) -> bool:
    """Whether that names a run's event file, and not a building."""
    return source.endswith(".jsonl") or (not source.endswith((".yaml", ".yml")) and Path(source).is_file())
