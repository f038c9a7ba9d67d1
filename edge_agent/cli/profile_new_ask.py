"""One question at a time, to a person or to a script's lines; a bad answer is asked again with the reason."""

import sys
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import typer

from edge_agent.cli.profile_new_notation import BadAnswer
from edge_agent.cli.profile_new_words import word

T = TypeVar("T")
Parse = Callable[[str], T]


class Asker:
    """Questions go to standard error, answers come from standard input, one a line.

    What an option has answered is not asked; with `defaults`, neither is what has a default. Raises EOFError when the
    answers end, KeyboardInterrupt on Ctrl-C.
    """

    def __init__(self, lang: str, *, defaults: bool) -> None:
        self.lang: Final = lang
        self.defaults: Final = defaults
        self._asked = False

    def say(self, name: str, **facts: object) -> None:
        """A line that is no question."""
        typer.echo(word(name, self.lang, **facts), err=True)

    def ask(self, name: str, parse: Parse[T], default: str | None = None, **facts: object) -> T:
        """The answer as `parse` reads it; nothing typed means the default."""
        if self.defaults and default is not None:
            return parse(default)
        if not self._asked:
            self._asked = True
            self.say("begin")
        shown = f" [{default}]" if default else ""
        while True:
            typer.echo(f"{word(name, self.lang, **facts)}{shown}:", err=True)
            try:
                answer = _line()
                return parse(default if default is not None and not answer else answer)
            except BadAnswer as error:
                typer.echo(f"  ! {error}", err=True)

    def patient(self) -> "Asker":
        """One that asks everything."""
        return Asker(self.lang, defaults=False) if self.defaults else self

    def ask_all(self, name: str, parse: Parse[T]) -> list[T]:
        """Answers until an empty one."""
        found: list[T] = []
        while (one := self.ask(name, or_end(parse), "")) is not None:
            found.append(one)
        return found


def given(option: str, text: str, parse: Parse[T]) -> T:
    """What an option says; a mistake in it is wrong usage."""
    try:
        return parse(clean(text))
    except BadAnswer as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def all_given(option: str, texts: Sequence[str], parse: Parse[T]) -> list[T]:
    """What an option says each time it is there."""
    return [given(option, text, parse) for text in texts]


def clean(text: str) -> str:
    """An answer without the space around it. Raises BadAnswer for what no file should carry."""
    if not text.strip().isprintable():
        raise BadAnswer("that has characters that cannot be printed; type it again")
    return text.strip()


def _line() -> str:
    try:
        return clean(input("> " if sys.stdin.isatty() and sys.stdout.isatty() else ""))
    except UnicodeDecodeError as error:
        raise BadAnswer("that is no text in this terminal's encoding; type it again") from error


def or_end(parse: Parse[T]) -> Parse[T | None]:
    """None for an empty answer."""
    return lambda text: parse(text) if text else None
