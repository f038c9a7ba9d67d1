"""Reads profiles strictly: what is wrong is one line that names the file, the line and the fix."""

from itertools import chain
from pathlib import Path
from typing import Final

from protocols.profiles.check import problems
from protocols.profiles.schema import Profile
from protocols.profiles.variant import Variant
from protocols.profiles.vectors import vector_problems
from protocols.resources import NoSuchName, config_names, config_text
from protocols.strictyaml import ConfigError, Document

_KIND: Final = "profiles"
EXTENDS: Final = "extends"
"""The key that makes a file say no more than how it differs from another."""


def profile_names() -> list[str]:
    """Every profile that `load_profile` knows by name, sorted."""
    return config_names(_KIND)


def parse_profile(text: str, source: str) -> Profile:
    """The profile in a YAML text; `source` names it in errors. Raises ConfigError."""
    document = Document(text, source)
    profile = variant_of(document) if document.has(EXTENDS) else document.to(Profile)
    for where, what in chain(problems(profile), vector_problems(profile)):
        raise document.error(where, what)
    return profile


def load_profile(name_or_path: str) -> Profile:
    """A profile by its name, or from a YAML file. Raises NoSuchName or ConfigError."""
    if name_or_path.endswith((".yaml", ".yml")):
        return parse_profile(_read(name_or_path), name_or_path)
    text, source = config_text(_KIND, name_or_path)
    profile = parse_profile(text, source)
    if profile.name != name_or_path:
        raise Document(text, source).error("name", f"{profile.name} is in a file for {name_or_path}; make them agree")
    return profile


def variant_of(document: Document) -> Profile:
    """The whole profile of a file that says how it differs from a shipped one. Raises ConfigError."""
    variant = document.to(Variant)
    try:
        text, source = config_text(_KIND, variant.extends)
    except NoSuchName as error:
        raise document.error(EXTENDS, str(error)) from error
    base = Document(text, source)
    if base.has(EXTENDS):
        raise document.error(EXTENDS, f"{variant.extends} extends another one itself; extend that one")
    return variant.of(base.to(Profile))


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(path, None, f"cannot read this profile: {reason}; name a readable YAML file") from error
