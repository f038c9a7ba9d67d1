"""The acceptance report: what was done, what each signal is, the record that proves it; signed later by a person."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from edge_agent import AgentError
from edge_agent.acceptance import digest_of
from edge_agent.commission.amend import Edit, scalar
from edge_agent.commission.judge import Judgement
from edge_agent.commission.record import Record
from edge_agent.commission.steps import Step
from edge_agent.commission.told import name_of, told
from edge_agent.config_types import LiftConfig
from protocols.upstream.messages import LiftIds, Text

SCHEMA: Final = 1
_NS_PER_S: Final = 1_000_000_000


class SignalReport(msgspec.Struct, frozen=True):
    """One signal. `alike`: items that it could not be told from."""

    device: str
    channel: int
    item: str
    name: Text
    verdict: str
    told: Text
    alike: tuple[str, ...] = ()


class StepReport(msgspec.Struct, frozen=True):
    """One step of the script; `seconds` is None if it was not done."""

    name: str
    said: Text
    seconds: float | None


class FixReport(msgspec.Struct, frozen=True):
    """One value that was set in the lift's file."""

    where: str
    before: str
    after: str


class Signature(msgspec.Struct, frozen=True):
    """Who answers for the report, and the digest of what was signed."""

    by: str
    role: str
    at: str
    digest: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One visit. `lift` and its digest `wiring`: how the signals were read; `accepted`: the agent took it as proof."""

    schema: int = SCHEMA
    version: str
    terminal_id: str
    ids: LiftIds
    wiring: str
    lift: LiftConfig
    at: str
    finished: bool
    passed: bool
    signals: tuple[SignalReport, ...]
    steps: tuple[StepReport, ...]
    missing: tuple[str, ...]
    suspect: tuple[str, ...] = ()
    fixes: tuple[FixReport, ...] = ()
    record: Record
    accepted: bool = False
    signature: Signature | None = None

    @property
    def digest(self) -> str:
        """Of everything but the acceptance and the signature."""
        return digest_of(msgspec.structs.replace(self, accepted=False, signature=None))


def signals_of(judgement: Judgement, steps: tuple[Step, ...]) -> tuple[SignalReport, ...]:
    """The findings as reported."""
    return tuple(
        SignalReport(
            one.signal.device,
            one.signal.channel,
            one.signal.item,
            name_of(one.signal.item),
            one.verdict.value,
            told(one, steps),
            one.alike,
        )
        for one in judgement.findings
    )


def steps_of(steps: tuple[Step, ...], record: Record) -> tuple[StepReport, ...]:
    """The script with what was done of it."""
    took = {one.name: (one.to_ns - one.from_ns) / _NS_PER_S for one in record.steps if not one.declined}
    return tuple(
        StepReport(step.name, step.said, round(took[step.name], 1) if step.name in took else None) for step in steps
    )


def fixes_of(edits: tuple[Edit, ...]) -> tuple[FixReport, ...]:
    """The edits as reported."""
    return tuple(FixReport(edit.where, scalar(edit.before), scalar(edit.value)) for edit in edits)


def load_report(path: Path) -> Report:
    """A report as it was written. Raises AgentError, one line."""
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except OSError as error:
        raise AgentError(f"{path}: cannot read: {error.strerror}; name a report that commission wrote") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AgentError(
            f"{path}: is no commissioning report: {error}; name the .json that commission wrote"
        ) from error
    if report.schema != SCHEMA:
        raise AgentError(f"{path}: has version {report.schema}, this program knows {SCHEMA}; use the one that wrote it")
    if report.signature is not None and report.signature.digest != report.digest:
        raise AgentError(f"{path}: was changed after {report.signature.by} signed it; use the original")
    return report


def write_whole(path: Path, text: str, like: Path | None = None) -> None:
    """All of it or nothing, also in a power cut; with the mode and the owner of `like`. Raises AgentError."""
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            if like is not None:
                known = like.stat()
                os.fchmod(file.fileno(), known.st_mode & 0o7777)
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise AgentError(f"{path}: cannot write: {error.strerror}; nothing was changed there") from error


def encoded(report: Report) -> str:
    """The report as JSON for people's eyes as well."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n"
