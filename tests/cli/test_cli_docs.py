"""Every command helps with examples, and is in docs/cli.md; every example there is one the parser takes."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from cli_agent import Invoke

from edge_agent.cli.app import app

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
HEADINGS = {
    line.lstrip("#").strip() for line in DOCS.splitlines() if line.startswith(("## liftwarden", "### liftwarden"))
}
ROOT = typer.main.get_command(app)


def leaves(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command that does something, by its words; `liftwarden` alone is the empty one."""
    context = typer.Context(group)
    if group.invoke_without_command:
        yield path
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        if hasattr(command, "list_commands"):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name)


COMMANDS = sorted(leaves(ROOT))


EXAMPLES = [shlex.split(line)[1:] for line in DOCS.splitlines() if line.startswith("liftwarden")]


def test_the_commands_of_the_issue_are_there() -> None:
    ours = {"", "run", "config check", "profile list", "profile show", "profile check", "events", "why"}
    wanted = ours | {
        "diag read",
        "diag watch",
        "diag link",
        "diag doctor",
        "diag scan",
        "diag sniff",
        "hil serve",
        "hil poke",
        "demo",
    }
    assert wanted <= {" ".join(command) for command in COMMANDS}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_helps_with_examples(invoke: Invoke, command: tuple[str, ...]) -> None:
    result = invoke(*command, "--help")
    assert (result.exit_code, result.exception) == (0, None)
    assert " ".join(("liftwarden", *command)) in result.stdout.partition("Examples")[2]


def test_every_command_has_its_chapter_and_every_chapter_its_command() -> None:
    assert {" ".join(("liftwarden", *command)) for command in COMMANDS} == HEADINGS


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_chapter_has_an_example(command: tuple[str, ...]) -> None:
    assert [words for words in EXAMPLES if tuple(words[: len(command)]) == command]


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_every_documented_example_names_commands_and_options_that_exist(invoke: Invoke, words: list[str]) -> None:
    assert invoke(*words, "--help").exit_code == 0


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "130"])
def test_the_exit_codes_are_documented(code: str) -> None:
    assert f"| {code} |" in DOCS
