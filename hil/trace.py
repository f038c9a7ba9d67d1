"""One run as one trace: everything that was done to the lift and everything that was seen, in order of time.

A record is an instant (ns since the run began), a lane, a name and data. Lanes and what their records are called:

- `step`: what the scenario did to the lift or the terminal, by the step's name.
- `fault`: `armed`, `fired`, `cleared`; `data.fault` is the fault's id.
- `wire`: a whole transmission at its last stop bit, by who drove it; `data.start_ns`, and its bytes as `data.hex`.
- `truth`: what really happened to the lift (sim/truth.py), by kind.
- `agent`: what its process did as seen from outside: `started`, `stopped`, `killed`, `ended`; and
  what it `answered` a technician.
- `mqtt`: what a subscriber received, by the last part of the topic; `data.topic`, `data.client`, `data.payload`.
- `bench`: the harness itself: `lag` (how late a step was done), `begin`, `end`.

Data is kept as JSON from the beginning, so that a trace is small, cheap to write, and hashes alike in any process.
"""

import enum
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from hil import BenchError

TRACE_FILE: Final = "trace.jsonl"
"""A trace's name in the folder of its run."""
_encoder: Final = msgspec.json.Encoder()


class Lane(enum.Enum):
    """Where a record comes from."""

    STEP = "step"
    FAULT = "fault"
    WIRE = "wire"
    TRUTH = "truth"
    AGENT = "agent"
    MQTT = "mqtt"
    BENCH = "bench"


class Record(msgspec.Struct, frozen=True):
    """One thing that was done or seen at `t_ns`; `data` is a JSON object."""

    t_ns: int
    lane: Lane
    name: str
    data: msgspec.Raw = msgspec.Raw(b"{}")  # immutable

    @property
    def fields(self) -> dict[str, Any]:
        """The data, decoded."""
        fields: dict[str, Any] = msgspec.json.decode(self.data)
        return fields


class Trace:
    """A run's records. Whatever adds to it says when; the order is that of time, and of adding at equal times."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: list[Record] = list(records)
        self._is_sorted = True
        self._open = True

    def add(self, t_ns: int, lane: Lane, name: str, data: object = None) -> None:
        """Something was done or seen; `data` is whatever msgspec can write as a JSON object. Once closed, nothing is.

        The same data gives the same bytes in any process: give no sets.
        """
        if not self._open:
            return
        raw = b"{}" if data is None else _encoder.encode(data)
        if self._records and t_ns < self._records[-1].t_ns:
            self._is_sorted = False
        self._records.append(Record(t_ns, lane, name, msgspec.Raw(raw)))

    def close(self, t_ns: int) -> None:
        """The run ends here: what comes later belongs to the tidying up, and is not taken."""
        self.add(t_ns, Lane.BENCH, "end")
        self._open = False

    def reopen(self) -> None:
        """Take late evidence, such as firings that are collected at the end."""
        self._open = True

    def __iter__(self) -> Iterator[Record]:
        self._sort()
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def of(self, lane: Lane, name: str | None = None) -> Iterator[Record]:
        """The records of one lane, and of one name if it is given."""
        return (one for one in self if one.lane is lane and (name is None or one.name == name))

    @property
    def end_ns(self) -> int:
        """When the run ended; the last record's instant if it did not end in order."""
        ended = next(self.of(Lane.BENCH, "end"), None)
        return max((one.t_ns for one in self), default=0) if ended is None else ended.t_ns

    def lines(self) -> Iterator[bytes]:
        """One JSON object a record, without the line's end."""
        return (_encoder.encode(one) for one in self)

    def hash(self) -> str:
        """SHA-256 over the lines: equal for equal runs, in any process."""
        digest = hashlib.sha256()
        for line in self.lines():
            digest.update(line)
            digest.update(b"\n")
        return digest.hexdigest()

    def write(self, path: Path) -> None:
        """As JSON lines."""
        path.write_bytes(b"".join(line + b"\n" for line in self.lines()))

    @classmethod
    def read(cls, path: Path) -> Self:
        """A trace that was written. Raises BenchError, naming the line."""
        decoder = msgspec.json.Decoder(Record)
        records: list[Record] = []
        try:
            for line in path.read_bytes().splitlines():
                one = decoder.decode(line)
                records.append(msgspec.structs.replace(one, data=one.data.copy()))
        except OSError as error:
            raise BenchError(f"{path}: cannot read: {error.strerror}; name a trace that `hil run -o` wrote") from error
        except msgspec.MsgspecError as error:
            raise BenchError(f"{path}:{len(records) + 1}: is no record of a trace: {error}") from error
        return cls(records)

    def _sort(self) -> None:
        if not self._is_sorted:
            self._records.sort(key=lambda one: one.t_ns)
            self._is_sorted = True


def payload_json(payload: bytes) -> object:
    """A message's payload for a record: as it is if it is JSON, else in hexadecimal."""
    try:
        return msgspec.json.decode(payload, type=msgspec.Raw) if payload else None
    except msgspec.MsgspecError:
        return {"hex": payload.hex()}
