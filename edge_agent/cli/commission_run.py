"""A visit from its first step to its report; what was recorded is never lost."""

from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text as Styled

from edge_agent import AgentError
from edge_agent.acceptance import wiring_of
from edge_agent.cli.commission_files import mend, now, report_path, write_report
from edge_agent.cli.commission_keys import Key, Keys, listening
from edge_agent.cli.commission_lines import (
    finding_lines,
    fix_lines,
    folded,
    is_as_told,
    script_lines,
    step_lines,
    word,
)
from edge_agent.cli.consent import agreed
from edge_agent.cli.output import BAD, FAILED, fail, json_line, show
from edge_agent.cli.place import Place
from edge_agent.clock import NS
from edge_agent.commission.amend import Edit
from edge_agent.commission.fixes import Fix, fix_of
from edge_agent.commission.judge import Judgement
from edge_agent.commission.report import FixReport, Report, fixes_of, load_report, signals_of, steps_of
from edge_agent.commission.session import Session, judged
from edge_agent.commission.steps import Step
from edge_agent.config import load_config
from edge_agent.config_types import AgentConfig, LiftConfig
from edge_agent.equipment import equipment_of
from edge_agent.health import VERSION
from edge_agent.local.client import AgentClient
from edge_agent.local.views import LiftBlocks, Reply, Request
from protocols.language import pick
from protocols.profiles.schema import Profile
from protocols.upstream.messages import LiftIds

_PERIOD_S: Final = 0.1
_FRESH_WITHIN_NS: Final = 5 * NS
"""A device that says nothing for so long after a step was confirmed is silent in it."""


class Wish(msgspec.Struct, frozen=True):
    """What the options say."""

    lift: str | None
    report: Path | None
    directory: Path
    yes: bool
    json: bool


class _Site(msgspec.Struct, frozen=True):
    """The lift to commission, as its file has it."""

    file: Path
    config: AgentConfig
    index: int
    profiles: dict[str, Profile]

    @property
    def lift(self) -> LiftConfig:
        return self.config.lifts[self.index]


def tell_steps(place: Place, wish: Wish) -> None:
    """Only say what will be asked for."""
    site = _site(place, wish.lift)
    steps = Session(site.lift, site.profiles).steps
    if wish.json:
        json_line([{"name": step.name, "said": step.said, "optional": step.is_optional} for step in steps])
    else:
        show(script_lines(steps, place.lang))


def run(place: Place, wish: Wish) -> None:
    """Ask, record, judge, report, mend, have it accepted. Raises AgentError or ProtocolError, one line."""
    lang = place.lang
    before = None if wish.report is None else load_report(wish.report)
    site = _site(place, wish.lift if before is None or wish.lift is not None else before.ids.lift_id)
    if before is not None and before.ids.lift_id != site.lift.id:
        raise fail(word("other_report", lang, file=wish.report, lift=before.ids.lift_id))
    path = wish.report or report_path(wish.directory, site.lift.id)
    client = AgentClient(place.agent_socket)
    session = Session(site.lift, site.profiles, None if before is None else before.record)
    problem: BaseException | None = None
    if session.step is not None:
        try:
            _visit(client, session, site, lang)
        except (AgentError, KeyboardInterrupt) as error:
            if not session.done:
                raise
            problem = error
        if not session.done:
            raise fail(word("nothing", lang))
    visit = _Visit(site, session, path, wish, lang)
    visit.conclude(client, () if before is None else before.fixes)
    if problem is not None:
        raise problem
    raise typer.Exit(visit.exit_code)


def _site(place: Place, wanted: str | None) -> _Site:
    config = load_config(str(place.config))
    names = [lift.id for lift in config.lifts]
    if wanted is None and len(names) > 1:
        raise fail(word("which", place.lang, lifts=", ".join(names)))
    name = names[0] if wanted is None else wanted
    if name not in names:
        raise fail(word("none", place.lang, lift=name, lifts=", ".join(names)))
    return _Site(place.config, config, names.index(name), equipment_of(config).profiles)


# the visit


def _visit(client: AgentClient, session: Session, site: _Site, lang: str) -> None:
    """Until the script is through, or somebody stops it."""
    _mine(client.ask(Request("blocks")), site, lang)  # before anybody is asked for anything
    with (
        listening() as keys,
        closing(_reports(client, site, lang)) as reports,
        _Screen(lang, live=keys.by_key) as screen,
    ):
        dialogue = _Dialogue(session, keys, lang)
        for report in reports:
            session.take(report)
            step = session.step
            if step is None:
                return
            screen.show(session, step, dialogue.note)
            if not dialogue.goes_on(step):
                return


def _reports(client: AgentClient, site: _Site, lang: str) -> Generator[LiftBlocks, None, None]:
    for reply in client.stream(Request("blocks", period_s=_PERIOD_S)):
        yield _mine(reply, site, lang)


def _mine(reply: Reply, site: _Site, lang: str) -> LiftBlocks:
    """This lift's part of a report by an agent that reads it as the file says."""
    mine = next((one for one in reply.blocks if one.lift_id == site.lift.id), None)
    if mine is None or mine.wiring != wiring_of(site.lift, site.profiles):
        raise fail(word("other_file", lang, lift=site.lift.id, file=site.file))
    return mine


