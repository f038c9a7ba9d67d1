"""A bench that a file describes: where its end of the wire is, and what is tested on the other end."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from hil import BenchError
from hil.scenario.parts import Duration, Section
from protocols.resources import text_of
from protocols.strictyaml import load_yaml

Text = Annotated[str, Meta(min_length=1)]


class DutSetup(Section, frozen=True, kw_only=True):
    """The device under test. Without a `command` it is the installed agent; `box` is one that runs anyway.

    `port` is its own end of the wire, `mqtt` the broker it publishes to ("mqtt://HOST:PORT"; without it the bench
    starts one). A command is told where its port and broker are by its environment: LIFTWARDEN_PORT,
    LIFTWARDEN_MQTT_HOST, LIFTWARDEN_MQTT_PORT, and LIFTWARDEN_DIR for its files.
    """

    command: Annotated[tuple[Text, ...], Meta(min_length=1)] | None = None
    box: bool = False
    port: Text | None = None
    mqtt: Text | None = None

    def __post_init__(self) -> None:
        if self.box and (self.command is not None or self.mqtt is None):
            raise ValueError("a box runs anyway and publishes somewhere: it wants mqtt, and no command")
        if self.mqtt is not None and not _is_broker(self.mqtt):
            raise ValueError(f"mqtt {self.mqtt!r} is no broker; write mqtt://HOST:PORT")


def _is_broker(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "mqtt" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class Rig(Section, frozen=True, kw_only=True):
    """A bench in real time. Without a `port` the wire is a pty; with one it is the bench's end of a real line.

    `uncertainty`: how far its stamps may be from what happened; a run whose harness was later shows nothing.
    """

    port: Text | None = None
    dut: DutSetup = DutSetup()
    uncertainty: Duration = "100 ms"

    def __post_init__(self) -> None:
        if self.port is not None and not self.dut.box and self.dut.command is None and self.dut.port is None:
            raise ValueError("dut wants a port: the other end of the wire, where the agent is")


def load_rig(path: str) -> Rig:
    """From a YAML file. Raises BenchError or the loader's ConfigError."""
    try:
        text = text_of(path)
    except OSError as error:
        raise BenchError(f"cannot read bench {path}: {error.strerror}; name a readable YAML file") from error
    return load_yaml(text, path, Rig)
