"""docs/asyncapi.yaml: up to date, whole, and true of the messages that really go over the wire."""

import asyncio
import datetime as dt
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from edge_agent.config_types import Protocol
from hil.demo.desk import acknowledgement
from hil.loop import run_virtual
from protocols.upstream.messages import EventMessage, Phase, Stream, TombstoneMessage
from tests.support.uplink import AT, EVENT_TOPIC, TERMINAL, TOPICS, message, uplink_bench
from tests.uplink.generate_asyncapi import TARGET, text

DOCUMENT: dict[str, Any] = yaml.safe_load(TARGET.read_text(encoding="utf-8"))


def test_the_published_document_is_what_make_schemas_writes() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run `make schemas`"


def follow(reference: str) -> Any:
    found: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []


def test_every_reference_leads_somewhere() -> None:
    assert len(references(DOCUMENT)) > 20
    for reference in references(DOCUMENT):
        follow(reference)


def channel_of(topic: str) -> dict[str, Any]:
    """The one channel whose address matches a topic."""
    found = [
        channel
        for channel in DOCUMENT["channels"].values()
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(channel["address"])), topic)
    ]
    assert len(found) == 1, topic
    return dict(found[0])


def problems(topic: str, payload: bytes) -> list[str]:
    """What is wrong with a payload on a topic: it must fit one of the channel's messages."""
    complaints: list[str] = []
    for reference in channel_of(topic)["messages"].values():
        described = follow(reference["$ref"])
        schema = {**described["payload"], "components": DOCUMENT["components"]}
        is_json = described.get("contentType", DOCUMENT["defaultContentType"]) == "application/json"
        instance = msgspec.json.decode(payload) if is_json else payload.decode()
        errors = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(instance)]
        if not errors:
            return []
        complaints += errors
    return complaints


@pytest.mark.parametrize("protocol", [Protocol.V5, Protocol.V311])
def test_what_the_uplink_really_publishes_is_what_the_document_says(tmp_path: Path, protocol: Protocol) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, protocol=protocol) as bench:
            await bench.store(message("a1"), message("e1", Phase.BEGIN, Stream.EVENT))
            bench.uplink.publish_undurable(message("a2"))
            await asyncio.sleep(100)
            bench.broker.drop(TERMINAL)
            await asyncio.sleep(2)
            bench.acknowledge("a1", 1)
            await asyncio.sleep(1)
            await bench.stop()
            seen = {one.publication.topic for one in bench.broker.published}
            canary = {TOPICS.canary} if protocol is Protocol.V311 else set()
            wanted = {TOPICS.health, TOPICS.command, TOPICS.state("lift-1"), EVENT_TOPIC} | canary
            assert seen >= wanted
            for one in bench.broker.published:
                assert problems(one.publication.topic, one.publication.payload) == []

    run_virtual(main())


def test_qos_retain_and_expiry_are_those_of_the_document(tmp_path: Path) -> None:
    bindings = {
        follow(one["channel"]["$ref"])["address"]: one["bindings"]["mqtt"]
        for one in DOCUMENT["operations"].values()
        if one["action"] == "send"
    }

    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await bench.store(message("a1"), message("e1", Phase.BEGIN, Stream.EVENT))
            await asyncio.sleep(1)
            for one in bench.broker.published:
                said = bindings[channel_of(one.publication.topic)["address"]]
                assert (one.publication.qos, one.publication.retain) == (said["qos"], said["retain"])
                assert (one.publication.expiry_s is not None) == ("messageExpiryInterval" in said)

    run_virtual(main())


def test_a_tombstone_is_what_the_document_says() -> None:
    tombstone = TombstoneMessage(
        terminal_id=TERMINAL,
        journal_id="j",
        stream=Stream.EVENT,
        seq=7,
        lift_id="lift-1",
        first_seq=1,
        last_seq=6,
        at=AT,
    )
    assert problems(EVENT_TOPIC, msgspec.json.encode(tombstone)) == []


def test_the_demos_acknowledgement_is_what_the_document_says() -> None:
    command = acknowledgement(message("a1"), 1, dt.datetime.now(dt.UTC))
    assert problems(TOPICS.command, msgspec.json.encode(command)) == []


@pytest.mark.parametrize("missing", ["seq", "journal_id", "event_id", "evidence", "snapshot"])
def test_a_message_that_lacks_something_is_found_out(missing: str) -> None:
    fields: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(message("a1")))
    del fields[missing]
    assert problems(EVENT_TOPIC, msgspec.json.encode(fields))


def test_an_event_message_can_be_read_back() -> None:
    whole = message("a1")
    assert msgspec.json.decode(msgspec.json.encode(whole), type=EventMessage | TombstoneMessage) == whole
