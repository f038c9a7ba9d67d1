"""`liftwarden sim`: a building's lift in pure simulated time: its truth, its traffic, its picture.

Exit codes: 0 done, 1 it could not be done (one line on standard error says why), 2 wrong usage, 130 Ctrl-C (what was
simulated until then is written and reported).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from protocols import ProtocolError
from sim import SimError

app = typer.Typer(
    name="sim",
    no_args_is_help=True,
    help="The simulated lift: runs, traffic reports, pictures. / 电梯模拟: 运行, 客流报告, 图形.",
)

_FAILED: Final = 1
_USAGE: Final = 2
_INTERRUPTED: Final = 130
_EXTRAS: Final = {"simpy": "hil", "matplotlib": "plot"}
_FOR: Final = "1h"
_SEED: Final = 1
_MODEL: Final = "china-residential"
_RUN_EXAMPLES: Final = (
    "Examples: liftwarden sim run residential-9 --for 1h --seed 7 | "
    "liftwarden sim run office-16 --from-hour 8 --for 2h | "
    "liftwarden sim run residential-9 --for 20min --seed 3 --at 6min=entrap_between_floors --at 13min=release "
    "--events out.jsonl | "
    "liftwarden sim run residential-9 --for 3h --fault rubbish_in_sill@floor=4 --fault power_cut@2h | "
    "liftwarden sim run residential-9 --for 365d --faults china-residential"
)
_PLOT_EXAMPLES: Final = (
    "Examples: liftwarden sim plot out.jsonl --out picture.svg | "
    "liftwarden sim plot office-16 --from-hour 8:30 --for 10min --out morning.svg | "
    "liftwarden sim plot residential-9 --for 20min --seed 3 --at 6min=entrap_between_floors --at 13min=release "
    "--out picture.png"
)
_AT_HELP: Final = "TIME=STIMULUS, or TIME=STIMULUS@2 for the second car; repeatable. / 定时注入"
_FROM_HOUR_HELP: Final = "Which time of day it is at the start, as 8, 8.5 or 8:30. / 起始时刻"
_FAULT_HELP: Final = "CAUSE[@WHEN]: a time, occupied, running, doors_open, floor=N or starts=N; repeatable. / 故障原因"
_FAULTS_HELP: Final = "A fault model, YAML or shipped: random faults. / 随机故障模型"


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn what a person can do something about into one line on standard error and an exit code."""
    from sim.plan import PlanError  # noqa: PLC0415  # `liftwarden --help` must stay light

    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _EXTRAS:
            raise
        _fail(f"{error.name} is not installed; install it with: pip install 'liftwarden[{_EXTRAS[error.name]}]'")
    except PlanError as error:
        _fail(str(error), _USAGE)
    except (ProtocolError, SimError) as error:
        _fail(str(error))


def _fail(line: str, code: int = _FAILED) -> None:
    typer.echo(line, err=True)
    raise typer.Exit(code)


@app.command(epilog=_RUN_EXAMPLES)
def run(
    building: Annotated[str, typer.Argument(help="A YAML file or a shipped name. / 楼宇")],
    *,
    for_: Annotated[str, typer.Option("--for", help="How long, as 90s, 20min or 1h. / 模拟时长")] = _FOR,
    seed: Annotated[int, typer.Option(help="Seed of the simulated people. / 随机种子")] = _SEED,
    at: Annotated[list[str] | None, typer.Option("--at", help=_AT_HELP)] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help=_FAULT_HELP)] = None,
    faults: Annotated[str | None, typer.Option("--faults", help=_FAULTS_HELP)] = None,
    from_hour: Annotated[str | None, typer.Option("--from-hour", metavar="H", help=_FROM_HOUR_HELP)] = None,
    events: Annotated[
        Path | None, typer.Option(readable=False, help="Write what happened: JSON lines. / 事件文件")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The report as one JSON object. / JSON 输出")] = False,
) -> None:
    """Run a building's lift in simulated time, and report its traffic. / 在模拟时间中运行电梯并给出客流报告."""
    with _one_line():
        from sim.desk import Asked, play, say, written  # noqa: PLC0415

        asked = Asked.of(building, for_, seed, at or [], fault or [], faults, from_hour)
        with written(events) as on_line:
            played = play(asked, on_line, tracked=events is not None)
        say(played, json=json)
    if not played.complete:
        raise typer.Exit(_INTERRUPTED)


