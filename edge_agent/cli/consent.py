"""What may stop a lift is asked first, while the lift still has its master."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import typer
from rich.text import Text as Styled

from edge_agent.cli.output import folded
from edge_agent.local.views import BusDevice
from protocols.language import pick
from protocols.upstream.messages import Text

_WORDS: Final[Mapping[str, Text]] = {
    "loss": Text(
        "{name} (从站 {slave}), 终端停止询问后: {effect}",
        "{name} (slave {slave}), when the agent stops asking: {effect}",
    ),
    "start": Text("现在开始?", "Start now?"),
    "not_started": Text("未开始; 用 --yes 可不询问", "not started; --yes starts without asking"),
    "time_up": Text(
        "{port}: 借用时间已到或终端已收回; 用更长的 --take-port 再试",
        "{port}: the time is up, or the agent took it back; try a longer --take-port",
    ),
}


def say(name: str, lang: str, /, **facts: object) -> str:
    """One of the words with its facts filled in."""
    return pick(_WORDS[name], lang).format(**facts)


def agreed(question: str) -> bool:
    """Whether somebody says yes on standard input; an end, or no input at all, is a no."""
    if sys.stdin is None:
        return False
    try:
        return typer.confirm(question, err=True)
    except (typer.Abort, OSError, UnicodeError):
        return False


def loss_lines(devices: Iterable[BusDevice], lang: str) -> Iterator[Styled]:
    """What each of the devices does when the agent falls silent, on lines of 40 columns."""
    for device in devices:
        effect = pick(device.comm_loss_effect, lang)
        yield from folded(say("loss", lang, name=device.name, slave=device.slave, effect=effect))
