"""Reads a configuration file and refuses what cannot work: file, line, what is wrong, what to do."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from edge_agent import AgentError
from edge_agent.clock import NS
from edge_agent.codes import load_codes
from edge_agent.config_types import AgentConfig, DetectConfig, UplinkConfig
from edge_agent.equipment import Equipment, Unworkable, equipment_of
from edge_agent.link.tcp_address import parse_tcp
from edge_agent.loopback import is_loopback
from protocols.strictyaml import Document


def load_config(path: str, overrides: Mapping[str, str] | None = None) -> AgentConfig:
    """The configuration in `path` with `--set` values laid over it, checked to be one that can work.

    Raises ConfigError (what the file says is wrong) or AgentError (the file cannot be read); one line each.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file in UTF-8"
        raise AgentError(f"{path}: cannot read: {reason}; name a readable configuration") from error
    document = Document(text, path, overrides)
    config = document.to(AgentConfig)
    try:
        _check_detect(config.detect)
        _check_uplink(config.uplink)
        _check_port(config.link.port)
        equipment = equipment_of(config)
        _check_ages(config.detect, equipment)
        _check_debounce(config, equipment)
    except Unworkable as error:
        raise document.error(error.path, error.problem) from error
    load_codes()
    return config


def _check_ages(detect: DetectConfig, equipment: Equipment) -> None:
    period_s = equipment.plan.slowest_item_ns / NS
    if detect.item_stale_s < 2 * period_s:
        raise Unworkable(
            "detect.item_stale_s",
            f"{detect.item_stale_s:g} s is too short for a poll every {period_s:g} s, values would be unknown in"
            f" between; set at least {2 * period_s:g}, or poll more often",
        )


def _check_debounce(config: AgentConfig, equipment: Equipment) -> None:
    for number, lift in enumerate(config.lifts):
        for index, device in enumerate(lift.devices):
            for input_, channel in device.channels.items():
                least_s = channel.debounce_ms / 1000 + 2 * equipment.plan.slowest_item_ns / NS
                if channel.debounce_ms and least_s >= config.detect.item_stale_s:
                    raise Unworkable(
                        f"lifts[{number}].devices[{index}].channels",
                        f"{input_}: a value that waits {channel.debounce_ms:g} ms to count is older than item_stale_s"
                        " by then; set a shorter debounce_ms",
                    )


def _check_detect(detect: DetectConfig) -> None:
    windows = detect.entrapment
    if windows.between_floors_suspect_s > windows.between_floors_s:
        raise Unworkable("detect.entrapment.between_floors_suspect_s", "longer than between_floors_s")
    if windows.between_floors_s > windows.between_floors_unknown_s:
        raise Unworkable("detect.entrapment.between_floors_unknown_s", "shorter than between_floors_s")
    if windows.at_landing_suspect_s > windows.at_landing_s:
        raise Unworkable("detect.entrapment.at_landing_suspect_s", "longer than at_landing_s")


def _check_uplink(uplink: UplinkConfig) -> None:
    url = urlsplit(uplink.broker)
    _check_address("uplink.broker", url)
    if url.username is not None or url.password is not None:
        raise Unworkable("uplink.broker", "no credentials in the address; use username and password_file")
    if url.scheme == "mqtt" and not is_loopback(url.hostname):
        raise Unworkable(
            "uplink.broker", f"plain mqtt:// only to this machine, not to {url.hostname}; use mqtts:// with uplink.tls"
        )
    if url.scheme == "mqtts" and uplink.tls is None:
        raise Unworkable("uplink.broker", "mqtts:// needs uplink.tls with the broker's ca")
    if any(not 0 < step <= 3600 for step in uplink.re_emit_s):
        raise Unworkable("uplink.re_emit_s", "each step is more than 0 s and at most 3600 s")
    if uplink.state_min_period_s > uplink.state_max_period_s:
        raise Unworkable("uplink.state_min_period_s", "longer than state_max_period_s")


def _check_port(port: str) -> None:
    try:
        parse_tcp(port)
    except AgentError as error:
        raise Unworkable("link.port", str(error)) from error
    if parse_tcp(port) is None and ("://" in port or "/" not in port):
        raise Unworkable("link.port", f"{port} is no port; write a path, as in /dev/ttyUSB0, or tcp://HOST")


def _check_address(path: str, url: SplitResult) -> None:
    try:
        port = url.port
    except ValueError as error:
        raise Unworkable(path, "the port is a number from 1 to 65535") from error
    wanted = "wants mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"
    if url.scheme not in {"mqtt", "mqtts"} or not url.hostname or url.path not in {"", "/"} or port == 0:
        raise Unworkable(path, wanted)
