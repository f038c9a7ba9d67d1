"""Topics as docs/mqtt.md lists them."""

from pathlib import Path

import pytest

from protocols.upstream.messages import Stream
from protocols.upstream.topics import Topics

TOPICS = Topics("t1")
DOCUMENT = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        (TOPICS.health, "liftwarden/v1/t1/health"),
        (TOPICS.command, "liftwarden/v1/t1/cmd"),
        (TOPICS.canary, "liftwarden/v1/t1/canary"),
        (TOPICS.state("l1"), "liftwarden/v1/t1/lift/l1/state"),
        (TOPICS.numbered("l1", Stream.ALARM), "liftwarden/v1/t1/lift/l1/alarm"),
        (TOPICS.numbered("l1", Stream.EVENT), "liftwarden/v1/t1/lift/l1/event"),
    ],
)
def test_a_topic_is_what_the_document_says(topic: str, wanted: str) -> None:
    assert topic == wanted
    assert topic.removeprefix("liftwarden/v1/t1/").replace("l1", "<lift_id>") in DOCUMENT
