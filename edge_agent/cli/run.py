"""`liftwarden run`: becomes the service, so that nothing of the command line stays in the running process."""

import os
import sys
from typing import Annotated

import typer

from edge_agent.cli.options import ConfigOption, examples
from edge_agent.cli.output import fail
from edge_agent.cli.place import place_of

EXAMPLES = examples(
    "liftwarden run -c agent.yaml",
    "liftwarden run -c agent.yaml --set link.port=/dev/ttyUSB0 --set uplink.broker=mqtt://127.0.0.1:1883",
)


def run(
    context: typer.Context,
    *,
    config: ConfigOption = None,
    override: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the file's. / 覆盖配置值")
    ] = None,
) -> None:
    """Run the agent in the foreground until SIGTERM or Ctrl-C. / 前台运行终端程序."""
    for assignment in override or ():
        key, equals, _ = assignment.partition("=")
        if not (key and equals):
            raise typer.BadParameter(f"--set {assignment}: wants KEY=VALUE, as in link.port=/dev/ttyUSB0")
    sets = [part for assignment in override or () for part in ("--set", assignment)]
    command = [sys.executable, "-m", "edge_agent", "-c", str(place_of(context, config).config), *sets]
    try:
        os.execv(command[0], command)  # noqa: S606  # this very Python, with arguments as a list
    except OSError as error:
        raise fail(f"{command[0]}: cannot start: {error.strerror}; is this Python still installed?") from error
