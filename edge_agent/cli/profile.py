"""`liftwarden profile`: which devices are known, what their registers mean, whether a file of one's own is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text as Styled

from edge_agent.cli import profile_new, profile_try, texts
from edge_agent.cli.options import JsonOption, examples
from edge_agent.cli.output import BAD, FAILED, fail, json_line, show
from edge_agent.cli.place import place_of
from edge_agent.cli.texts import of, word
from protocols.language import pick

if TYPE_CHECKING:
    from protocols.profiles.schema import BlockSpec, Profile, Row

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
            show(_list_lines(profile, lang))
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
        show(_show_lines(profile, place_of(context).lang))


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
        show(_list_lines(profile, lang))


def _summary(profile: "Profile") -> dict[str, object]:
    return {
        "name": profile.name,
        "title": profile.title,
        "kind": profile.kind,
        "tier": profile.tier,
        "hardware_verified": profile.hardware_verified,
        "slave": profile.slave,
        "line": profile.line.default,
    }


def _list_lines(profile: "Profile", lang: str) -> Iterator[Styled]:
    yield Styled.assemble((profile.name, "bold"), f"  {pick(profile.title, lang)}")
    facts = (
        f"{profile.slave:02X}h, {profile.line.default}",
        of(texts.KINDS, profile.kind.value, lang),
        of(texts.TIERS, profile.tier.value, lang),
        word("verified" if profile.hardware_verified else "not_verified", lang),
    )
    yield Styled(f"  {'; '.join(facts)}")


def _show_lines(profile: "Profile", lang: str) -> Iterator[Styled]:
    yield from _list_lines(profile, lang)
    habits = profile.behaviour
    yield Styled(f"  {word('allowed', lang, lines=', '.join(profile.line.allowed))}")
    yield Styled(f"  {of(texts.ON_ERROR, habits.errors.value, lang)}; {habits.latency_ms:g} ms")
    yield Styled(f"  {word('on_loss', lang, effect=pick(profile.comm_loss_effect, lang))}")
    for name, option in profile.options.items():
        yield Styled(f"  --option {name}=...: {pick(option.title, lang)}")
        for value, title in option.values.items():
            yield Styled(f"    {value}: {pick(title, lang)}")
    for denied in profile.deny:
        yield Styled(f"  {word('denied', lang, address=_address(denied.address), count=denied.count)}: {denied.why}")
    yield from _plan(profile, lang)
    for block in profile.blocks:
        yield from _block(profile, block)
    if profile.faults:
        yield Styled(f"{word('faults', lang)}", style="bold")
    for number, fault in profile.faults.items():
        yield Styled(f"  {number}: {fault.name}  {pick(fault.title, lang)}  {fault.status}")


def _plan(profile: "Profile", lang: str) -> Iterator[Styled]:
    """How the agent reads it when it is alone on the bus."""
    from edge_agent.link.plan import plan_alone  # noqa: PLC0415

    made = plan_alone(profile)
    yield Styled(word("plan", lang, line=profile.line.default), style="bold")
    for job in made.jobs(0, profile.slave):
        period_s = job.period_ns / 1e9
        where = f"FC{job.block.function:02d} {_address(job.block.address)}-"
        yield Styled(f"  {where}{_address(job.block.address + job.block.count - 1)}: {period_s:g} s")
    yield Styled(f"  {word('bus_use', lang, use=f'{made.use:.0%}')}")
    yield Styled(f"  {word('oldest', lang, age=round(made.age_ns / 1e6))}")


def _block(profile: "Profile", block: "BlockSpec") -> Iterator[Styled]:
    end = block.address + block.count
    head = f"{block.name}  FC{block.function:02d} {_address(block.address)}-{_address(end - 1)}"
    yield Styled(head, style="bold")
    for row in profile.rows:
        if row.function == block.function and block.address <= row.address < end:
            yield _row(row)


def _row(row: "Row") -> Styled:
    bits = (
        "" if row.bits is None else f".{row.bits[0]}" if row.bits[0] == row.bits[1] else f".{row.bits[0]}-{row.bits[1]}"
    )
    feeds = ", ".join([row.item] if row.item else row.meanings) or ("faults" if row.faults else "-")
    scale = "" if row.scale is None else f" x{row.scale:g}"
    when = "".join(f" ({name}={value})" for name, value in row.when.items())
    unit = f" {row.unit}" if row.unit else ""
    return Styled(f"  {_address(row.address)}{bits}  {row.name} -> {feeds}{scale}{unit}{when}  {row.status}")


def _address(address: int) -> str:
    return f"{address:04X}h"
