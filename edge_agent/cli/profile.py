"""`liftwarden profile`: which devices are known, what their registers mean, whether a file of one's own is right."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge_agent.cli import profile_new, profile_try
from edge_agent.cli.options import JsonOption, examples
from edge_agent.cli.output import BAD, FAILED, fail, json_line, show
from edge_agent.cli.place import place_of
from edge_agent.cli.profile_show import list_lines, show_lines
from edge_agent.cli.texts import word

if TYPE_CHECKING:
    from protocols.profiles.schema import Profile

app = typer.Typer(help="Device profiles: register maps. / 设备配置: 寄存器表", no_args_is_help=True)
app.command("new", epilog=profile_new.EPILOG)(profile_new.new)
app.command("try", epilog=profile_try.EPILOG)(profile_try.try_)


@app.command("list", epilog=examples("liftwarden profile list", "liftwarden profile list --json"))
def list_(context: typer.Context, *, json: JsonOption = False) -> None:
    """Every profile that is known by name. / 列出全部设备配置."""
    from protocols.profiles.loader import load_profile, profile_names  # noqa: PLC0415  # `--help` must stay light
    from protocols.strictyaml import ConfigError  # noqa: PLC0415

    lang = place_of(context).lang
    bad = False
    for name in profile_names():
        try:
            profile = load_profile(name)
        except ConfigError as error:
            typer.echo(str(error), err=True)
            bad = True
            continue
        if json:
            json_line(_summary(profile))
        else:
            show(list_lines(profile, lang))
    if bad:
        raise typer.Exit(FAILED)


@app.command(
    "show", epilog=examples("liftwarden profile show stm32-lift-sensor", "liftwarden profile show my.yaml --json")
)
def show_(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A known profile, or a YAML file. / 名称或文件")],
    *,
    json: JsonOption = False,
) -> None:
    """One profile: line, habits, questions, every register with its source. / 显示一个设备配置."""
    from protocols.profiles.loader import load_profile  # noqa: PLC0415

    profile = load_profile(name)
    if json:
        json_line(profile)
    else:
        show(show_lines(profile, place_of(context).lang))


@app.command(epilog=examples("liftwarden profile check my-controller.yaml", "liftwarden profile check my.yaml --json"))
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", readable=False, help="The profile to check. / 配置文件")],
    *,
    json: JsonOption = False,
) -> None:
    """Everything that is wrong with a profile; exit code 0 good, 3 bad, 1 cannot be read. / 检查设备配置文件."""
    from protocols.profiles.review import review_profile  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file in UTF-8"
        raise fail(f"{file}: cannot read: {reason}; name a readable YAML file") from error
    review = review_profile(text, str(file))
    profile, lang = review.profile, place_of(context).lang
    if profile is None:
        if json:
            told = [{"line": error.line, "problem": str(error)} for error in review.errors]
            json_line({"file": str(file), "good": False, "problems": told, "unjudged": review.unjudged})
        lines = [str(error) for error in review.errors]
        if review.unjudged:
            lines.append(word("unjudged", lang, file=file, parts=", ".join(review.unjudged)))
        raise fail("\n".join(lines), BAD)
    if json:
        json_line({"file": str(file), "good": True, **_summary(profile)})
    else:
        typer.echo(word("good", lang, file=file))
        show(list_lines(profile, lang))


def _summary(profile: "Profile") -> dict[str, object]:
    return {
        "name": profile.name,
        "title": profile.title,
        "kind": profile.kind,
        "tier": profile.tier,
        "hardware_verified": profile.hardware_verified,
        "transport_verified": profile.transport_verified,
        "stub": profile.stub,
        "slave": profile.slave,
        "line": profile.line.default,
    }
