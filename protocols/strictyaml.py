"""YAML files read strictly into msgspec structs: every error is one line that names file, line, key and fix.

The struct decides what a scalar is (`protocols.yamlvalues`). Unknown and doubled keys are errors, and so are YAML's
anchors and tags: a file that people correct by hand says each thing once, where it belongs.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TypeVar

import msgspec
import yaml
from msgspec import inspect

from protocols import ProtocolError
from protocols.yamlvalues import NotWantedError, Plain, article, is_null, key_hint, read_scalar

T = TypeVar("T")
Path = tuple[str | int, ...]
"""Where something stands: keys and list indices from the top."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"
_ORDINARY_TAGS: Final = frozenset(
    f"{_TAG}{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
)
_OVERRIDE: Final = "--set "
_MSGSPEC_PATH: Final = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


class ConfigError(ProtocolError):
    """A file does not say what it must; the message is one line: file, line, key, what to do."""

    def __init__(self, source: str, line: int | None, what: str) -> None:
        super().__init__(f"{source}:{line}: {what}" if line is not None else f"{source}: {what}")
        self.source = source
        self.line = line


def load_yaml(text: str, source: str, type_: type[T], overrides: Mapping[str, str] | None = None) -> T:
    """Read `text` as `type_`. `source` is the name to use in errors; `overrides` are dotted keys and their values.

    Raises ConfigError.
    """
    return Document(text, source, overrides).to(type_)


def line_of(text: str, path: str | Path) -> int:
    """The line, from 1, at which a dotted path (or the nearest part of it that is there) stands in `text`."""
    return Document(text, "").line_of(path)


