"""The command group: our own commands, and those that join through the entry points of group `liftwarden.commands`.

A joined command is a `typer.Typer` in another room (`hil`, `demo`). It is imported only when it is invoked: help lists
it by name, and an installation without its extra works up to the moment at which somebody asks for it.
"""

import re
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from edge_agent import AgentError
from edge_agent.cli.output import fail
from protocols import ProtocolError

GROUP: Final = "liftwarden.commands"
_OURS: Final = ("edge_agent", "protocols", "sim", "hil")
_HELP: Final = {
    "hil": "Simulated lift devices on a virtual serial port. / 台架: 虚拟串口上的模拟电梯设备",
    "sim": "The simulated lift: runs, reports, pictures. / 电梯模拟: 运行, 报告, 图形",
    "demo": "People trapped, the alarm upstream, the rescue. / 演示: 困人, 报警上行, 救援",
}
"""Help must not import what it lists; a command from elsewhere is listed by where it comes from."""
_ASKS_HELP: Final = frozenset({"-h", "--help"})
_EXTRA: Final = re.compile(r"(?P<name>[\w.-]+).*;.*\bextra\s*==\s*['\"](?P<extra>[\w.-]+)['\"]")


class Commands(TyperGroup):
    """`liftwarden`: turns what a person can do something about into one line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Ours, then the joined ones."""
        ours = super().list_commands(ctx)
        return [*ours, *sorted(_joined().keys() - set(ours))]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A command to list: of a joined one only its name and its help."""
        ours = super().get_command(ctx, cmd_name)
        if ours is not None:
            return ours
        point = _joined().get(cmd_name)
        return None if point is None else TyperCommand(cmd_name, help=_HELP.get(cmd_name, f"From {point.module}."))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """A command to invoke: a joined one is imported now."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in self.commands or command is None:
            return name, command, rest
        point = _joined()[str(command.name)]
        absent = _absent(point)
        if absent and not _ASKS_HELP.intersection(rest):
            raise fail(_install(point, absent[0]))
        return name, _load(point), rest

    def invoke(self, ctx: Any) -> Any:
        """Run it; a mistake of the user's, or of the world around, never shows a traceback."""
        try:
            return super().invoke(ctx)
        except (AgentError, ProtocolError) as error:
            raise fail(str(error)) from error
        except ModuleNotFoundError as error:
            point = _joined().get(ctx.invoked_subcommand)
            if point is None or not _is_foreign(error):
                raise
            raise fail(_install(point, str(error.name))) from error


def _joined() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(point: EntryPoint) -> Any:
    try:
        app = point.load()
    except ModuleNotFoundError as error:
        if not _is_foreign(error):
            raise
        raise fail(_install(point, str(error.name))) from error
    if not isinstance(app, typer.Typer):
        raise fail(f"liftwarden {point.name}: {point.value} is not a command; remove or update what installed it")
    app.rich_markup_mode = None  # its help looks like ours
    command = get_group(app)
    command.name = point.name
    return command


def _is_foreign(error: ModuleNotFoundError) -> bool:
    """Whether it is a dependency that is missing; a module of our own would be our mistake."""
    return error.name is not None and error.name.partition(".")[0] not in _OURS


def _requirements(point: EntryPoint) -> list[str]:
    """What the extra named like the command adds; an empty list if there is no such extra."""
    asked = [] if point.dist is None else point.dist.requires or []
    found = [_EXTRA.match(line) for line in asked]
    return [match["name"] for match in found if match is not None and match["extra"] == point.name]


def _absent(point: EntryPoint) -> list[str]:
    return [name for name in _requirements(point) if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _install(point: EntryPoint, missing: str) -> str:
    """What to install: the command's extra if it has one, else what is missing itself."""
    extra = f"{point.dist.name}[{point.name}]" if point.dist is not None and _requirements(point) else missing
    return f"liftwarden {point.name}: {missing} is not installed; install it with: pip install '{extra}'"
