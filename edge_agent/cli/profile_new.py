"""`liftwarden profile new`: asks what a manual says of a device, and writes the commented file of its profile."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from edge_agent.cli.options import examples
from edge_agent.cli.output import FAILED, fail
from edge_agent.cli.place import place_of

if TYPE_CHECKING:
    from edge_agent.cli.profile_new_ask import Asker
    from edge_agent.cli.profile_new_draft import Draft

EPILOG: Final = examples(
    "liftwarden profile new acme-d7",
    "liftwarden profile new acme-d7 --kind drive --output acme-d7.yaml",
    "liftwarden profile new acme-d7 --title 'ACME D7' --source 'D7 manual, ch. 9' --row '1 item=floor' --defaults",
)
_INTERRUPTED: Final = 130


def new(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="As in acme-d7. / 配置名称")] = None,
    *,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", readable=False, help="Default: NAME.yaml here. / 输出文件")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What the device is called. / 设备名称")] = None,
    title_zh: Annotated[str | None, typer.Option(metavar="TEXT", help="The same in Chinese. / 中文名称")] = None,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="controller, drive, ... / 设备种类")] = None,
    tier: Annotated[str | None, typer.Option(metavar="TIER", help="manual, code, ... / 依据")] = None,
    source: Annotated[str | None, typer.Option(metavar="TEXT", help="Title, edition, chapter. / 资料来源")] = None,
    slave: Annotated[str | None, typer.Option(metavar="N", help="1 to 247, or as 18h. / 从站地址")] = None,
    line: Annotated[str | None, typer.Option(metavar="LINE,LINE", help="The delivered one first. / 线路参数")] = None,
    functions: Annotated[str | None, typer.Option(metavar="N,N", help="Of 1 to 4. / 读功能码")] = None,
    max_regs: Annotated[str | None, typer.Option(metavar="N", help="Registers in one answer. / 最多寄存器数")] = None,
    base: Annotated[str | None, typer.Option(metavar="N", help="0, 1, 40000 or 40001. / 首个寄存器编号")] = None,
    errors: Annotated[str | None, typer.Option(metavar="HOW", help="exception or silence. / 错误应答")] = None,
    latency_ms: Annotated[str | None, typer.Option(metavar="MS", help="An answer begins after. / 应答延迟")] = None,
    comm_loss: Annotated[
        str | None, typer.Option(metavar="WHAT", help="none, unknown, trip or lock. / 通信中断的反应")
    ] = None,
    comm_loss_effect: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What that means for the lift. / 对电梯的影响")
    ] = None,
    row: Annotated[
        list[str] | None, typer.Option(metavar="'ADDRESS K=V'", help="A row; repeatable. / 一行, 可重复")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="'N NAME TITLE'", help="A fault; repeatable. / 一个故障, 可重复")
    ] = None,
    identity: Annotated[str | None, typer.Option(metavar="'ROW VALUE'", help="Tells the type. / 型号识别")] = None,
    deny: Annotated[
        list[str] | None, typer.Option(metavar="'ADDRESS N WHY'", help="Never touched; repeatable. / 禁止访问, 可重复")
    ] = None,
    frames: Annotated[
        list[str] | None, typer.Option(metavar="'HEX = HEX'", help="Printed frames; repeatable. / 示例帧, 可重复")
    ] = None,
    defaults: Annotated[
        bool, typer.Option("--defaults", help="Do not ask what has a default. / 有默认值的不再询问")
    ] = False,
) -> None:
    """Ask what a manual says of a device, and write the file of its profile. / 按手册问答, 生成设备配置文件."""
    from edge_agent.cli.profile_new_ask import Asker  # noqa: PLC0415  # `liftwarden --help` must stay light
    from edge_agent.cli.profile_new_dialogue import Dialogue, Said  # noqa: PLC0415

    said = Said(
        name=name,
        title=title,
        title_zh=title_zh,
        kind=kind,
        tier=tier,
        source=source,
        slave=slave,
        line=line,
        functions=functions,
        max_regs=max_regs,
        base=base,
        errors=errors,
        latency_ms=latency_ms,
        comm_loss=comm_loss,
        comm_loss_effect=comm_loss_effect,
        row=row if row is not None else (),
        fault=fault if fault is not None else (),
        identity=identity,
        deny=deny if deny is not None else (),
        frames=frames if frames is not None else (),
    )
    asker = Asker(place_of(context).lang, defaults=defaults)
    known = output if output is not None or name is None else _file_of(name)
    if known is not None:
        _check_free(known)
    dialogue = Dialogue(asker, said)
    try:
        _write(asker, dialogue.run(), output)
    except (KeyboardInterrupt, EOFError) as stop:
        code = _INTERRUPTED if isinstance(stop, KeyboardInterrupt) else FAILED
        typer.echo("", err=True)
        raise _stopped(asker, dialogue.draft, output, code) from stop


def _stopped(asker: "Asker", draft: "Draft | None", output: Path | None, code: int) -> typer.Exit:
    """Keep what was said, if that is a profile already."""
    if draft is None or not draft.profile.rows:
        asker.say("nothing_kept")
        return typer.Exit(code)
    asker.say("cut_short")
    try:
        _write(asker, draft, output)
    except (KeyboardInterrupt, EOFError):
        asker.say("nothing_kept")
    return typer.Exit(code)


def _write(asker: "Asker", draft: "Draft", output: Path | None) -> None:
    """Make the file, elsewhere if it cannot be made there; a file that exists stays as it is."""
    from edge_agent.cli.profile_new_yaml import to_yaml  # noqa: PLC0415

    file = output if output is not None else _file_of(draft.profile.name)
    while True:
        try:
            with file.open("x", encoding="utf-8") as opened:
                opened.write(to_yaml(draft))
            break
        except OSError as error:
            file = asker.ask("elsewhere", _another_file, None, file=file, why=error.strerror)
    rows, blocks = len(draft.profile.rows), len(draft.profile.blocks)
    asker.say("written", file=file, rows=rows, blocks=blocks)
    asker.say("next", file=file)


def _another_file(text: str) -> Path:
    from edge_agent.cli.profile_new_notation import some_text  # noqa: PLC0415

    return Path(some_text(text))


def _file_of(name: str) -> Path:
    return Path(f"{name}.yaml")


def _check_free(file: Path) -> None:
    """Better said before an hour's answers than after them."""
    if file.exists():
        raise fail(f"{file}: is there already and is never overwritten; name another one with --output FILE")
    if not os.access(file.parent, os.W_OK):
        raise fail(f"{file}: cannot be made: no such directory, or not writable; name another one with --output FILE")