def dotted(path: Path) -> str:
    """The path as people write it: link.port, lifts[0].id."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return steps.removeprefix(".")


class Document:
    """One YAML text with its lines. Raises ConfigError if it is not YAML, or uses what this project does not."""

    def __init__(self, text: str, source: str, overrides: Mapping[str, str] | None = None) -> None:
        self.source = source
        self._root = self._compose(text)
        self._refuse_magic(self._root, set())
        for name, value in ({} if overrides is None else overrides).items():
            self._override(name, value)

    def to(self, type_: type[T]) -> T:
        """The whole text as `type_`. Raises ConfigError."""
        plain = self._read(self._root, inspect.type_info(type_), ())
        try:
            return msgspec.convert(plain, type_, str_keys=True)
        except msgspec.ValidationError as error:
            found = _MSGSPEC_PATH.match(str(error))
            what, path = (found["what"], _steps(found["path"])) if found else (str(error), ())
            raise self.error(path, what) from error

    def has(self, key: str) -> bool:
        """Whether `key` stands at the top."""
        return isinstance(self._root, yaml.MappingNode) and any(one.value == key for one, _ in self._root.value)

    def error(self, path: str | Path, what: str) -> ConfigError:
        """An error about what stands at `path`, for checks that a type cannot express."""
        where = _steps(f".{path}") if isinstance(path, str) else path
        return self._error(self._find(where), where, what)

    def line_of(self, path: str | Path) -> int:
        """The line, from 1, of `path` or of the nearest part of it that is there."""
        node = self._find(_steps(f".{path}") if isinstance(path, str) else path)
        return int(node.start_mark.line) + 1

    def _error(self, node: yaml.Node, path: Path, what: str) -> ConfigError:
        mark = node.start_mark
        if mark is not None and mark.name.startswith(_OVERRIDE):
            return ConfigError(mark.name, None, what)
        key = dotted(path)
        return ConfigError(self.source, None if mark is None else mark.line + 1, f"{key}: {what}" if key else what)

    def _compose(self, text: str) -> yaml.Node:
        try:
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            line = None if mark is None else mark.line + 1
            what = f"is not YAML: {error.problem}; check indentation and quotes"
            raise ConfigError(self.source, line, what) from error
        except yaml.YAMLError as error:
            what = str(error).splitlines()[0]
            raise ConfigError(self.source, None, f"is not YAML: {what}; save it as UTF-8 text") from error
        if root is None:
            raise ConfigError(self.source, None, "is empty; start from a shipped example")
        return root

    def _refuse_magic(self, node: yaml.Node, seen: set[int]) -> None:
        if id(node) in seen:
            raise ConfigError(self.source, _line(node), "anchors and aliases are not used here; write it out")
        seen.add(id(node))
        if node.tag not in _ORDINARY_TAGS:
            raise ConfigError(self.source, _line(node), f"tags are not used here; remove {node.tag}")
        for child in _children(node):
            self._refuse_magic(child, seen)

    def _override(self, name: str, value: str) -> None:
        mark = yaml.Mark(f"{_OVERRIDE}{name}", 0, 0, 0, None, 0)
        here, steps = self._root, name.split(".")
        for depth, step in enumerate(steps):
            last = depth == len(steps) - 1
            new: yaml.Node = yaml.ScalarNode(f"{_TAG}str", value, mark, mark)
            if not last:
                new = yaml.MappingNode(f"{_TAG}map", [], mark, mark)
            if isinstance(here, yaml.SequenceNode):
                here = self._override_element(here, step, new if last else None, mark)
                continue
            if not isinstance(here, yaml.MappingNode):
                raise ConfigError(mark.name, None, f"{'.'.join(steps[:depth])} holds no keys")
            old = next((child for key, child in here.value if key.value == step), None)
            if last or old is None or is_null(old):
                key = yaml.ScalarNode(f"{_TAG}str", step, mark, mark)
                here.value = [pair for pair in here.value if pair[0].value != step] + [(key, new)]
                here = new
            else:
                here = old

    def _override_element(
        self, here: yaml.SequenceNode, step: str, new: yaml.Node | None, mark: yaml.Mark
    ) -> yaml.Node:
        if not step.isdecimal() or int(step) >= len(here.value):
            raise ConfigError(mark.name, None, f"{step!r} is not one of the {len(here.value)} elements; count from 0")
        if new is not None:
            here.value[int(step)] = new
        element: yaml.Node = here.value[int(step)]
        return element

    def _find(self, path: Path) -> yaml.Node:
        """The node that names the last step of `path` that is there: the key, or the list's element."""
        here, found = self._root, self._root
        for step in path:
            if isinstance(here, yaml.SequenceNode) and isinstance(step, int) and step < len(here.value):
                here = found = here.value[step]
                continue
            pairs = here.value if isinstance(here, yaml.MappingNode) else []
            pair = next((pair for pair in pairs if pair[0].value == str(step)), None)
            if pair is None:
                break
            found, here = pair
        return found

    def _read(self, node: yaml.Node, wanted: inspect.Type, path: Path) -> Plain:
        if isinstance(wanted, inspect.UnionType):
            return self._read_union(node, wanted, path)
        if isinstance(wanted, inspect.CustomType | inspect.AnyType) and not isinstance(node, yaml.ScalarNode):
            wanted = inspect.DictType(inspect.AnyType(), inspect.AnyType())
            if isinstance(node, yaml.SequenceNode):
                wanted = inspect.ListType(inspect.AnyType())
        match node, wanted:
            case yaml.MappingNode(), inspect.StructType():
                return self._read_struct(node, wanted, path)
            case yaml.MappingNode(), inspect.DictType():
                return self._read_dict(node, wanted, path)
            case yaml.SequenceNode(), inspect.CollectionType() | inspect.TupleType():
                return self._read_list(node, wanted, path)
            case yaml.ScalarNode(), _:
                try:
                    return read_scalar(node, wanted, _last_key(path))
                except NotWantedError as error:
                    raise self._error(node, path, str(error)) from error
            case _:
                kind = "a list" if isinstance(node, yaml.SequenceNode) else "a section of keys and values"
                raise self._error(node, path, f"wants {article(wanted)}, not {kind}")

    def _read_union(self, node: yaml.Node, wanted: inspect.UnionType, path: Path) -> Plain:
        kinds = sorted((one for one in wanted.types if not isinstance(one, inspect.NoneType)), key=_text_last)
        if is_null(node) and len(kinds) < len(wanted.types):
            return None
        failure: ConfigError | None = None
        for kind in kinds:
            try:
                return self._read(node, kind, path)
            except ConfigError as error:
                failure = error if failure is None else failure
        raise failure if failure is not None else self._error(node, path, "wants nothing")

    def _pairs(self, node: yaml.MappingNode, path: Path) -> list[tuple[str, yaml.Node, yaml.Node]]:
        pairs: dict[str, tuple[str, yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, path, "a key must be one word")
            with self._judging((*path, key.value)):
                if key.value in pairs:
                    first = _line(pairs[key.value][1])
                    raise self._error(key, (*path, key.value), f"is there twice, first in line {first}; keep one")
                pairs[key.value] = (key.value, key, value)
        return list(pairs.values())

    def _read_struct(self, node: yaml.MappingNode, wanted: inspect.StructType, path: Path) -> dict[str, Plain]:
        fields = {field.encode_name: field for field in wanted.fields}
        plain: dict[str, Plain] = {}
        pairs = self._pairs(node, path)
        for name, key, value in pairs:
            with self._judging((*path, name)):
                if name not in fields:
                    raise self._error(key, (*path, name), f"unknown key; {key_hint(name, fields)}")
                plain[name] = self._read(value, fields[name].type, (*path, name))
        written = {name for name, _, _ in pairs}
        missing = [name for name, field in fields.items() if field.required and name not in written]
        with self._judging(path):
            if missing:
                raise self._error(node, path, f"lacks {', '.join(missing)}")
        return plain

    def _read_dict(self, node: yaml.MappingNode, wanted: inspect.DictType, path: Path) -> dict[str, Plain]:
        self._check_length(node, path, wanted.min_length, wanted.max_length)
        plain: dict[str, Plain] = {}
        for name, key, value in self._pairs(node, path):
            with self._judging((*path, name)):
                spelled = str(self._read(key, wanted.key_type, (*path, name)))
                if spelled in plain:
                    raise self._error(key, (*path, name), f"is there twice, as {spelled}; keep one")
                plain[spelled] = self._read(value, wanted.value_type, (*path, name))
        return plain

    def _judging(self, _path: Path) -> AbstractContextManager[None]:
        """Around each part that is right or wrong by itself; here, the first error ends the reading."""
        return nullcontext()

    def _check_length(self, node: yaml.CollectionNode, path: Path, least: int | None, most: int | None) -> None:
        if least is not None and len(node.value) < least:
            raise self._error(node, path, f"wants at least {least} elements, not {len(node.value)}")
        if most is not None and len(node.value) > most:
            raise self._error(node, path, f"wants at most {most} elements, not {len(node.value)}")

    def _read_list(
        self, node: yaml.SequenceNode, wanted: inspect.CollectionType | inspect.TupleType, path: Path
    ) -> list[Plain]:
        if isinstance(wanted, inspect.TupleType):
            kinds: Sequence[inspect.Type] = wanted.item_types
            least: int | None = len(kinds)
            most = least
        else:
            kinds = [wanted.item_type] * len(node.value)
            least, most = wanted.min_length, wanted.max_length
        self._check_length(node, path, least, most)
        plain: list[Plain] = []
        for index, child in enumerate(node.value):
            with self._judging((*path, index)):
                plain.append(self._read(child, kinds[index], (*path, index)))
        return plain


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _text_last(kind: inspect.Type) -> bool:
    """Any scalar is text: other kinds are tried first."""
    return isinstance(kind, inspect.StrType)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _steps(path: str | None) -> Path:
    if path is None:
        return ()
    return tuple(int(index) if index else name for name, index in _STEP.findall(path))


def _last_key(path: Path) -> str:
    return next((step for step in reversed(path) if isinstance(step, str)), "")
