"""`liftwarden hil run | list | explain | replay | shrink`: scenarios from the command line.

Exit codes of `run`: 0 every run passed or was skipped with a reason, 1 one failed, 2 wrong usage or a wrong scenario,
3 none failed and one was inconclusive, 4 the bench itself broke down. `replay`: 0 it is the same again, 1 it
differs.
"""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from hil.one_line import one_line
from hil.scenario import ScenarioError
from protocols import ProtocolError

_RUN_EXAMPLES: Final = (
    "Examples: liftwarden hil run entrapment-between-floors | liftwarden hil run my.yaml --seed 1 --seed 2 -o out"
)
_EXPLAIN_EXAMPLES: Final = "Examples: liftwarden hil explain entrapment-between-floors | liftwarden hil explain my.yaml"


def register(app: typer.Typer) -> None:
    """Put the commands into `liftwarden hil`."""
    app.command(epilog=_RUN_EXAMPLES)(run)
    app.command(name="list", epilog="Examples: liftwarden hil list | liftwarden hil list --json")(list_)
    app.command(epilog=_EXPLAIN_EXAMPLES)(explain)
    app.command(epilog="Examples: liftwarden hil replay out/normal-service-virtual-1")(replay)
    app.command(epilog="Examples: liftwarden hil shrink my.yaml --seed 7 -o out")(shrink)


def run(
    scenario: Annotated[
        list[str], typer.Argument(help="YAML files, folders of them, or shipped names. / 场景文件, 目录或名称")
    ],
    *,
    bench: Annotated[str, typer.Option(help="virtual, pty, a FILE.yaml or a CAPTURE.pcapng. / 台架")] = "virtual",
    seed: Annotated[list[int] | None, typer.Option(help="Of everything random; repeatable. / 随机种子")] = None,
    seeds: Annotated[int, typer.Option(min=1, max=10_000, help="So many seeds, from each --seed on. / 种子个数")] = 1,
    shuffle: Annotated[
        bool, typer.Option("--shuffle", help="Shuffle what is ready at one instant, by the seed. / 打乱就绪回调顺序")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", readable=False, help="Folder for all reports. / 报告输出目录")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a run. / 每次运行一个 JSON 对象")] = False,
) -> None:
    """Run scenarios and judge them. / 运行场景并判定结果."""
    with one_line():
        from hil.benches.bench import Settings  # noqa: PLC0415  # `liftwarden --help` must stay light
        from hil.benches.registry import bench_named  # noqa: PLC0415
        from hil.report.folder import write_folder, write_sum  # noqa: PLC0415
        from hil.scenario.loader import files_of, load_scenario  # noqa: PLC0415
        from hil.scenario.run import run as run_one  # noqa: PLC0415
        from hil.scenario.teller import Teller, exit_code  # noqa: PLC0415

        chosen = bench_named(bench)
        try:
            loaded = [(name, load_scenario(name)) for given in scenario for name in files_of(given)]
        except ProtocolError as error:
            raise ScenarioError(str(error)) from error
        say = Teller(json=json)
        records = []
        try:
            for name, one in loaded:
                for number in [first + more for first in seed or [1] for more in range(seeds)]:
                    done = run_one(one, chosen, Settings(number, shuffle, say.progress(one.name)), name)
                    say.run(done.record)
                    records.append(done.record)
                    if out is not None:
                        write_folder(done, out)
        finally:
            if out is not None:
                write_sum(records, out)
        outcomes = [one.outcome for one in records]
        say.sum(outcomes)
    raise typer.Exit(exit_code(outcomes))


def list_(
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a scenario. / 每个场景一个 JSON 对象")] = False,
) -> None:
    """The scenarios there are, and what they test. / 列出场景及其验证的需求."""
    with one_line():
        from hil.scenario.loader import load_scenario, scenario_names  # noqa: PLC0415
        from hil.scenario.teller import Teller  # noqa: PLC0415

        say = Teller(json=json)
        for name in scenario_names():
            say.listed(load_scenario(name))


def replay(
    record: Annotated[Path, typer.Argument(readable=False, help="A run.json, or its folder. / 运行记录")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object. / JSON 输出")] = False,
) -> None:
    """Run a kept run again with its seed, and compare. / 用原种子重放并比较."""
    with one_line():
        from hil.scenario.replay import replay as run_again  # noqa: PLC0415
        from hil.scenario.teller import Teller  # noqa: PLC0415

        done = run_again(record)
        say = Teller(json=json)
        say.run(done.now.record)
        say.compared(done.differences)
    raise typer.Exit(1 if done.differences else 0)


def shrink(
    scenario: Annotated[str, typer.Argument(help="A scenario that fails. / 失败的场景")],
    *,
    bench: Annotated[str, typer.Option(help="virtual, pty, a FILE.yaml or a CAPTURE.pcapng. / 台架")] = "virtual",
    seed: Annotated[int, typer.Option(help="With which it fails. / 随机种子")] = 1,
    out: Annotated[
        Path, typer.Option("-o", "--out", readable=False, help="Folder for the smaller one. / 输出目录")
    ] = Path(),
) -> None:
    """Find a smaller scenario that fails in the same way. / 缩小失败场景."""
    with one_line():
        from hil.benches.bench import Settings  # noqa: PLC0415
        from hil.benches.registry import bench_named  # noqa: PLC0415
        from hil.scenario.loader import keep, load_scenario  # noqa: PLC0415
        from hil.scenario.shrink import shrink as make_smaller  # noqa: PLC0415
        from hil.scenario.teller import Teller  # noqa: PLC0415

        one, say = load_scenario(scenario), Teller(json=False)
        found = make_smaller(one, bench_named(bench), Settings(seed), say.tried)
        smaller = msgspec.structs.replace(found.scenario, name=f"{one.name}.small")
        path = keep(smaller, out, f"Made smaller from {one.name}; it fails with seed {seed}.")
    typer.echo(str(path))


def explain(
    scenario: Annotated[str, typer.Argument(help="A YAML file or a shipped name. / 场景文件或名称")],
) -> None:
    """What a scenario does and expects, in plain words. / 用通俗语言说明场景."""
    with one_line():
        import os  # noqa: PLC0415

        from hil.scenario.explain import explained  # noqa: PLC0415
        from hil.scenario.loader import load_scenario  # noqa: PLC0415
        from protocols.language import language  # noqa: PLC0415

        for line in explained(load_scenario(scenario), language(None, os.environ)):
            typer.echo(line)
