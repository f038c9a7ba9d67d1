"""What `hil run` and `hil list` say: to people in their language, or one JSON object a line."""

import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import typer

from hil.scenario.model import Scenario
from hil.scenario.record import RunRecord
from hil.scenario.verdicts import Outcome, worst
from protocols.language import language, pick
from protocols.upstream.messages import Text

EXIT_CODES: Final = {
    Outcome.PASS: 0,
    Outcome.SKIPPED: 0,
    Outcome.FAIL: 1,
    Outcome.INCONCLUSIVE: 3,
    Outcome.ERROR: 4,
}
OUTCOMES: Final = {
    Outcome.PASS: Text("通过", "pass"),
    Outcome.FAIL: Text("失败", "FAIL"),
    Outcome.INCONCLUSIVE: Text("无结论", "INCONCLUSIVE"),
    Outcome.ERROR: Text("错误", "ERROR"),
    Outcome.SKIPPED: Text("跳过", "skipped"),
}


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """That of all runs together."""
    return EXIT_CODES[worst(outcomes)]


class Teller:
    """Speaks to people, or one JSON object a line."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._lang = language(None, os.environ)

    def progress(self, name: str) -> Callable[[float], None] | None:
        """Shows on a terminal's standard error how far a run is; None if that is no terminal."""
        if not sys.stderr.isatty():
            return None
        return lambda share: typer.echo(f"\r{name}  {share:4.0%} ", err=True, nl=False)

    def run(self, record: RunRecord) -> None:
        """One run is done."""
        if sys.stderr.isatty():
            typer.echo("\r\033[K", err=True, nl=False)
        if self._json:
            typer.echo(msgspec.json.encode(record))
            return
        pace = f"{record.duration_ns / 1e9:g} s, {record.duration_ns / 1e9 / max(record.real_s, 1e-3):.0f}x"
        said = pick(OUTCOMES[record.outcome], self._lang)
        typer.echo(f"{record.name}  seed {record.seed}  {said}  ({pace})")
        for reason in record.reasons:
            typer.echo(f"  {reason}")
        for one in record.verdicts:
            if one.outcome is not Outcome.PASS:
                said = pick(Text(one.said_zh, one.said), self._lang)
                typer.echo(f"  {pick(OUTCOMES[one.outcome], self._lang)}  {one.requirement}  {one.kind}: {said}")
        if record.outcome not in (Outcome.PASS, Outcome.SKIPPED):
            typer.echo(f"  {pick(Text('重现', 'again'), self._lang)}: {record.replay}")

    def compared(self, differences: Sequence[str]) -> None:
        """A kept run was run again."""
        if self._json:
            typer.echo(msgspec.json.encode({"differences": differences}))
            return
        for one in differences:
            typer.echo(f"  {one}")
        if not differences:
            typer.echo(pick(Text("  与记录完全一致", "  the same again, to the last record"), self._lang))

    def tried(self, scenario: Scenario, still: bool) -> None:
        """A smaller scenario was tried."""
        said = Text("仍失败", "still fails") if still else Text("不再失败", "fails no more")
        size = f"{len(scenario.steps)} steps, {len(scenario.expect)} expectations, {scenario.duration}"
        typer.echo(f"  {size}: {pick(said, self._lang)}", err=True)

    def sum(self, outcomes: Sequence[Outcome]) -> None:
        """All runs are done."""
        if self._json or len(outcomes) < 2:
            return
        counts = [(one, outcomes.count(one)) for one in Outcome]
        said = ", ".join(f"{number} {pick(OUTCOMES[one], self._lang)}" for one, number in counts if number)
        typer.echo(f"{len(outcomes)}: {said}")

    def listed(self, scenario: Scenario) -> None:
        """A scenario there is."""
        requirements = list(dict.fromkeys(one.requirement for one in scenario.expect))
        if self._json:
            needs = [one.value for one in scenario.required]
            plain = {"name": scenario.name, "title": scenario.title, "requirements": requirements, "needs": needs}
            typer.echo(msgspec.json.encode(plain))
            return
        typer.echo(f"{scenario.name:40}  {pick(scenario.title, self._lang)}")
        typer.echo(f"{'':40}  {', '.join(requirements)}")
