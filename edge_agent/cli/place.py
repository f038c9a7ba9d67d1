"""Where a command looks for the agent, and which language it speaks: two keys of the box's configuration.

Only these two are read, and nothing else is judged: the running agent may have started from an older, better text.
"""

import os
from pathlib import Path
from typing import Final

import msgspec
import typer

from edge_agent import AgentError
from protocols.language import language

DEFAULT_CONFIG: Final = Path("/etc/liftwarden/agent.yaml")
CONFIG_VARIABLE: Final = "LIFTWARDEN_CONFIG"


class _Local(msgspec.Struct, frozen=True):
    socket: str = ""


class _Ui(msgspec.Struct, frozen=True):
    lang: str = ""


class _Glance(msgspec.Struct, frozen=True):
    """The part of a configuration that a command needs; everything else in the file is passed over."""

    local: _Local = _Local()
    ui: _Ui = _Ui()


class Place(msgspec.Struct, frozen=True):
    """The box's configuration file, and the agent's socket if the caller named it."""

    config: Path = DEFAULT_CONFIG
    socket: str | None = None

    @property
    def lang(self) -> str:
        """`ui.lang` of the configuration, else the locale's language; a file that cannot be read has no say."""
        try:
            wanted = _glance(self.config).ui.lang
        except AgentError:
            wanted = ""
        return language(wanted if wanted in {"zh", "en"} else None, os.environ)

    @property
    def agent_socket(self) -> str:
        """The path of the agent's socket. Raises AgentError when nobody says where it is."""
        if self.socket is not None:
            return self.socket
        socket = _glance(self.config).local.socket
        if not socket:
            raise AgentError(f"{self.config}: no local.socket in it; name the agent's socket with --socket PATH")
        return socket


def place_of(context: typer.Context, config: Path | None = None, socket: str | None = None) -> Place:
    """What was said before the command, with what was said after it laid over."""
    said: Place = context.find_root().obj
    if config is not None:
        said = Place(config)
    return said if socket is None else msgspec.structs.replace(said, socket=socket)


def _glance(config: Path) -> _Glance:
    """Raises AgentError, one line."""
    import yaml  # noqa: PLC0415  # `liftwarden --help` must stay light

    try:
        return msgspec.convert(yaml.safe_load(config.read_text(encoding="utf-8")), _Glance)
    except OSError as error:
        raise AgentError(
            f"{config}: cannot read: {error.strerror}; name the box's configuration with -c FILE, "
            "or the agent's socket with --socket PATH"
        ) from error
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise AgentError(f"{config}: not a configuration; see: liftwarden config check {config}") from error