class _Dialogue:
    """Enter confirms a step once everything was sampled after it; a second one if something did not do as expected."""

    def __init__(self, session: Session, keys: Keys, lang: str) -> None:
        self._session = session
        self._keys = keys
        self._lang = lang
        self._said_ns: int | None = None
        self._doubted = ""

    @property
    def note(self) -> str:
        """What the person should know now."""
        if self._said_ns is not None:
            return word("reading", self._lang)
        step = self._session.step
        return word("sure", self._lang) if step is not None and self._doubted == step.name else ""

    def goes_on(self, step: Step) -> bool:
        """Take in what was said; whether the visit goes on."""
        key = self._keys.said() if self._said_ns is None else None
        if key is Key.STOP:
            return False
        if key is Key.CANNOT:
            self._session.decline()
        elif key is Key.DONE:
            self._said_ns = self._session.now_ns
        if self._said_ns is not None:
            self._settle(step, self._said_ns)
        return True

    def _settle(self, step: Step, said_ns: int) -> None:
        session = self._session
        if not session.is_fresh(said_ns) and session.now_ns - said_ns < _FRESH_WITHIN_NS:
            return
        self._said_ns = None
        if self._keys.by_key and self._doubted != step.name and not is_as_told(session, step):
            self._doubted = step.name
            return
        session.confirm()


class _Screen:
    """The step on standard error: in place on a terminal, its sentence once elsewhere."""

    def __init__(self, lang: str, *, live: bool) -> None:
        self._lang = lang
        console = Console(stderr=True)
        self._live = Live(console=console, auto_refresh=False, transient=True) if live and console.is_terminal else None
        self._told = ""

    def __enter__(self) -> "_Screen":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, session: Session, step: Step, note: str) -> None:
        if self._live is not None:
            self._live.update(Group(*step_lines(session, step, note=note, lang=self._lang)), refresh=True)
        elif self._told != step.name:
            self._told = step.name
            typer.echo(f"{session.done + 1}/{len(session.steps)} {pick(step.said, self._lang)}", err=True)


# what becomes of it


class _Visit:
    """What was recorded, and what follows from it. `exit_code` is known once it was concluded."""

    def __init__(self, site: _Site, session: Session, path: Path, wish: Wish, lang: str) -> None:
        self._site = site
        self._session = session
        self._path = path
        self._wish = wish
        self._lang = lang
        self.exit_code = FAILED

    def conclude(self, client: AgentClient, fixes: tuple[FixReport, ...]) -> None:
        """Judge, mend, write the report, and let the agent know if all is well."""
        site, record = self._site, self._session.record
        finished = self._session.step is None
        lift, judgement = site.lift, judged(record, site.lift, site.profiles)
        self._say(finding_lines(judgement, finished=finished, lang=self._lang))
        edits: tuple[Edit, ...] = ()
        fix = fix_of(record, judgement, lift, site.profiles, site.index) if finished else None
        if fix is not None and self._mends(fix):
            lift, judgement, edits = fix.lift, fix.judgement, fix.edits
        report = self._report(lift, judgement, finished=finished, fixes=(*fixes, *fixes_of(edits)))
        self._write(report)
        if edits:
            self._say(folded(word("restart", self._lang, report=self._path)))
        elif not finished:
            self._say(folded(word("go_on", self._lang, report=self._path)))
        elif report.passed:
            self._accept(client, report)
        else:
            self.exit_code = BAD
        if self._wish.json:
            told = msgspec.json.decode(msgspec.json.encode(report))
            json_line({key: value for key, value in told.items() if key not in {"record", "lift"}})

    def _say(self, lines: Iterable[Styled]) -> None:
        console = Console(stderr=self._wish.json)
        for line in lines:
            console.print(line, soft_wrap=True, highlight=False)

    def _mends(self, fix: Fix) -> bool:
        self._say(fix_lines(fix, self._site.file, self._lang))
        if not self._wish.yes and not agreed(word("mend", self._lang)):
            return False
        kept = mend(self._site.file, fix.edits, fix.lift, self._site.profiles)
        self._say(folded(word("mended", self._lang, file=self._site.file, kept=kept)))
        return True

    def _report(
        self, lift: LiftConfig, judgement: Judgement, *, finished: bool, fixes: tuple[FixReport, ...]
    ) -> Report:
        return Report(
            version=VERSION,
            terminal_id=self._site.config.terminal_id,
            ids=LiftIds(lift.id, lift.register_no, lift.code_96333),
            wiring=wiring_of(lift, self._site.profiles),
            lift=lift,
            at=now(),
            finished=finished,
            passed=finished and judgement.passed,
            signals=signals_of(judgement),
            steps=steps_of(self._session.steps, self._session.record),
            missing=judgement.missing,
            fixes=fixes,
            record=self._session.record,
        )

    def _write(self, report: Report) -> None:
        page = write_report(self._path, report)
        self._say(folded(word("report", self._lang, page=page)))

    def _accept(self, client: AgentClient, report: Report) -> None:
        client.ask(Request("accept", lift_id=report.ids.lift_id, wiring=report.wiring, report=report.digest))
        write_report(self._path, msgspec.structs.replace(report, accepted=True))
        self._say(folded(word("accepted", self._lang)))
        self.exit_code = 0
