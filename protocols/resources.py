"""Where the files of configs/ are: one's own under /etc/liftwarden (or $LIFTWARDEN_CONFIG_DIR), else the shipped ones.

A file of one's own replaces the shipped one of the same name. `kind` is a folder of configs/: profiles, buildings,
benches, faults, scenarios, catalogue, agent; a name has no ".yaml".
"""

import os
from importlib.abc import Traversable
from importlib.resources import files
from pathlib import Path
from typing import Final

from protocols import ProtocolError
from protocols.nearest import hint
from protocols.strictyaml import ConfigError

CONFIG_DIR_VARIABLE: Final = "LIFTWARDEN_CONFIG_DIR"
OWN_CONFIG_DIR: Final = "/etc/liftwarden"
_SUFFIX: Final = ".yaml"
_SINGULAR: Final = {
    "profiles": "profile",
    "buildings": "building",
    "benches": "bench",
    "faults": "fault model",
    "scenarios": "scenario",
}


class NoSuchName(ProtocolError):
    """Nothing of that kind has that name; the message has the nearest one."""


def own_dir() -> Path:
    """The directory of files that replace or join the shipped ones."""
    return Path(os.environ.get(CONFIG_DIR_VARIABLE) or OWN_CONFIG_DIR)


def shipped_dir() -> Traversable:
    """configs/ as shipped: inside the wheel, or beside this package in the source tree."""
    packaged = files("protocols") / "configs"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "configs"


def _named(folder: Traversable) -> dict[str, Traversable]:
    try:
        entries = list(folder.iterdir())
    except OSError:
        return {}  # not there, or not ours to look into: then it adds nothing
    return {entry.name.removesuffix(_SUFFIX): entry for entry in entries if entry.name.endswith(_SUFFIX)}


def _available(kind: str) -> dict[str, Traversable]:
    return _named(shipped_dir() / kind) | _named(own_dir() / kind)


def text_of(path: str) -> str:
    """The text of a file that a person named. Raises OSError, or ConfigError when it is not UTF-8."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(path, None, "is not UTF-8; save it as UTF-8") from error


def config_names(kind: str) -> list[str]:
    """The names there are, sorted."""
    return sorted(_available(kind))


def config_text(kind: str, name: str) -> tuple[str, str]:
    """The file's text, and its path for messages. Raises NoSuchName, or ConfigError when it is unreadable."""
    available = _available(kind)
    file = available.get(name)
    if file is None:
        where = f"looked in {own_dir() / kind} and at the shipped ones"
        raise NoSuchName(f"no {_SINGULAR.get(kind, kind)} {name!r}; {hint(name, sorted(available))} ({where})")
    try:
        return file.read_text(encoding="utf-8"), str(file)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(str(file), None, f"cannot be read: {reason}; make it a readable UTF-8 file") from error
