"""The files of a visit: the report as JSON, the page beside it, the lift's file with what was mended."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import typer

from edge_agent import AgentError
from edge_agent.acceptance import wiring_of
from edge_agent.cli.commission_lines import word
from edge_agent.cli.output import fail
from edge_agent.clock import rfc3339
from edge_agent.commission.amend import Edit, amended
from edge_agent.commission.judge import FAULTY
from edge_agent.commission.page import page
from edge_agent.commission.picture import svg
from edge_agent.commission.reading import Signal, read
from edge_agent.commission.report import Report, Signature, encoded, load_report, write_whole
from edge_agent.config_types import AgentConfig, LiftConfig
from protocols import ProtocolError
from protocols.profiles.loader import load_profile
from protocols.profiles.schema import Profile
from protocols.strictyaml import Document

_FAULTY: Final = {verdict.value for verdict in FAULTY}
_BACKUP: Final = ".before-commission"


def now() -> str:
    """The wall clock, UTC."""
    return rfc3339(time.time_ns())


def report_path(directory: Path, lift_id: str) -> Path:
    """A name that tells which lift and when; one that is taken is not written over."""
    stem = f"commission-{lift_id}-{time.strftime('%Y%m%d-%H%M')}"
    path, number = directory / f"{stem}.json", 2
    while path.exists():
        path, number = directory / f"{stem}-{number}.json", number + 1
    return path


def write_report(path: Path, report: Report) -> Path:
    """Write the report, and its page beside it; where that is. Raises AgentError."""
    write_whole(path, encoded(report))
    beside = path.with_suffix(".html")
    write_whole(beside, page(report, _picture(report)))
    return beside


def _picture(report: Report) -> str:
    """Only as the signals were read then; profiles may have changed since."""
    try:
        profiles = {device.name: load_profile(device.profile) for device in report.lift.devices}
    except ProtocolError:
        return ""
    if wiring_of(report.lift, profiles) != report.wiring:
        return ""
    faulty = frozenset(Signal(one.device, one.item, one.channel) for one in report.signals if one.verdict in _FAULTY)
    return svg(read(report.record, report.lift, profiles), report.record.steps, faulty)


def keep_draft(path: Path, report: Report) -> None:
    """Write what was recorded so far; the page comes with the end. Raises AgentError."""
    write_whole(path, encoded(report))


def mend(path: Path, edits: Sequence[Edit], lift: LiftConfig, profiles: Mapping[str, Profile]) -> Path:
    """Make the edits in the lift's file; where it is kept as it was. Raises AgentError; then nothing was changed."""
    file = path.resolve()
    try:
        text = file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise AgentError(f"{path}: cannot be read any more: {error}; nothing was changed") from error
    mended = amended(text, edits)
    read_back = Document(mended, str(path)).to(AgentConfig)
    now_reads = [wiring_of(one, profiles) for one in read_back.lifts if one.id == lift.id]
    if now_reads != [wiring_of(lift, profiles)]:
        raise AgentError(f"{path}: cannot be mended by itself; set by hand what is listed above")
    kept = _free_name(file)
    write_whole(kept, text, like=file)
    write_whole(file, mended, like=file)
    return kept


def _free_name(file: Path) -> Path:
    """A person's original is not written over by the next mend."""
    kept, number = file.with_name(file.name + _BACKUP), 2
    while kept.exists():
        kept, number = file.with_name(f"{file.name}{_BACKUP}-{number}"), number + 1
    return kept


def signed(path: Path, by: str, role: str, lang: str) -> None:
    """Sign a finished report. Raises AgentError."""
    report = load_report(path)
    if not by:
        raise typer.BadParameter("wants a name", param_hint="--by")
    if not report.finished:
        raise fail(word("sign_unfinished", lang, file=path))
    if report.signature is not None:
        raise fail(word("signed_already", lang, by=report.signature.by, at=report.signature.at))
    signature = Signature(by, role, now(), report.digest)
    beside = write_report(path, msgspec.structs.replace(report, signature=signature))
    typer.echo(word("signed", lang, by=by, file=path, page=beside))
    if not report.passed:
        typer.echo(word("not_passed_either", lang), err=True)