@app.command("list", epilog="Examples: liftwarden sim list stimuli | liftwarden sim list causes")
def list_(
    what: Annotated[str, typer.Argument(metavar="buildings|stimuli|causes", help="Of which kind. / 类别")],
    *,
    faults: Annotated[str, typer.Option("--faults", help="Whose causes. / 故障模型")] = _MODEL,
    json: Annotated[bool, typer.Option("--json", help="One JSON array. / JSON 输出")] = False,
) -> None:
    """What there is for BUILDING, --at and --fault, with its meaning. / 列出楼宇, 注入动作, 故障原因."""
    with _one_line():
        from sim.listing import say  # noqa: PLC0415

        say(what, faults, json=json)


@app.command(epilog=_PLOT_EXAMPLES)
def plot(
    source: Annotated[
        str, typer.Argument(metavar="EVENTS.jsonl|BUILDING", help="An event file, or what to run. / 事件文件或楼宇")
    ],
    *,
    out: Annotated[Path, typer.Option(readable=False, help="The picture, .svg or .png. / 图形文件")],
    from_: Annotated[str | None, typer.Option("--from", help="Begin the picture here. / 图形起点")] = None,
    to: Annotated[str | None, typer.Option("--to", help="End the picture here. / 图形终点")] = None,
    for_: Annotated[str | None, typer.Option("--for", help="How long to run, as 20min. / 模拟时长")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated people. / 随机种子")] = None,
    at: Annotated[list[str] | None, typer.Option("--at", help=_AT_HELP)] = None,
    fault: Annotated[list[str] | None, typer.Option("--fault", help=_FAULT_HELP)] = None,
    faults: Annotated[str | None, typer.Option("--faults", help=_FAULTS_HELP)] = None,
    from_hour: Annotated[str | None, typer.Option("--from-hour", metavar="H", help=_FROM_HOUR_HELP)] = None,
    json: Annotated[bool, typer.Option("--json", help="The report as one JSON object. / JSON 输出")] = False,
) -> None:
    """Draw where the lift was when, with doors, people, faults and entrapments. / 绘制位置-时间图."""
    with _one_line():
        from sim.desk import Asked, load, play, say  # noqa: PLC0415
        from sim.plan import PlanError  # noqa: PLC0415
        from sim.window import Window, check_format, crowded, is_event_file  # noqa: PLC0415

        check_format(out)
        window = Window.of(from_, to)
        from sim.picture import draw  # noqa: PLC0415  # before a long run: matplotlib may be missing

        if not is_event_file(source):
            it_seed = _SEED if seed is None else seed
            asked = Asked.of(source, for_ or _FOR, it_seed, at or [], fault or [], faults, from_hour)
            window.within(asked.until_ns)
            played = play(asked)
        elif not any(given is not None for given in (for_, seed, at, fault, faults, from_hour)):
            played = load(Path(source))
        else:
            raise PlanError(f"{source} has its own times, seed, stimuli and faults; leave their options out")
        end_ns = played.history.end_ns
        if played.complete and (beyond := window.beyond(end_ns)) is not None:
            typer.echo(beyond, err=True)
        is_drawn = played.complete or window.from_ns < end_ns
        if is_drawn:
            window_ns = window.within(end_ns)
            draw(played.history, played.head, played.report, window_ns, out)
            if hint := crowded(window_ns, len(played.history.tracks)):
                typer.echo(hint, err=True)
        say(played, json=json, picture=out if is_drawn else None)
    if not played.complete:
        raise typer.Exit(_INTERRUPTED)
