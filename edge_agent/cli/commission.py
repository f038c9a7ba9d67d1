"""`liftwarden commission`: ten minutes on site that prove a lift's signals, and the report of it; signed later."""

from pathlib import Path
from typing import Annotated, Final

import typer

from edge_agent.cli.options import ConfigOption, JsonOption, SocketOption, examples
from edge_agent.cli.place import place_of

EPILOG: Final = examples(
    "liftwarden commission -c agent.yaml",
    "liftwarden commission --steps",
    "liftwarden commission --from commission-lift-1-20261125-1030.json",
    "liftwarden commission sign commission-lift-1-20261125-1030.json --by 'Zhang Wei'",
)
SIGN_EPILOG: Final = examples(
    "liftwarden commission sign commission-lift-1-20261125-1030.json --by 'Zhang Wei' --role inspector"
)

app = typer.Typer(help="Prove a lift's signals on site. / 现场投用验收", invoke_without_command=True)


@app.callback(epilog=EPILOG)
def commission(
    context: typer.Context,
    *,
    lift: Annotated[
        str | None, typer.Option(metavar="ID", help="Which lift, if the terminal has several. / 电梯编号")
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option("--from", metavar="REPORT", help="Go on with a report, or judge it again. / 继续或重新判断"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes. / 报告目录")] = Path(),
    again: Annotated[
        bool, typer.Option("--again", help="With --from: do again what was wrong or left out. / 重做有误或跳过的步骤")
    ] = False,
    steps: Annotated[bool, typer.Option("--steps", help="Only tell what will be asked for. / 只列出步骤")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Mend the lift's file without asking. / 直接更正配置")] = False,
    json: JsonOption = False,
    config: ConfigOption = None,
    socket: SocketOption = None,
) -> None:
    """Ride, open, shut, press: each signal must do what it should. / 乘梯、开关门、按按钮, 逐一验证信号."""
    if context.invoked_subcommand is not None:
        return
    from edge_agent.cli.commission_run import Wish, run, tell_steps  # noqa: PLC0415  # `--help` must stay light

    place = place_of(context, config, socket)
    wish = Wish(lift=lift, report=from_, directory=out, again=again, yes=yes, json=json)
    if again and from_ is None:
        raise typer.BadParameter("goes with --from REPORT", param_hint="--again")
    if steps:
        tell_steps(place, wish)
    else:
        run(place, wish)


@app.command(epilog=SIGN_EPILOG)
def sign(
    context: typer.Context,
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The .json that commission wrote. / 报告")],
    *,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who answers for it. / 姓名")],
    role: Annotated[str, typer.Option(metavar="TEXT", help="As what, for whom. / 职务, 单位")] = "",
) -> None:
    """Put a name under a report; a later change of it is then noticed. / 在报告上签字."""
    from edge_agent.cli.commission_files import signed  # noqa: PLC0415

    signed(report, by.strip(), role.strip(), place_of(context).lang)
