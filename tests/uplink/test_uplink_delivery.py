"""From the journal to the broker: order, denial, holes, restarts. Virtual time, a real journal."""

import asyncio
import logging
from pathlib import Path

import pytest

from edge_agent.config_types import Protocol
from edge_agent.ports import MqttVersion
from hil.loop import run_virtual
from protocols.upstream.messages import EventMessage, Phase, Stream
from tests.support.uplink import ALARM_TOPIC, EVENT_TOPIC, TOPICS, Bench, message, uplink_bench

DOCS = Path(__file__).parents[2] / "docs"
LONG_S = 3600.0
NEVER = (LONG_S,)
"""Re-emission that does not disturb what a test counts."""


def event(number: int, lift_id: str = "lift-1") -> EventMessage:
    return message(f"e{number}", Phase.BEGIN, Stream.EVENT, lift_id)


async def undelivered(bench: Bench) -> list[tuple[Stream, int]]:
    return [(row.stream, row.seq) for row in await bench.journal.undelivered(100)]


def deny(bench: Bench, *topics: str) -> None:
    bench.broker.may_publish = lambda _client, topic: topic not in topics


def lines(caplog: pytest.LogCaptureFixture, start: str, level: int = logging.WARNING) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno >= level and one.getMessage().startswith(start)]


def test_what_was_stored_before_the_start_goes_out_in_order_alarms_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False, re_emit_s=NEVER) as bench:
            await bench.store(event(1), message("a1"), event(2), message("a1", Phase.CLEARED))
            bench.start()
            await asyncio.sleep(1)
            topics = [one.publication.topic for one in bench.broker.published if "/lift/" in one.publication.topic]
            numbered = [topic for topic in topics if not topic.endswith("state")]
            assert numbered == [ALARM_TOPIC, ALARM_TOPIC, EVENT_TOPIC, EVENT_TOPIC]
            assert (bench.seqs("alarm"), bench.seqs("event")) == ([1, 2], [1, 2])
            assert await undelivered(bench) == []

    run_virtual(main())


def test_a_message_carries_its_identity_its_attempt_and_when_it_was_sent(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            await asyncio.sleep(2)
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            (sent,) = bench.numbered()
            assert (sent.terminal_id, sent.journal_id, sent.stream, sent.seq) == ("box-1", "journal-1", Stream.ALARM, 1)
            assert (sent.attempt, sent.durable) == (1, True)
            assert sent.sent is not None
            assert (sent.sent.wall, sent.sent.mono_ns) == ("2026-01-01T12:00:02.000Z", 2_000_000_000)

    run_virtual(main())


def test_neither_alarms_nor_events_are_retained(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            await bench.store(event(1), message("a1"))
            await asyncio.sleep(1)
            assert {ALARM_TOPIC, EVENT_TOPIC}.isdisjoint(bench.broker.retained)

    run_virtual(main())


def test_a_new_alarm_does_not_wait_for_a_long_queue_of_events(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False, re_emit_s=NEVER) as bench:
            bench.broker.latency_s = 0.1
            await bench.store(*(event(number) for number in range(300)))
            bench.start()
            await asyncio.sleep(5)
            stored_s = 5.0
            await bench.store(message("a1"))
            await asyncio.sleep(1)
            assert bench.times_s("alarm")[0] - stored_s <= 0.2
            await asyncio.sleep(60)
            assert bench.seqs("event") == list(range(1, 301))

    run_virtual(main())


def test_a_denied_publish_is_not_marked_and_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            deny(bench, ALARM_TOPIC)
            await bench.store(message("a1"))
            await asyncio.sleep(600)
            assert await undelivered(bench) == [(Stream.ALARM, 1)]
            assert bench.uplink.status().notes == (f"the broker denies {ALARM_TOPIC}: 0x87 not authorized",)
            bench.broker.may_publish = lambda _client, _topic: True
            await asyncio.sleep(61)
            assert await undelivered(bench) == []
            assert bench.numbered()[0].attempt > 5
            assert bench.uplink.status().notes == ()

    with caplog.at_level(logging.DEBUG):
        run_virtual(main())
    (line,) = lines(caplog, "uplink.denied")
    assert f"WARNING {line}\n" in (DOCS / "mqtt.md").read_text(encoding="utf-8")
    assert lines(caplog, "uplink.accepted_again", logging.INFO) == [f"uplink.accepted_again topic={ALARM_TOPIC}"]
    assert 10 < len(lines(caplog, "uplink.denied", logging.DEBUG)) < 20, "5, 10, 20, 40, then every 60 s"


def test_a_denied_topic_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False, re_emit_s=NEVER) as bench:
            deny(bench, EVENT_TOPIC)
            await bench.store(*(event(number) for number in range(250)), event(250, "lift-2"), message("a1"))
            bench.start()
            await asyncio.sleep(4)
            assert bench.seqs("alarm") == [1]
            assert bench.seqs("event") == [251]

    run_virtual(main())


def test_a_denied_topic_keeps_its_order_when_it_is_allowed_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            deny(bench, EVENT_TOPIC)
            await bench.store(event(1), event(2))
            await asyncio.sleep(1)
            bench.broker.may_publish = lambda _client, _topic: True
            await bench.store(event(3))
            await asyncio.sleep(10)
            assert bench.seqs("event") == [1, 2, 3]

    run_virtual(main())


def test_in_a_network_hole_nothing_is_marked_and_afterwards_nothing_is_missing(tmp_path: Path) -> None:
    """`Uplink lost for 40 s, two records a second` (reference/peers.md): packets vanish, no reset."""

    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER, timeout_s=5) as bench:
            for number in range(200):
                bench.broker.stalled = 20 <= number < 100
                await bench.store(event(number))
                await asyncio.sleep(0.5)
                if number == 99:
                    assert len(bench.seqs("event")) == 20
                    assert (await undelivered(bench))[0] == (Stream.EVENT, 21)
            await asyncio.sleep(60)
            assert bench.seqs("event") == list(range(1, 201))
            assert await undelivered(bench) == []

    run_virtual(main())


