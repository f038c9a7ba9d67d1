"""What is kept of one run: enough to judge it, to run it again, and to see what differed."""

import hashlib
import platform
import shlex
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import msgspec

from hil import BenchError
from hil.scenario.capabilities import Capability
from hil.scenario.families import Armable, read_fault
from hil.scenario.model import Scenario
from hil.scenario.parts import duration_of
from hil.scenario.verdicts import Outcome, Verdict
from hil.trace import Lane, Trace
from sim.stimuli import Effect
from sim.trouble import ENTRAPPING
from sim.truth import TruthKind

RECORD_VERSION: Final = 1
RECORD_FILE: Final = "run.json"
"""Its name in the folder of a run."""
_MISHAPS: Final = frozenset(stimulus.value for stimulus in ENTRAPPING)
_PACKAGES: Final = ("liftwarden", "msgspec", "pymodbus", "simpy")


class FaultRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An armed fault, and how often it fired."""

    id: str
    kind: str
    armed_ns: int
    fired: int
    first_fired_ns: int | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one scenario; `record_version` grows when a field changes its meaning.

    `reasons` say why the outcome is not simply that of the verdicts. `scenario` is the whole scenario, so that the run
    can be repeated from this alone; `config_hash` is over it and all that it refers to. `trace_hash` is "" without a
    trace.
    """

    record_version: int = RECORD_VERSION
    name: str
    bench: str
    seed: int
    shuffle: bool = False
    outcome: Outcome
    reasons: list[str] = []
    verdicts: list[Verdict] = []
    faults: list[FaultRecord] = []
    uncertainty_ns: int = 0
    lag_ns: int = 0
    duration_ns: int = 0
    real_s: float = 0.0
    trace_hash: str = ""
    config_hash: str = ""
    versions: dict[str, str] = {}
    replay: str = ""
    scenario: Scenario

    def encode(self) -> bytes:
        """As indented JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def read_record(file: Path) -> RunRecord:
    """A kept record. Raises BenchError."""
    try:
        record = msgspec.json.decode(file.read_bytes(), type=RunRecord)
    except OSError as error:
        raise BenchError(f"{file}: cannot read: {error.strerror}; name a run.json that `hil run -o` wrote") from error
    except msgspec.MsgspecError as error:
        raise BenchError(f"{file}: is no record of this version: {error}") from error
    if record.record_version != RECORD_VERSION:
        raise BenchError(f"{file}: record version {record.record_version}, and this reads {RECORD_VERSION}")
    return record


def faults_of(trace: Trace) -> list[FaultRecord]:
    """Every fault that was armed, in that order."""
    fired: dict[str, list[int]] = {}
    armed: list[tuple[int, str, str]] = []
    for one in trace.of(Lane.FAULT):
        fields = one.fields
        if one.name == "armed":
            armed.append((one.t_ns, str(fields["fault"]), str(fields["kind"])))
        elif one.name == "fired":
            fired.setdefault(str(fields["fault"]), []).append(one.t_ns)
    return [
        FaultRecord(
            id=name,
            kind=kind,
            armed_ns=t_ns,
            fired=len(fired.get(name, ())),
            first_fired_ns=min(fired.get(name, ()), default=None),
        )
        for t_ns, name, kind in armed
    ]


def lag_of(trace: Trace) -> int:
    """How late the harness was at worst, ns."""
    return max((int(one.fields["lag_ns"]) for one in trace.of(Lane.BENCH, "lag")), default=0)


def doubts(trace: Trace, faults: list[FaultRecord], lag_ns: int, u_ns: int) -> list[str]:
    """Why the run as a whole shows nothing, whatever its verdicts say."""
    said = [f"the fault {one.id} never fired" for one in faults if not one.fired]
    if lag_ns > u_ns:
        said.append(f"the harness was {duration_of(lag_ns)} late, which is more than {duration_of(u_ns)}")
    for one in trace.of(Lane.STEP):
        fields = one.fields
        what = f"{one.name} {fields.get(one.name, '')} at {duration_of(one.t_ns)}"
        if fields.get("effect") == Effect.NONE.value:
            said.append(f"{what} had no effect")
        elif fields.get("effect") == Effect.ARMED.value and not _came_about(trace, one.t_ns, fields):
            said.append(f"{what} waited for an occasion that never came")
    return said


def _came_about(trace: Trace, t_ns: int, fields: Mapping[str, Any]) -> bool:
    """Whether an armed mishap happened; of what leaves no fault in the truth nobody can tell."""
    if fields.get("stimulus") not in _MISHAPS:
        return True
    car = int(fields.get("car", 1)) - 1
    faults = trace.of(Lane.TRUTH, TruthKind.FAULT.value)
    return any(one.t_ns >= t_ns and one.fields.get("car", 0) == car for one in faults)


def outcome_of(verdicts: list[Verdict], deaths: list[str], doubted: list[str]) -> Outcome:
    """A run that shows nothing is inconclusive; else the worst of its verdicts; an agent that died has failed."""
    if doubted:
        return Outcome.INCONCLUSIVE
    outcomes = {one.outcome for one in verdicts} | ({Outcome.FAIL} if deaths else set())
    order = (Outcome.ERROR, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS)
    return next(one for one in order if one in outcomes)


def deaths_of(trace: Trace) -> list[str]:
    """Agents that ended by themselves."""
    return [
        f"the agent ended by itself at {duration_of(one.t_ns)}: {one.fields.get('why', '')}"
        for one in trace.of(Lane.AGENT, "ended")
    ]


def missing_of(required: tuple[Capability, ...], capabilities: frozenset[Capability], bench: str) -> list[str]:
    """What the bench lacks, as reasons to skip."""
    return [f"the bench {bench} lacks {one.value}: {one.en}" for one in required if one not in capabilities]


def unmakeable(scenario: Scenario, capabilities: frozenset[Capability], cannot: Callable[[Armable], str]) -> list[str]:
    """Which faults a bench cannot make though it has others of their family, as reasons to skip."""
    faults = [read_fault(step.fault) for step in scenario.steps if step.fault is not None]
    there = [one for one in faults if one.family.needs in capabilities]
    return [f"the bench cannot make {one.kind}: {why}" for one in there if (why := cannot(one))]


def digest(*parts: object) -> str:
    """SHA-256 over the parts as JSON with sorted keys."""
    encoder = msgspec.json.Encoder(order="deterministic")
    whole = hashlib.sha256()
    for part in parts:
        whole.update(encoder.encode(msgspec.to_builtins(part, str_keys=True)))
        whole.update(b"\n")
    return whole.hexdigest()


def versions() -> dict[str, str]:
    """Of what took part."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def replay_line(source: str, bench: str, seed: int, shuffle: bool) -> str:
    """The command that runs it again."""
    line = f"liftwarden hil run {shlex.quote(source)} --bench {shlex.quote(bench)} --seed {seed}"
    return f"{line} --shuffle" if shuffle else line
