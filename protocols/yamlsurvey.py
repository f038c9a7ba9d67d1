"""A YAML file read to its end whatever is wrong with it: every error at once, and what is right without the rest."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import yaml
from msgspec import inspect

from protocols.strictyaml import ConfigError, Document, Path
from protocols.yamlvalues import Plain


class _Broken(ConfigError):
    """A part cannot stand without what was wrong inside it; that was told already."""


class Survey(Document):
    """A document that goes on after an error. `errors` are those found by `rest`, each with where it stands."""

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text, source)
        self.errors: Final[list[tuple[Path, ConfigError]]] = []
        self._lost: Final[set[Path]] = set()

    def rest(self, type_: type) -> dict[str, Plain]:
        """What is right of the whole text, as the struct `type_` has it; a key of the top may be missing."""
        wanted = inspect.type_info(type_)
        plain: Plain = None
        with self._judging(()):
            plain = self._read(self._root, wanted, ())
        return plain if isinstance(plain, dict) else {}

    def original(self, path: Path) -> Path:
        """Where in the text stands what is at `path` of the rest: list elements that were wrong are counted in."""
        found: Path = ()
        for step in path:
            found = (*found, step if isinstance(step, str) else self._element(found, step))
        return found

    def _element(self, path: Path, kept: int) -> int:
        index = -1
        for _ in range(kept + 1):
            index += 1
            while (*path, index) in self._lost:
                index += 1
        return index

    @contextmanager
    def _judging(self, path: Path) -> Iterator[None]:
        try:
            yield
        except _Broken:
            self._lost.add(path)
        except ConfigError as error:
            self._lost.add(path)
            self.errors.append((path, error))

    def _read_struct(self, node: yaml.MappingNode, wanted: inspect.StructType, path: Path) -> dict[str, Plain]:
        plain = super()._read_struct(node, wanted, path)
        if path and any(field.required and field.encode_name not in plain for field in wanted.fields):
            raise _Broken(self.source, None, "")
        return plain

    def _read_list(
        self, node: yaml.SequenceNode, wanted: inspect.CollectionType | inspect.TupleType, path: Path
    ) -> list[Plain]:
        plain = super()._read_list(node, wanted, path)
        least = len(wanted.item_types) if isinstance(wanted, inspect.TupleType) else wanted.min_length
        if least is not None and len(plain) < least:
            raise _Broken(self.source, None, "")
        return plain

    def _read_dict(self, node: yaml.MappingNode, wanted: inspect.DictType, path: Path) -> dict[str, Plain]:
        plain = super()._read_dict(node, wanted, path)
        if wanted.min_length is not None and len(plain) < wanted.min_length:
            raise _Broken(self.source, None, "")
        return plain
