"""A visit from its first step to its report; what was recorded is never lost."""

import shlex
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import msgspec
import typer
from rich.console import Console
from rich.text import Text as Styled

from edge_agent import AgentError
from edge_agent.acceptance import wiring_of
from edge_agent.cli.commission_dialogue import visit
from edge_agent.cli.commission_files import keep_draft, mend, now, report_path, write_report
from edge_agent.cli.commission_lines import finding_lines, fix_lines, script_lines, whole, word
from edge_agent.cli.commission_site import Site, site_of
from edge_agent.cli.consent import agreed
from edge_agent.cli.output import BAD, FAILED, fail, folded, json_line, show
from edge_agent.cli.place import Place
from edge_agent.commission.fixes import Fix, fix_of
from edge_agent.commission.judge import Judgement
from edge_agent.commission.report import Report, fixes_of, load_report, signals_of, steps_of
from edge_agent.commission.session import Session, judged
from edge_agent.config_types import LiftConfig
from edge_agent.health import VERSION
from edge_agent.local.client import AgentClient
from edge_agent.local.views import Request
from protocols.upstream.messages import LiftIds


class Wish(msgspec.Struct, frozen=True):
    """What the options say."""

    lift: str | None
    report: Path | None
    directory: Path
    again: bool
    yes: bool
    json: bool


def tell_steps(place: Place, wish: Wish) -> None:
    """Only say what will be asked for."""
    site = site_of(place, wish.lift)
    steps = Session(site.lift, site.profiles).steps
    if wish.json:
        for step in steps:
            json_line({"name": step.name, "said": step.said, "optional": step.is_optional})
    else:
        show(script_lines(steps, place.lang))


def run(place: Place, wish: Wish) -> None:
    """Ask, record, judge, report, mend, have it accepted. Raises AgentError or ProtocolError, one line."""
    before = None if wish.report is None else load_report(wish.report)
    site = site_of(place, wish.lift if before is None or wish.lift is not None else before.ids.lift_id)
    if before is not None and (before.ids.lift_id, before.terminal_id) != (site.lift.id, site.config.terminal_id):
        known = f"{before.terminal_id}/{before.ids.lift_id}"
        raise fail(word("other_report", place.lang, file=wish.report, lift=known))
    _Visit(place, wish, site, before).run()


