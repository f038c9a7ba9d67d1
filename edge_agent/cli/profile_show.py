"""A profile as people read it: the device and its habits, how it is read, what it shows, every row with its source."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text as Styled

from edge_agent.cli import texts
from edge_agent.cli.texts import of, word
from protocols.language import pick

if TYPE_CHECKING:
    from protocols.profiles.schema import BlockSpec, Denied, Derived, Identity, Profile, Row, Vector


def list_lines(profile: "Profile", lang: str) -> Iterator[Styled]:
    """A profile in a list: what it is, and how far it can be trusted."""
    yield Styled.assemble((profile.name, "bold"), f"  {pick(profile.title, lang)}")
    facts = (
        f"{profile.slave:02X}h, {profile.line.default}",
        of(texts.KINDS, profile.kind.value, lang),
        of(texts.TIERS, profile.tier.value, lang),
        word("verified" if profile.hardware_verified else "not_verified", lang),
        *([] if profile.transport_verified else [word("unseen_framing", lang)]),
        *([word("stub", lang)] if profile.stub else []),
    )
    yield Styled(f"  {'; '.join(facts)}")


def show_lines(profile: "Profile", lang: str) -> Iterator[Styled]:
    """Everything that a profile says."""
    yield from list_lines(profile, lang)
    yield from _habits(profile, lang)
    yield from _questions(profile, lang)
    for denied in profile.deny:
        yield Styled(f"  {_denied(denied, lang)}: {denied.why}")
    if not profile.stub:
        yield from _plan(profile, lang)
    yield from _sights(profile, lang)
    for block in profile.blocks:
        yield from _block(profile, block, lang)
    joined = [f"{one.item}: {' | '.join(one.rows)}  {one.status}  ({one.note})" for one in profile.joined]
    yield from _part(word("derived", lang), [*(_derived(one) for one in profile.derived), *joined])
    faults = [f"{number}: {one.name}  {pick(one.title, lang)}  {one.status}" for number, one in profile.faults.items()]
    yield from _part(word("faults", lang), faults)
    yield from _part(word("frames", lang), [_vector(one) for one in profile.vectors])
    yield from _part(word("sources", lang), [f"{key}: {source}" for key, source in profile.sources.items()])


def _part(title: str, lines: list[str]) -> Iterator[Styled]:
    if lines:
        yield Styled(title, style="bold")
    yield from (Styled(f"  {line}") for line in lines)


def _habits(profile: "Profile", lang: str) -> Iterator[Styled]:
    habits = profile.behaviour
    yield Styled(f"  {word('allowed', lang, lines=', '.join(profile.line.allowed))}")
    yield Styled(f"  {of(texts.FRAMINGS, profile.framing.value, lang)}; {_asked(profile, lang)}")
    if profile.reply_order.value == "descending":
        yield Styled(f"  {word('descending', lang)}")
    yield Styled(f"  {of(texts.ON_ERROR, habits.errors.value, lang)}; {habits.latency_ms:g} ms")
    for code, name in profile.exceptions.items():
        yield Styled(f"    {code:02X}h: {pick(name, lang)}")
    for identity in profile.identity:
        yield Styled(f"  {_identity(identity, profile, lang)}")
    yield Styled(f"  {word('on_loss', lang, effect=pick(profile.comm_loss_effect, lang))}")


def _asked(profile: "Profile", lang: str) -> str:
    if profile.ask_at_most is None:
        return word("at_once", lang, count=profile.max_regs)
    return word("fewer_at_once", lang, count=profile.ask_at_most, most=profile.max_regs)


def _identity(identity: "Identity", profile: "Profile", lang: str) -> str:
    row = next(row for row in profile.rows if row.name == identity.row)
    values = [str(value) for value in identity.expect]
    values += [] if identity.within is None else [f"{identity.within[0]}-{identity.within[1]}"]
    said = ", ".join(values) if values else word("any_value", lang)
    return word("identity", lang, row=row.name, address=_address(row.address), values=said)


def _questions(profile: "Profile", lang: str) -> Iterator[Styled]:
    for name, option in profile.options.items():
        yield Styled(f"  --option {name}=...: {pick(option.title, lang)}")
        for value, title in option.values.items():
            yield Styled(f"    {value}: {pick(title, lang)}")


def _denied(denied: "Denied", lang: str) -> str:
    said = word("denied", lang, address=_address(denied.address), count=denied.count)
    return said if denied.function is None else f"{said} (FC{denied.function:02d})"


def _plan(profile: "Profile", lang: str) -> Iterator[Styled]:
    """How the agent reads it when it is alone on the bus."""
    from edge_agent.link.plan import plan_alone  # noqa: PLC0415  # `--help` must stay light

    made = plan_alone(profile)
    yield Styled(word("plan", lang, line=profile.line.default), style="bold")
    for job in made.jobs(0, profile.slave):
        period_s = job.period_ns / 1e9
        where = f"FC{job.block.function:02d} {_address(job.block.address)}-"
        yield Styled(f"  {where}{_address(job.block.address + job.block.count - 1)}: {period_s:g} s")
    yield Styled(f"  {word('bus_use', lang, use=f'{made.use:.0%}')}")
    yield Styled(f"  {word('oldest', lang, age=round(made.age_ns / 1e6))}")


def _sights(profile: "Profile", lang: str) -> Iterator[Styled]:
    """What it gives, and which events can be told from that alone."""
    from edge_agent.codes import load_codes  # noqa: PLC0415  # `--help` must stay light
    from edge_agent.sights import sights_of  # noqa: PLC0415

    seen = sights_of(profile, load_codes())
    wired = any(row.channel is not None for row in profile.rows)
    yield Styled(word("gives_if_wired" if wired else "gives", lang), style="bold")
    yield Styled(f"  {', '.join(seen.items) or '-'}")
    yield Styled(word("sees", lang), style="bold")
    for sight, title in texts.SIGHTS.items():
        codes = [event.code for event in seen.events if event.sight.value == sight]
        yield Styled(f"  {pick(title, lang)}: {', '.join(codes) or '-'}")


def _block(profile: "Profile", block: "BlockSpec", lang: str) -> Iterator[Styled]:
    end = block.address + block.count
    head = f"{block.name}  FC{block.function:02d} {_address(block.address)}-{_address(end - 1)}"
    yield Styled(head, style="bold")
    for row in profile.rows:
        if row.function == block.function and block.address <= row.address < end:
            yield _row(row, lang)
            if row.note:
                yield Styled(f"      {row.note}", style="dim")


def _row(row: "Row", lang: str) -> Styled:
    low, high = (None, None) if row.bits is None else row.bits
    bits = "" if low is None else f".{low}" if low == high else f".{low}-{high}"
    where = _address(row.address) + ("" if row.words == 1 else f"-{_address(row.address + row.words - 1)}") + bits
    scale = "" if row.scale is None else f" x{row.scale:g}"
    when = "".join(f" ({name}={value})" for name, value in row.when.items())
    unit = f" {row.unit}" if row.unit else ""
    return Styled(f"  {where}  {row.name} -> {_feeds(row, lang)}{scale}{unit}{when}  {row.status}")


def _feeds(row: "Row", lang: str) -> str:
    if row.channel is not None:
        return word("channel", lang, number=row.channel)
    if row.faults is not None:
        return word("past_faults", lang) if row.past else "faults"
    return ", ".join([row.item] if row.item else row.meanings) or "-"


def _derived(one: "Derived") -> str:
    conditions = ", ".join(f"{row}={raw}" for row, raw in one.all.items())
    return f"{one.item} = {_plain(one.value)}: {conditions}{_otherwise(one)}  {one.status}  ({one.note})"


def _otherwise(one: "Derived") -> str:
    return "" if one.otherwise is None else f"; else {_plain(one.otherwise)}"


def _plain(value: bool | str) -> str:
    return value if isinstance(value, str) else str(value).lower()


def _vector(one: "Vector") -> str:
    reply = "" if one.reply is None else f" -> {one.reply}"
    says = "".join(f", {row}={raw}" for row, raw in one.says.items())
    return f"{one.request}{reply}{says}  {one.status}{f'  ({one.note})' if one.note else ''}"


def _address(address: int) -> str:
    return f"{address:04X}h"
