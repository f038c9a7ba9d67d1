"""The in-memory broker: what the uplink may meet."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from edge_agent.ports import (
    BrokerClosedSilently,
    BrokerError,
    BrokerPort,
    BrokerVersionRefused,
    Incoming,
    MqttVersion,
    Publication,
)
from hil.broker import NO_MATCHING_SUBSCRIBERS, NOT_AUTHORIZED, SUCCESS, MemoryBroker, Received
from hil.loop import NS_PER_S, VirtualClock, run_virtual, running_loop

T = TypeVar("T")
WILL = Publication("t/health", b"offline", retain=True)
ALARM = Publication("t/alarm", b"A01")


def broker() -> MemoryBroker:
    return MemoryBroker(VirtualClock().now_ns)


def listened(here: MemoryBroker, pattern: str = "#") -> list[Received]:
    got: list[Received] = []
    here.subscribe(pattern, got.append)
    return got


def test_it_is_a_broker_port() -> None:
    port: BrokerPort = broker()
    assert port is not None


def test_a_subscriber_hears_a_publication_at_its_instant() -> None:
    here = broker()
    got = listened(here, "t/+")

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            await asyncio.sleep(2)
            assert (await session.publish(ALARM, 1)).reason == SUCCESS

    run_virtual(main())
    assert got == [Received(2 * NS_PER_S, "c", ALARM)]


def test_mqtt_5_says_that_nobody_listens_and_accepts() -> None:
    here = broker()

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            ack = await session.publish(ALARM, 1)
            assert (ack.reason, ack.accepted, ack.verified) == (NO_MATCHING_SUBSCRIBERS, True, True)

    run_virtual(main())


@pytest.mark.parametrize(
    ("version", "reason", "verified"), [(MqttVersion.V5, NOT_AUTHORIZED, True), (MqttVersion.V311, SUCCESS, False)]
)
def test_a_denied_publish_shows_only_under_mqtt_5_and_reaches_nobody(
    version: MqttVersion, reason: int, verified: bool
) -> None:
    here = broker()
    got = listened(here)
    here.may_publish = lambda client_id, topic: (client_id, topic) != ("c", "t/alarm")

    async def main() -> None:
        async with here.session(version, "c", WILL, 1) as session:
            ack = await session.publish(ALARM, 1)
            assert (ack.reason, ack.verified) == (reason, verified)

    run_virtual(main())
    assert got == []
    assert here.published == []


def test_a_retained_message_meets_a_later_subscriber_marked_retained() -> None:
    here = broker()

    async def main() -> Incoming:
        here.publish("t/state", b"1", retain=True)
        here.publish("t/state", b"2", retain=True)
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            await session.subscribe("t/#", 1)
            return await anext(aiter(session.messages()))

    assert run_virtual(main()) == Incoming("t/state", b"2", retained=True)


def test_an_empty_retained_message_forgets() -> None:
    async def main() -> None:
        here = broker()
        here.publish("t/state", b"1", retain=True)
        here.publish("t/state", b"", retain=True)
        assert here.retained == {}

    run_virtual(main())


def test_a_live_message_is_not_marked_retained() -> None:
    here = broker()

    async def main() -> Incoming:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            await session.subscribe("t/cmd", 1)
            here.publish("t/cmd", b"ack")
            return await anext(aiter(session.messages()))

    assert run_virtual(main()) == Incoming("t/cmd", b"ack")


@pytest.mark.parametrize("cut", ["drop", "down"])
def test_a_lost_connection_ends_messages_and_publishing(cut: str) -> None:
    here = broker()

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            here.drop("c") if cut == "drop" else here.down()
            with pytest.raises(BrokerError):
                await session.publish(ALARM, 1)
            with pytest.raises(BrokerError):
                await anext(aiter(session.messages()))

    run_virtual(main())


def test_the_last_will_is_published_when_a_client_vanishes_and_not_when_it_leaves() -> None:
    here = broker()
    got = listened(here, "t/health")

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1):
            pass
        assert got == []
        async with here.session(MqttVersion.V5, "c", WILL, 1):
            here.drop("c")

    run_virtual(main())
    assert [received.publication for received in got] == [WILL]
    assert here.retained["t/health"] is WILL


def test_a_broker_that_is_down_refuses_until_it_is_up() -> None:
    here = broker()

    async def connect() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1):
            pass

    async def main() -> None:
        here.down()
        with pytest.raises(BrokerError, match="refused"):
            await connect()
        here.up()
        await connect()

    run_virtual(main())
    assert here.connections == 1


def test_a_refused_version_and_a_silent_close_are_told_apart() -> None:
    here = broker()
    here.refused.add(MqttVersion.V5)
    here.silent.add(MqttVersion.V311)

    async def connect(version: MqttVersion) -> None:
        async with here.session(version, "c", WILL, 1):
            pass

    with pytest.raises(BrokerVersionRefused):
        run_virtual(connect(MqttVersion.V5))
    with pytest.raises(BrokerClosedSilently):
        run_virtual(connect(MqttVersion.V311))


def timed(main: Coroutine[Any, Any, T]) -> tuple[T, int]:
    async def outer() -> tuple[T, int]:
        return await main, running_loop().now_ns

    return run_virtual(outer())


def test_a_puback_takes_the_latency_exactly() -> None:
    here = broker()

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            here.latency_s = 0.25
            await session.publish(ALARM, 1)

    assert timed(main()) == (None, NS_PER_S // 4)


def test_a_stalled_broker_costs_the_timeout_and_takes_nothing() -> None:
    here = broker()

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            here.stalled = True
            with pytest.raises(BrokerError, match="within 3 s"):
                await session.publish(ALARM, 3)

    assert timed(main()) == (None, 3 * NS_PER_S)
    assert here.published == []


def test_a_lost_puback_leaves_the_message_taken_and_the_client_cut() -> None:
    here = broker()
    here.lose_acks = 1

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as session:
            with pytest.raises(BrokerError):
                await session.publish(ALARM, 1)

    run_virtual(main())
    assert [received.publication for received in here.published] == [ALARM, WILL]


def test_the_same_client_id_takes_over() -> None:
    here = broker()

    async def main() -> None:
        async with here.session(MqttVersion.V5, "c", WILL, 1) as old, here.session(MqttVersion.V5, "c", WILL, 1) as new:
            with pytest.raises(BrokerError):
                await old.publish(ALARM, 1)
            assert (await new.publish(ALARM, 1)).accepted

    run_virtual(main())
