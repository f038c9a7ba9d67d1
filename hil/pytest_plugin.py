"""The pytest plugin: `pytest --bench virtual|pty|FILE.yaml --hil-seed N --hil-budget 5m`.

Scenario files in the folders of `--hil-scenarios` (or of the ini option `hil_scenarios`) are tests, and the fixtures
`hil_play` and `hil_run` play scenarios made in Python. Every run has a state, a pty and a broker port of its own, so
workers of pytest-xdist never meet. Nothing of the bench is loaded before a scenario is.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from hil.benches.bench import Bench
    from hil.scenario.model import Scenario
    from hil.scenario.record import RunRecord
    from hil.scenario.run import Run

_SUFFIX: Final = ".yaml"
_FOLDERS: Final = "hil_scenarios"
_USAGE: Final = pytest.ExitCode.USAGE_ERROR
_NS_PER_S: Final = 1_000_000_000


@contextmanager
def _simulator() -> Iterator[None]:
    """Without the simulator the session ends with one line that says what to install."""
    try:
        yield
    except ModuleNotFoundError as error:
        from hil.one_line import EXTRA, NO_SIMULATOR

        if error.name != EXTRA:
            raise
        pytest.exit(NO_SIMULATOR, _USAGE)


class ScenarioFailed(Exception):
    """A run that did not pass; its text says why, and how to run it again."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the bench."""
    group = parser.getgroup("liftwarden", "scenarios on a bench")
    group.addoption(
        "--bench",
        default="virtual",
        metavar="BENCH",
        help="virtual, pty, a FILE.yaml or a CAPTURE.pcapng (default: virtual)",
    )
    group.addoption("--hil-seed", type=int, default=1, metavar="N", help="seed of everything random (default: 1)")
    group.addoption(
        "--hil-budget", metavar="TIME", help="scenarios may take so long in all, as 5m; the rest is skipped"
    )
    group.addoption("--hil-scenarios", action="append", default=[], metavar="DIR", help="a folder of scenario files")
    group.addoption("--hil-out", metavar="DIR", help="a folder for every run's record and trace")
    parser.addini(_FOLDERS, "folders of scenario files, relative to the ini file", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Collect the folders, too: those that were named, and those of the ini file unless something else was."""
    folders = [Path(config.invocation_params.dir, one) for one in config.getoption("hil_scenarios")]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        folders += config.getini(_FOLDERS)
    for folder in folders:
        if not folder.is_dir():
            raise pytest.UsageError(f"{folder}: no such folder of scenarios")
        if str(folder) not in config.args:
            config.args.append(str(folder))
    config.stash[_SESSION] = Session(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """A YAML file in one of the folders is a scenario."""
    folders = [
        *(Path(parent.config.invocation_params.dir, one).resolve() for one in parent.config.getoption("hil_scenarios")),
        *(Path(one).resolve() for one in parent.config.getini(_FOLDERS)),
    ]
    if file_path.suffix == _SUFFIX and file_path.resolve().parent in folders:
        return ScenarioFile.from_parent(parent, path=file_path)
    return None


class Session:
    """What all runs of one pytest process share: the bench, the seed, and what is left of the budget."""

    def __init__(self, config: pytest.Config) -> None:
        self._bench_name: str = config.getoption("bench")
        self.seed: int = config.getoption("hil_seed")
        self._budget: str | None = config.getoption("hil_budget")
        self._out: str | None = config.getoption("hil_out")
        self._bench: Bench | None = None
        self._spent_s = 0.0

    @property
    def bench(self) -> "Bench":
        """The bench that was chosen; one that is not there ends the session with one line."""
        if self._bench is None:
            from hil import BenchError
            from protocols import ProtocolError

            with _simulator():
                from hil.benches.registry import bench_named
            try:
                self._bench = bench_named(self._bench_name)
            except (BenchError, ProtocolError) as error:
                pytest.exit(f"--bench: {error}", _USAGE)
        return self._bench

    def run(self, scenario: "Scenario", seed: int | None = None, source: str | None = None) -> "Run":
        """Play and judge; skips what the budget has no time for."""
        with _simulator():
            from hil.benches.bench import Settings
            from hil.report.folder import write_folder
            from hil.scenario.run import run
        self._check_budget(scenario)
        began_s = time.monotonic()
        done = run(scenario, self.bench, Settings(self.seed if seed is None else seed), source)
        self._spent_s += time.monotonic() - began_s
        if self._out is not None:
            write_folder(done, Path(self._out))
        return done

    def _check_budget(self, scenario: "Scenario") -> None:
        from hil.scenario.capabilities import Capability
        from sim import SimError
        from sim.plan import parse_time

        if self._budget is None:
            return
        try:
            left_s = parse_time(self._budget, "--hil-budget") / _NS_PER_S - self._spent_s
        except SimError as error:
            pytest.exit(str(error), _USAGE)
        is_virtual = Capability.VIRTUAL_TIME in self.bench.capabilities
        wanted_s = 0.0 if is_virtual else scenario.duration_ns / _NS_PER_S
        if left_s <= wanted_s:
            pytest.skip(f"--hil-budget {self._budget}: {max(left_s, 0):.0f} s are left, not enough for this scenario")


_SESSION: Final = pytest.StashKey[Session]()


class ScenarioFile(pytest.File):
    """One scenario in a file."""

    def collect(self) -> Iterable[pytest.Item]:
        """Its only test. Raises CollectError, one line that names file, line and key."""
        from hil import BenchError
        from hil.scenario.loader import load_scenario
        from protocols import ProtocolError

        try:
            scenario = load_scenario(str(self.path))
        except (BenchError, ProtocolError) as error:
            raise self.CollectError(str(error)) from error
        item: ScenarioItem = ScenarioItem.from_parent(self, name=scenario.name)
        item.scenario = scenario
        yield item


class ScenarioItem(pytest.Item):
    """A scenario as a test: it passes, fails, or is skipped with what the bench lacks."""

    scenario: "Scenario"

    def runtest(self) -> None:
        """Play it."""
        done = self.config.stash[_SESSION].run(self.scenario, source=str(self.path))
        self.user_properties += _properties(done.record)
        _insist(done.record)

    def repr_failure(self, excinfo: "ExceptionInfo[BaseException]", style: object = None) -> "str | TerminalRepr":
        """A verdict is told in its own words, without a traceback."""
        if isinstance(excinfo.value, ScenarioFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where it stands."""
        return self.path, None, f"scenario {self.name}"


def _properties(record: "RunRecord") -> Iterator[tuple[str, object]]:
    """For JUnit: which requirements it tested, and how to run it again."""
    for requirement in dict.fromkeys(one.requirement for one in record.verdicts):
        yield "requirement", requirement
    yield "seed", record.seed
    yield "replay", record.replay


def _insist(record: "RunRecord") -> None:
    from hil.scenario.verdicts import Outcome

    if record.outcome is Outcome.SKIPPED:
        pytest.skip("; ".join(record.reasons))
    if record.outcome is Outcome.PASS:
        return
    wrong = [one for one in record.verdicts if one.outcome is not Outcome.PASS]
    lines = [f"{record.name} on {record.bench}, seed {record.seed}: {record.outcome.value}", *record.reasons]
    lines += [f"{one.outcome.value}  {one.requirement}  {one.kind}: {one.said}" for one in wrong]
    raise ScenarioFailed("\n  ".join([*lines, f"again: {record.replay}"]))


@pytest.fixture
def hil_run(request: pytest.FixtureRequest) -> "Callable[..., Run]":
    """`hil_run(scenario, seed=None)`: plays a `hil.scenario.model.Scenario`; the Run, whatever came of it."""
    return request.config.stash[_SESSION].run


@pytest.fixture
def hil_play(hil_run: "Callable[..., Run]") -> "Callable[..., Run]":
    """As `hil_run`, and the test fails unless the scenario passed; it is skipped if the bench lacks something."""

    def play(scenario: "Scenario", seed: int | None = None) -> "Run":
        done = hil_run(scenario, seed)
        _insist(done.record)
        return done

    return play
