"""`liftwarden hil`: scenarios on a bench; simulated devices on a virtual serial port, and hands on them.

Exit codes: 0 done, 1 it could not be done (one line on standard error says why), 2 wrong usage; those of `run` are in
`hil.scenario.commands`.
"""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from hil import UsageError
from hil.one_line import one_line
from hil.scenario import commands

app = typer.Typer(
    name="hil",
    no_args_is_help=True,
    help="The bench: scenarios, and simulated devices on a virtual serial port. / 台架: 场景和虚拟串口上的模拟设备.",
)
commands.register(app)

_SERVE_EXAMPLES: Final = (
    "Examples: liftwarden hil serve --profile stm32-lift-sensor --link ./ttyLIFT --seed 7 "
    "--at 20s=entrap_between_floors --at 90s=release --truth truth.jsonl | "
    "liftwarden hil serve residential-9-stm32 --link ./ttyLIFT"
)
_POKE_EXAMPLES: Final = (
    "Examples: liftwarden hil poke ./ttyLIFT entrap_between_floors | liftwarden hil poke ./ttyLIFT hold_door --for 300"
)


@app.command(epilog=_SERVE_EXAMPLES)
def serve(
    bench: Annotated[str | None, typer.Argument(help="A bench: a YAML file or a shipped name. / 台架")] = None,
    *,
    profile: Annotated[list[str] | None, typer.Option(help="Serve this profile; repeatable. / 设备配置")] = None,
    link: Annotated[
        Path | None, typer.Option(readable=False, help="Where the virtual port appears. / 虚拟串口路径")
    ] = None,
    slave: Annotated[
        list[int] | None, typer.Option(min=1, max=247, help="Address of each --profile, in order. / 从站地址")
    ] = None,
    option: Annotated[list[str] | None, typer.Option(help="Answer to a profile's question, NAME=VALUE. / 选项")] = None,
    building: Annotated[str | None, typer.Option(help="A YAML file or a shipped name. / 楼宇")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated people. / 随机种子")] = None,
    at: Annotated[list[str] | None, typer.Option(help="TIME=STIMULUS; repeatable. / 定时注入")] = None,
    truth: Annotated[
        Path | None, typer.Option(readable=False, help="Write what really happened: JSON lines. / 真值文件")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line. / 每行一个 JSON 对象")] = False,
) -> None:
    """Serve simulated devices on a virtual serial port until Ctrl-C; on a terminal with a key for each stimulus.

    在虚拟串口上提供模拟设备, 按 Ctrl-C 结束; 在终端上可按键注入动作.
    """
    with one_line():
        from hil.announce import Announcer  # noqa: PLC0415  # `liftwarden --help` must stay light
        from hil.panel import is_wanted  # noqa: PLC0415
        from hil.served import serve as serve_until_stopped  # noqa: PLC0415
        from hil.setup import Assumed, from_flags, load_bench, parse_planned  # noqa: PLC0415

        assumed: tuple[Assumed, ...] = ()
        if bench is not None and not (profile or slave or option):
            setup = load_bench(bench)
        elif profile and bench is None:
            setup, assumed = from_flags(profile, slave or (), option or ())
        else:
            raise UsageError("name a BENCH, or --profile with its --slave and --option; not both, not neither")
        setup = msgspec.structs.replace(
            setup,
            building=setup.building if building is None else building,
            seed=setup.seed if seed is None else seed,
            link=setup.link if link is None else str(link),
            plan=(*setup.plan, *map(parse_planned, at or ())),
        )
        if setup.link is None:
            raise UsageError("where should the virtual port appear? say it with --link PATH")
        port, say = Path(setup.link), Announcer(json=json)
        told = say.effect if is_wanted() and not json else None
        asyncio.run(
            serve_until_stopped(setup, port, truth, lambda world: say.ready(world, port, assumed), say.truth, told)
        )


@app.command(epilog=_POKE_EXAMPLES)
def poke(
    link: Annotated[
        Path, typer.Argument(readable=False, help="The virtual port of a running bench. / 运行中的虚拟串口")
    ],
    stimulus: Annotated[str, typer.Argument(help="What to do to the lift. / 注入动作")],
    for_s: Annotated[float | None, typer.Option("--for", min=0.1, help="Seconds, for what lasts. / 持续秒数")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object. / JSON 输出")] = False,
) -> None:
    """Act on the lift of a running bench. / 对运行中的台架注入动作."""
    with one_line():
        from hil.announce import Announcer  # noqa: PLC0415
        from hil.control import poke as act  # noqa: PLC0415
        from hil.setup import parse_stimulus_name  # noqa: PLC0415

        wanted = parse_stimulus_name(stimulus)
        Announcer(json=json).effect(wanted, act(link, wanted, for_s))