@contextmanager
def _stoppable() -> Iterator[None]:
    """A connection that drops, and a stop in order, end the visit as Ctrl-C does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGHUP, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Visit:
    """One lift, one record, one report. `before` is the report to go on with."""

    def __init__(self, place: Place, wish: Wish, site: Site, before: Report | None) -> None:
        self._place = place
        self._lang = place.lang
        self._wish = wish
        self._site = site
        self._client = AgentClient(place.agent_socket)
        self._session = Session(site.lift, site.profiles, now(), None if before is None else before.record)
        self._fixes = () if before is None else before.fixes
        is_own = before is not None and before.signature is None  # nothing is written over a signature
        directory = wish.directory if wish.report is None else wish.report.parent
        self._path = wish.report if wish.report and is_own else report_path(directory, site.lift.id)
        if before is not None:
            self._reopen()

    def _reopen(self) -> None:
        """What of an older record has to be done once more."""
        session, site = self._session, self._site
        if self._wish.again:
            judgement = judged(session.record, site.lift, site.profiles)
            wrong = {misfit.step for one in judgement.faulty for misfit in one.misfits}
            session.forget(wrong.union(judgement.missing, judgement.suspect))
        elif session.step is not None:
            session.resume()

    def run(self) -> None:
        """The visit, then what follows from it."""
        problem = self._visited() if self._session.step is not None else None
        try:
            exit_code = self._concluded()
        finally:
            page = self._path.with_suffix(".html")
            if page.exists():
                self._say([*folded(word("report", self._lang)), whole(f"  {page.resolve()}")])
        if problem is not None:
            raise problem
        raise typer.Exit(exit_code)

    def _visited(self) -> BaseException | None:
        """Why it was broken off, if the person did not stop it."""
        problem: BaseException | None = None
        is_new = not self._path.exists()
        try:
            with _stoppable():
                visit(self._client, self._session, self._site, self._keep, self._lang)
        except (AgentError, KeyboardInterrupt, OSError) as error:
            problem = error
        if not self._session.done:
            if is_new:
                self._path.unlink(missing_ok=True)
            raise problem or fail(word("nothing", self._lang))
        return problem

    def _keep(self) -> None:
        keep_draft(self._path, self._report(self._site.lift, None))

    def _concluded(self) -> int:
        """Judge, report, mend, and let the agent know; the exit code."""
        site, record, finished = self._site, self._session.record, self._session.step is None
        judgement = judged(record, site.lift, site.profiles)
        report = self._write(self._report(site.lift, judgement))
        if not finished:
            return self._ended(report, "go_on", FAILED)
        self._say(finding_lines(judgement, self._session.steps, self._lang))
        problem = self._withdrawn(report) if judgement.faulty else None
        fix = fix_of(record, judgement, site.lift, site.profiles, site.index)
        if fix is not None and self._mends(fix):  # read so, no older proof holds, whether the agent heard of it or not
            self._fixes = (*self._fixes, *fixes_of(fix.edits))
            return self._ended(self._write(self._report(fix.lift, fix.judgement)), "restart", FAILED)
        if judgement.suspect or judgement.missing:
            self._say([*folded(word("redo", self._lang)), whole(f"{self._command} --again")])
        if problem is not None:
            raise problem
        if not report.passed:
            return self._ended(report, "withdrawn" if judgement.faulty else "", BAD)
        self._client.ask(Request("accept", lift_id=report.ids.lift_id, wiring=report.wiring, report=report.digest))
        return self._ended(self._write(msgspec.structs.replace(report, accepted=True)), "accepted", 0)

    def _withdrawn(self, report: Report) -> AgentError | None:
        """What was proved before does not hold any more; why the agent could not be told."""
        try:
            self._client.ask(Request("withdraw", lift_id=report.ids.lift_id, report=report.digest))
        except AgentError as error:
            return error
        return None

    def _ended(self, report: Report, said: str, exit_code: int) -> int:
        if said:
            self._say(folded(word(said, self._lang)))
        if said in ("go_on", "restart"):
            self._say([whole(self._command)])
        if self._wish.json:
            told = msgspec.json.decode(msgspec.json.encode(report))
            json_line({key: value for key, value in told.items() if key not in {"record", "lift"}})
        return exit_code

    @property
    def _command(self) -> str:
        """What to type to go on with this report, wherever one is."""
        socket = [] if self._place.socket is None else ["--socket", self._place.socket]
        words = ["liftwarden", "-c", str(self._site.file.resolve()), *socket, "commission", "--from"]
        return "  " + shlex.join([*words, str(self._path.resolve())])

    def _say(self, lines: Iterable[Styled]) -> None:
        console = Console(stderr=self._wish.json)
        for line in lines:
            console.print(line, soft_wrap=True, highlight=False)

    def _mends(self, fix: Fix) -> bool:
        file = self._site.file
        self._say(fix_lines(fix, file, self._lang))
        if not self._wish.yes and not agreed(word("mend", self._lang)):
            return False
        kept = mend(file, fix.edits, fix.lift, self._site.profiles)
        self._say([*folded(word("mended", self._lang)), whole(f"  {kept}")])
        return True

    def _report(self, lift: LiftConfig, judgement: Judgement | None) -> Report:
        """What is known by now; without a judgement, only what was recorded."""
        session = self._session
        finished = judgement is not None and session.step is None
        return Report(
            version=VERSION,
            terminal_id=self._site.config.terminal_id,
            ids=LiftIds(lift.id, lift.register_no, lift.code_96333),
            wiring=wiring_of(lift, self._site.profiles),
            lift=lift,
            at=now(),
            finished=finished,
            passed=finished and judgement is not None and judgement.passed,
            signals=() if judgement is None else signals_of(judgement, session.steps),
            steps=steps_of(session.steps, session.record),
            missing=() if judgement is None else judgement.missing,
            suspect=() if judgement is None else judgement.suspect,
            fixes=self._fixes,
            record=session.record,
        )

    def _write(self, report: Report) -> Report:
        write_report(self._path, report)
        return report