def test_a_hole_ends_the_session_even_when_there_is_nothing_to_send(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, timeout_s=5, health_period_s=30) as bench:
            await asyncio.sleep(1)
            bench.broker.stalled = True
            await asyncio.sleep(36)
            assert not bench.uplink.status().connected
            bench.broker.stalled = False
            await asyncio.sleep(31)
            assert bench.uplink.status().connected

    run_virtual(main())


def test_a_lost_puback_sends_the_message_again_with_the_same_identity(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            await asyncio.sleep(1)
            bench.broker.lose_acks = 1
            await bench.store(message("a1"))
            await asyncio.sleep(5)
            assert [(one.seq, one.attempt) for one in bench.numbered()] == [(1, 1), (1, 2)]
            assert await undelivered(bench) == []

    run_virtual(main())


@pytest.mark.parametrize("forget", [False, True], ids=["keeps", "forgets retained"])
def test_a_broker_killed_and_restarted_loses_nothing(tmp_path: Path, forget: bool) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            for number in range(200):
                if number == 20:
                    bench.broker.down(forget_retained=forget)
                if number == 100:
                    bench.broker.up()
                await bench.store(event(number))
                await asyncio.sleep(0.5)
            await asyncio.sleep(60)
            assert bench.seqs("event") == list(range(1, 201))
            assert set(bench.broker.retained) == {TOPICS.health, TOPICS.state("lift-1")}

    run_virtual(main())


def test_a_restarted_agent_goes_on_where_the_last_puback_was(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            await bench.store(event(1))
            await asyncio.sleep(1)
            bench.broker.stalled = True
            await bench.store(event(2))
            await asyncio.sleep(1)
            await bench.stop()
            bench.broker.stalled = False
            bench.start()
            await asyncio.sleep(1)
            assert bench.seqs("event") == [1, 2]

    run_virtual(main())


def test_under_3_1_1_a_silent_denial_leaves_the_alarm_open_and_health_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, protocol=Protocol.V311) as bench:
            deny(bench, ALARM_TOPIC)
            await bench.store(message("a1"))
            await asyncio.sleep(100)
            assert bench.healths()[-1].delivery_unverified
            assert [row.event_id for row in await bench.journal.unacknowledged_alarms()] == ["a1"]
            bench.broker.may_publish = lambda _client, _topic: True
            await asyncio.sleep(31)
            assert [one.event_id for one in bench.numbered() if isinstance(one, EventMessage)] == ["a1"]

    run_virtual(main())


def test_a_disk_that_cannot_mark_does_not_make_messages_go_out_twice(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            bench.disk.refuses = {"mark_delivered"}
            await bench.store(event(1))
            await asyncio.sleep(60)
            assert bench.seqs("event") == [1]
            assert "the disk is full" in bench.uplink.status().notes[0]
            bench.disk.refuses = set()
            await asyncio.sleep(6)
            assert await undelivered(bench) == []
            assert bench.uplink.status().notes == ()

    run_virtual(main())


def test_a_disk_that_cannot_be_read_is_tried_again_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            bench.disk.refuses = {"undelivered", "unacknowledged_alarms"}
            await bench.store(event(1))
            await asyncio.sleep(60)
            assert bench.seqs("event") == []
            bench.disk.refuses = set()
            await asyncio.sleep(6)
            assert bench.seqs("event") == [1]

    run_virtual(main())
    assert len(lines(caplog, "uplink.journal")) == 1


def test_an_alarm_that_the_journal_could_not_take_goes_out_at_once_outside_the_stream(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=(5.0, 10.0)) as bench:
            await asyncio.sleep(1)
            bench.uplink.publish_undurable(message("a1"))
            await asyncio.sleep(6)
            first, again = bench.numbered()
            assert (first.durable, first.seq, first.attempt, again.attempt) == (False, 0, 1, 2)
            bench.acknowledge("a1", 1)
            await asyncio.sleep(60)
            assert len(bench.numbered()) == 2

    run_virtual(main())


def test_an_alarm_that_got_onto_the_disk_after_all_is_repeated_from_there_only(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=(5.0,)) as bench:
            bench.uplink.publish_undurable(message("a1"))
            await asyncio.sleep(1)
            await bench.store(message("a1"))
            await asyncio.sleep(11)
            assert bench.seqs() == [0, 1, 1, 1]

    run_virtual(main())


def test_an_undurable_alarm_survives_a_lost_connection(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, re_emit_s=NEVER) as bench:
            bench.broker.down()
            bench.uplink.publish_undurable(message("a1"))
            bench.uplink.publish_undurable(message("a1", Phase.CLEARED))
            await asyncio.sleep(60)
            bench.broker.up()
            await asyncio.sleep(31)
            phases = [one.phase for one in bench.numbered() if isinstance(one, EventMessage)]
            assert phases == [Phase.RAISED, Phase.CLEARED]

    run_virtual(main())


def test_the_version_in_use_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path) as bench:
            assert bench.uplink.status().mqtt_version == ""
            await asyncio.sleep(1)
            status = bench.uplink.status()
            assert (status.connected, status.mqtt_version, status.delivery_unverified) == (
                True,
                MqttVersion.V5.value,
                False,
            )

    run_virtual(main())
