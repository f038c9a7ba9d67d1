"""`liftwarden config`: judge a configuration before a box depends on it."""

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.cli.options import JsonOption, examples
from edge_agent.cli.output import BAD, fail, json_line
from edge_agent.cli.place import place_of
from edge_agent.cli.texts import word

app = typer.Typer(help="The box's configuration. / 终端配置", no_args_is_help=True)


@app.command(
    epilog=examples("liftwarden config check /etc/liftwarden/agent.yaml", "liftwarden config check a.yaml --json")
)
def check(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="The configuration to check. / 配置文件")
    ],
    *,
    json: JsonOption = False,
) -> None:
    """Check a configuration: exit code 0 good, 3 bad, 1 cannot be read. / 检查配置文件."""
    from edge_agent.config import load_config  # noqa: PLC0415  # `liftwarden --help` must stay light
    from edge_agent.equipment import equipment_of  # noqa: PLC0415
    from protocols.strictyaml import ConfigError  # noqa: PLC0415

    try:
        config = load_config(str(file))
    except ConfigError as error:
        if json:
            json_line({"file": str(file), "good": False, "problem": str(error)})
        raise fail(str(error), BAD) from error
    equipment = equipment_of(config)
    if json:
        said = {"terminal_id": config.terminal_id, "port": config.link.port, "line": str(equipment.line)}
        lifts = {lift.id: [device.name for device in lift.devices] for lift in config.lifts}
        json_line({"file": str(file), "good": True, **said, "lifts": lifts, "notes": list(equipment.blind_spots)})
        return
    typer.echo(word("good", place_of(context).lang, file=file))
    typer.echo(f"  {config.terminal_id}: {config.link.port} ({equipment.line}) -> {config.uplink.broker}")
    names = {device.name: f"{device.name} ({device.profile_name} {device.slave:02X}h)" for device in equipment.devices}
    for lift in config.lifts:
        typer.echo(f"  {lift.id}: {', '.join(names[device.name] for device in lift.devices)}")
    for blind in equipment.blind_spots:
        typer.echo(f"  ! {blind}")
