"""Writes docs/asyncapi.yaml from the message types and topics: `make schemas`."""

import inspect
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from protocols.upstream.messages import (
    SCHEMA_VERSION,
    Command,
    EventMessage,
    HealthMessage,
    StateMessage,
    Stream,
    TombstoneMessage,
)
from protocols.upstream.topics import Topics

TARGET: Final = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"
TOPICS: Final = Topics("{terminal_id}")
_HEAD: Final = "# Written by `make schemas` from protocols/upstream; do not edit. In words: docs/mqtt.md\n"
_TYPES: Final = (EventMessage, TombstoneMessage, StateMessage, HealthMessage, Command)
_LIFT: Final = "{lift_id}"
_CANARY: Final = "CanaryMessage"
_STATE_EXPIRY: Final = {"type": "integer", "description": "The state's own `expires_s`."}


def channel(address: str, title: str, *messages: str) -> dict[str, Any]:
    """One topic and what is on it."""
    parameters = {name: {"$ref": f"#/components/parameters/{name}"} for name in ("terminal_id", "lift_id")}
    return {
        "address": address,
        "title": title,
        "parameters": {name: ref for name, ref in parameters.items() if f"{{{name}}}" in address},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def operation(action: str, channel_id: str, summary: str, *, retain: bool = False, **binding: Any) -> dict[str, Any]:
    """What the terminal does with a topic: `send` or `receive`."""
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel_id}"},
        "summary": summary,
        "bindings": {"mqtt": {"qos": 1, "retain": retain, **binding, "bindingVersion": "0.2.0"}},
    }


def document() -> dict[str, Any]:
    """The AsyncAPI 3 document, seen from the terminal."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    for schema in schemas.values():
        schema["description"] = inspect.cleandoc(schema["description"])  # Python 3.13 does so itself, 3.11 does not
    numbered = ("EventMessage", "TombstoneMessage")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "liftwarden terminal",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": "What a terminal tells the platform over MQTT 5 or 3.1.1, and what it accepts.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "health": channel(TOPICS.health, "The terminal's own state; also the last will", "HealthMessage"),
            "state": channel(TOPICS.state(_LIFT), "Latest value of a lift", "StateMessage"),
            "alarm": channel(TOPICS.numbered(_LIFT, Stream.ALARM), "People may be trapped", *numbered),
            "event": channel(TOPICS.numbered(_LIFT, Stream.EVENT), "Everything else worth a record", *numbered),
            "command": channel(TOPICS.command, "Acknowledgements to the terminal", "Command"),
            "canary": channel(TOPICS.canary, "The terminal to itself, under MQTT 3.1.1 only", _CANARY),
        },
        "operations": {
            "sendHealth": operation("send", "health", "On connecting, periodically, and as last will", retain=True),
            "sendState": operation(
                "send", "state", "On change, and periodically", retain=True, messageExpiryInterval=_STATE_EXPIRY
            ),
            "sendAlarm": operation("send", "alarm", "At once, and again until the platform acknowledges"),
            "sendEvent": operation("send", "event", "At once"),
            "receiveCommand": operation("receive", "command", "Obeyed once; retained ones are ignored"),
            "sendCanary": operation("send", "canary", "Once per connection under MQTT 3.1.1"),
            "receiveCanary": operation("receive", "canary", "Its return shows that something gets through"),
        },
        "components": {
            "parameters": {
                "terminal_id": {"description": "The terminal's id; also its MQTT client id."},
                "lift_id": {"description": "The lift's id in the terminal's configuration."},
            },
            "messages": {
                **{
                    kind.__name__: {"name": kind.__name__, "payload": {"$ref": f"#/components/schemas/{kind.__name__}"}}
                    for kind in _TYPES
                },
                _CANARY: {
                    "name": _CANARY,
                    "contentType": "text/plain",
                    "payload": {"type": "string", "const": "canary"},
                },
            },
            "schemas": schemas,
        },
    }


def text() -> str:
    """The file's content."""
    return _HEAD + yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
