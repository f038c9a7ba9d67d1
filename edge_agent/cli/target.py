"""A device on a port that the caller names, and the options that name it."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

PortOption = Annotated[
    str | None, typer.Option(metavar="PATH", help="A port that nobody holds, instead of the agent. / 直接读串口")
]
ProfileOption = Annotated[str | None, typer.Option(metavar="NAME", help="The device on --port. / 设备配置")]
SlaveOption = Annotated[
    int | None, typer.Option(min=1, max=247, metavar="N", help="Its address; default: the profile's. / 从站地址")
]
AnswerOption = Annotated[
    list[str] | None, typer.Option("--option", metavar="K=V", help="Answer to a question of the profile. / 选项")
]
LineOption = Annotated[
    str | None, typer.Option(metavar="LINE", help="As in '9600 8N1'; default: the profile's. / 线路参数")
]


YesOption = Annotated[
    bool, typer.Option("--yes", help="Read it although the lift may stop when the reading does. / 已知停止轮询的后果")
]


class Target(msgspec.Struct, frozen=True):
    """One device on a port. `options` are the answers given, by question; None: what the profile says.

    `agreed`: somebody knows what the device does when the reading stops.
    """

    port: str
    profile: str
    slave: int | None = None
    options: dict[str, str] = {}
    line: str | None = None
    agreed: bool = False


def target_of(
    port: str | None,
    profile: str | None,
    slave: int | None,
    option: Sequence[str] | None,
    line: str | None,
    *,
    agreed: bool,
) -> Target | None:
    """The device to read straight; None when the running agent is to be asked. A mix is wrong usage."""
    if port is None:
        about_port = {"--profile": profile, "--slave": slave, "--option": option, "--line": line}
        without = [name for name, value in about_port.items() if value]
        if without:
            raise typer.BadParameter(f"{without[0]} goes with --port PATH; without it the running agent is asked")
        return None
    if profile is None:
        raise typer.BadParameter("--port wants --profile NAME as well; see: liftwarden profile list")
    return Target(port, profile, slave, answers_said(option), line, agreed)


def answers_said(option: Sequence[str] | None) -> dict[str, str]:
    """What each `--option K=V` answers, by question; a form that is none is wrong usage."""
    answers = [answer.partition("=") for answer in option or ()]
    for name, equals, value in answers:
        if not (name and equals and value):
            raise typer.BadParameter(f"--option {name}{equals}{value}: wants K=V, as in door_switch=open_end")
    return {name: value for name, _, value in answers}
