"""`liftwarden`: the screen when it stands alone, and every command of the box."""

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.cli import commission, config, diag, events, profile, run, why
from edge_agent.cli.joined import Commands
from edge_agent.cli.options import JsonOption, PeriodOption, SocketOption, examples
from edge_agent.cli.place import CONFIG_VARIABLE, DEFAULT_CONFIG, Place

app = typer.Typer(
    cls=Commands,
    name="liftwarden",
    add_completion=False,
    rich_markup_mode=None,  # boxed help does not fit 40 columns, and says one line in five
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415  # only for this

        typer.echo(f"liftwarden {version('liftwarden')}")
        raise typer.Exit


@app.callback(
    invoke_without_command=True,
    epilog=examples("liftwarden", "liftwarden --watch", "liftwarden -c agent.yaml --json", "liftwarden COMMAND --help"),
)
def screen(
    context: typer.Context,
    *,
    config_file: Annotated[
        Path,
        typer.Option(
            "-c",
            "--config",
            metavar="FILE",
            envvar=CONFIG_VARIABLE,
            readable=False,
            help="The box's configuration. / 终端配置文件",
        ),
    ] = DEFAULT_CONFIG,
    socket: SocketOption = None,
    json: JsonOption = False,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say it and end. / 版本")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Keep looking until Ctrl-C. / 持续刷新")] = False,
    period: PeriodOption = 1.0,
) -> None:
    """The lift on one 40-column screen; with a command: that command. / 40 列电梯状态屏."""
    del version  # its callback has spoken
    context.obj = Place(config_file, socket)
    if context.invoked_subcommand is None:
        from edge_agent.cli.look import look  # noqa: PLC0415  # `liftwarden --help` must stay light

        look(context.obj, period if watch else None, json=json)


app.command("run", epilog=run.EXAMPLES)(run.run)
app.add_typer(config.app, name="config")
app.add_typer(profile.app, name="profile")
app.add_typer(diag.app, name="diag")
app.add_typer(commission.app, name="commission")
app.command("events", epilog=events.EXAMPLES)(events.events)
app.command("why", epilog=why.EXAMPLES)(why.why)
