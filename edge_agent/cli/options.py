"""Options that several commands share; each may stand before the command or after it."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option("-c", "--config", metavar="FILE", readable=False, help="The box's configuration. / 终端配置文件"),
]
SocketOption = Annotated[
    str | None, typer.Option(metavar="PATH", help="The running agent's socket. / 运行中终端的套接字")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line. / 每行一个 JSON 对象")]
PeriodOption = Annotated[
    float, typer.Option(min=0.1, max=60, metavar="S", help="Seconds between looks. / 刷新间隔, 秒")
]


def examples(*commands: str) -> str:
    """The epilog of a command's help: each example on a line of its own."""
    return "\n".join(["\b", "Examples / 示例:", *(f"  {command}" for command in commands)])
