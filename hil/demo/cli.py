"""`liftwarden demo`: exit code 0 only if a subscriber really received the alarm and its end."""

import asyncio
import enum
import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hil.demo.scene import Options
    from hil.demo.timeline import Outcome, View

app = typer.Typer(help="One lift, people trapped, the alarm upstream, the rescue: the whole way in under a minute.")

_FAILED = 1
_INTERRUPTED = 130
_DEFAULT_SEED = 51
"""Its first passengers go from the lowest landing to the 8th and 9th: a long trip to be stopped in."""


class Language(enum.Enum):
    """The demo's languages."""

    ZH = "zh"
    EN = "en"


_EPILOG = "Examples: liftwarden demo --lang zh | liftwarden demo --json | liftwarden demo --embedded-broker"


@app.callback(invoke_without_command=True, epilog=_EPILOG)
def demo(
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of the timeline.")] = False,
    lang: Annotated[Language | None, typer.Option(help="zh or en; default: the locale's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the simulated passengers.")] = _DEFAULT_SEED,
    embedded_broker: Annotated[
        bool, typer.Option("--embedded-broker", help="Use the embedded amqtt even if Mosquitto is here.")
    ] = False,
) -> None:
    """Play the demo."""
    from rich.console import Console  # noqa: PLC0415  # `liftwarden --help` must stay light

    from hil.demo.scene import Options  # noqa: PLC0415
    from hil.demo.timeline import JsonView, Timeline  # noqa: PLC0415
    from protocols.language import language  # noqa: PLC0415

    options = Options(seed=seed, embedded_broker=embedded_broker)
    if json:
        outcome = _run(options, JsonView(Console()))
    else:
        with Timeline(Console(), language(lang.value if lang else None, os.environ)) as timeline:
            outcome = _run(options, timeline)
    raise typer.Exit(0 if outcome.problem is None else _FAILED)


def _run(options: "Options", view: "View") -> "Outcome":
    """Play it; Ctrl-C and SIGTERM end every process of the demo first."""
    try:
        outcome = asyncio.run(_play(options, view))
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(_INTERRUPTED) from None
    view.outcome(outcome)
    return outcome


async def _play(options: "Options", view: "View") -> "Outcome":
    from hil.demo.story import play  # noqa: PLC0415

    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await play(options, view)
