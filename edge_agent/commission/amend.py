"""A YAML file with single values set in it, and every other character as a person left it."""

import json
from collections.abc import Sequence
from typing import Final

import msgspec
import yaml

from edge_agent import AgentError
from protocols.strictyaml import Path, dotted

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Plain = str | int | float | bool


class Edit(msgspec.Struct, frozen=True):
    """Set the value at `path` (keys, and indices of lists) to `value`; what it was is for people."""

    path: Path
    value: Plain
    before: Plain | None = None

    @property
    def where(self) -> str:
        """The path as people write it."""
        return dotted(self.path)


def amended(text: str, edits: Sequence[Edit]) -> str:
    """The text with the edits made. Raises AgentError where the file has no place for one."""
    for edit in edits:
        text = _set(text, edit)
    return text


def _set(text: str, edit: Edit) -> str:
    node: yaml.Node | None = yaml.compose(text, Loader=_LOADER)
    for depth, step in enumerate(edit.path):
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        child = next((value for key, value in pairs if key.value == str(step)), None)
        if child is None:
            if isinstance(node, yaml.MappingNode) and node.value and depth == len(edit.path) - 1:
                return _added(text, node, f"{step}: {scalar(edit.value)}")
            raise AgentError(f"{edit.where}: cannot be written into this file; set it to {scalar(edit.value)} by hand")
        node = child
    if not isinstance(node, yaml.ScalarNode):
        raise AgentError(f"{edit.where}: holds no single value; set it to {scalar(edit.value)} by hand")
    return text[: _offset(text, node.start_mark)] + scalar(edit.value) + text[_offset(text, node.end_mark) :]


def _added(text: str, node: yaml.MappingNode, pair: str) -> str:
    """One more pair behind the last one, in the mapping's own style."""
    first, (_, last) = node.value[0][0], node.value[-1]
    at = _offset(text, last.end_mark)
    if node.flow_style:
        return f"{text[:at]}, {pair}{text[at:]}"
    # A block value's end mark lies behind the line break and the comments that follow it.
    while text[at - 1] in " \n" or text[:at].splitlines()[-1].lstrip().startswith("#"):
        at = text.rindex("\n", 0, at)
    end = text.find("\n", at)
    at = len(text) if end < 0 else end
    newline = "\r\n" if "\r\n" in text else "\n"
    at -= text[at - 1] == "\r"
    return f"{text[:at]}{newline}{' ' * first.start_mark.column}{pair}{text[at:]}"


def scalar(value: Plain | None) -> str:
    """A value as YAML has it."""
    return (
        json.dumps(value, ensure_ascii=False) if value is None or isinstance(value, bool | int | float) else str(value)
    )


def _offset(text: str, mark: yaml.Mark) -> int:
    """Marks count characters of the text, after a byte order mark that is not there any more."""
    return sum(len(line) for line in text.splitlines(keepends=True)[: mark.line]) + int(mark.column)
