"""Every kind of fault of the uplink keeps the contract, and does to an MQTT client what its name says."""

import asyncio
import hashlib
import os
import subprocess
import sys
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uplink_faults_examples import COURSES, EXAMPLES, EXCHANGES, WILL, UplinkFaultsBench, heard

from edge_agent.ports import BrokerClosedSilently, BrokerError, BrokerVersionRefused, MqttVersion
from hil import UsageError
from hil.course import PLAIN, Act, Course, Exchange
from hil.faults.armed import Turn
from hil.faults.catalogue import UPLINK_KINDS, UplinkFault
from hil.faults.contract import Checked, ContractBroken, Ledger, checked_deed
from hil.faults.uplink import Change, Changing, Down
from hil.loop import NS_PER_S, run_virtual, running_loop

CHANGING = [raw for raw in EXAMPLES if isinstance(UplinkFault.of(raw).kind, Changing)]
PUBLISHING = {"match": {"act": "publish"}}


def named(raw: dict[str, Any]) -> str:
    return str(raw["fault"])


# the contract


@pytest.mark.parametrize("raw", CHANGING, ids=named)
@settings(max_examples=40)
@given(st.lists(st.tuples(EXCHANGES, COURSES), min_size=1, max_size=6), st.integers(0, 99))
def test_every_kind_keeps_the_contract(raw: dict[str, Any], sent: list[tuple[Exchange, Course]], seed: int) -> None:
    kind = UplinkFault.of(raw).kind
    assert isinstance(kind, Changing)
    checked, turn = Checked(kind, loses=kind.loses), Turn(Random(seed))
    for exchange, course in sent:
        if exchange.act in kind.acts and checked.change(exchange, course, turn) is not None:
            turn.fired += 1


def test_the_deed_of_a_broker_that_goes_down_keeps_the_contract() -> None:
    kind = UplinkFault.of({"fault": "uplink.broker_down", "for_s": 5}).kind
    assert isinstance(kind, Down)
    assert checked_deed(kind, Turn(Random(1))).for_ns == 5 * NS_PER_S


def test_every_kind_of_the_catalogue_is_among_the_examples() -> None:
    assert {raw["fault"] for raw in EXAMPLES} == set(UPLINK_KINDS)


class _Bad:
    acts = tuple(Act)

    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        raise NotImplementedError


class Loses(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(Course(copies_ns=()), "lost")


class Denies(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(Course(reason=0x87), "denied")


class Hurries(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(Course(copies_ns=(-1,)), "too early")


class Silent(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(Course(answer_ns=5), "")


class Nothing(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(course, "did nothing")


class Dices(_Bad):
    def change(self, exchange: Exchange, course: Course, turn: Turn) -> Change | None:
        return Change(Course(answer_ns=int.from_bytes(os.urandom(7), "big")), "from nowhere")


@pytest.mark.parametrize("bad", [Loses(), Denies(), Hurries(), Silent(), Nothing(), Dices()], ids=type)
def test_a_fault_that_breaks_the_contract_is_found(bad: Any) -> None:
    with pytest.raises(ContractBroken):
        Checked(bad, loses=False).change(Exchange(0, Act.PUBLISH, "box", "t/event"), PLAIN, Turn(Random(1)))


def test_the_ledger_finds_a_firing_outside_the_window_too_many_and_out_of_order() -> None:
    once = UplinkFault.of({"fault": "uplink.cut", "when": {"once": True, "window": [10, 20]}})
    Ledger([once])(10, "uplink.cut", "cut")
    for firings in ([9], [20], [11, 12], [12, 11]):
        ledger = Ledger([once])
        with pytest.raises(ContractBroken):
            for t_ns in firings:
                ledger(t_ns, "uplink.cut", "cut")


# what each does


async def publishing(raw: dict[str, Any], count: int = 3, **options: Any) -> UplinkFaultsBench:
    bench = UplinkFaultsBench([raw])
    async with bench.session(**options) as session:
        await bench.publish(session, count)
    await asyncio.sleep(20)
    return bench


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("nobody", BrokerError),
        ("silent", BrokerClosedSilently),
        ("version", BrokerVersionRefused),
        ("not_authorized", BrokerError),
    ],
)
def test_a_refused_connection_says_how(how: str, error: type[BrokerError]) -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.refuse", "how": how, "when": {"once": True}}])
        with pytest.raises(BrokerError) as refused:
            async with bench.session():
                pass
        assert type(refused.value) is error
        async with bench.session() as session:
            assert await bench.publish(session) == [0]

    run_virtual(main())


def test_a_half_open_connection_costs_the_deadline_and_stays_dead_when_the_fault_is_cleared() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.half_open", "when": PUBLISHING}])
        with pytest.raises(BrokerError, match="within 3 s"):
            async with bench.session() as session:
                with pytest.raises(BrokerError, match="within 2 s"):
                    await bench.publish(session, timeout_s=2)
                bench.injector.heal()
                await bench.publish(session, timeout_s=3)
        assert (running_loop().now_ns, bench.injector.fired("uplink.half_open")) == (5 * NS_PER_S, 1)
        await asyncio.sleep(27)
        assert bench.got == [(30, WILL.payload)], "the broker gives a silent client up"
        async with bench.session() as session:
            assert await bench.publish(session) == [0]

    run_virtual(main())


def test_a_connection_that_is_accepted_and_never_answered_costs_the_deadline() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.half_open", "when": {"match": {"act": "connect"}}}])
        with pytest.raises(BrokerError, match="within 10 s"):
            async with bench.session():
                pass

    run_virtual(main())


def test_in_a_hole_packets_vanish_both_ways_and_behind_it_the_connection_is_good() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.hole", "when": {"window": [NS_PER_S, 5 * NS_PER_S]}}])
        async with bench.session() as session:
            await session.subscribe("t/cmd", 1)
            await asyncio.sleep(1)
            with pytest.raises(BrokerError):
                await bench.publish(session, timeout_s=2)
            bench.broker.publish("t/cmd", b"lost")
            await asyncio.sleep(3)
            bench.broker.publish("t/cmd", b"heard")
            assert await bench.publish(session) == [0]
            assert [one.payload for one in await heard(session, 1)] == [b"heard"]

    run_virtual(main())


def test_a_slow_acknowledgement_comes_late_for_a_message_that_was_there_at_once() -> None:
    async def main() -> None:
        bench = await publishing({"fault": "uplink.slow_ack", "late_s": 2, "when": PUBLISHING})
        assert bench.got == [(0, b"1"), (2, b"2"), (4, b"3")]

    run_virtual(main())


def test_a_message_is_taken_and_its_acknowledgement_cut_off() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.cut", "when": {"every": 2}}])
        with pytest.raises(BrokerError, match="gone"):
            async with bench.session() as session:
                await bench.publish(session, 3)
        assert bench.payloads() == ["1", "2"]

    run_virtual(main())


def test_a_message_reaches_the_platform_twice() -> None:
    async def main() -> None:
        bench = await publishing({"fault": "uplink.duplicate", "after_s": 3, "when": {"once": True}}, 2)
        assert bench.got == [(0, b"1"), (0, b"2"), (3, b"1")]

    run_virtual(main())


def test_a_message_reaches_the_terminal_twice() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.duplicate", "when": {"match": {"topic": "+/cmd"}}}])
        async with bench.session() as session:
            await session.subscribe("t/cmd", 1)
            bench.broker.publish("t/cmd", b"ack")
            assert [one.payload for one in await heard(session, 1)] == [b"ack", b"ack"]

    run_virtual(main())


@pytest.mark.parametrize(("version", "reason"), [(MqttVersion.V5, 0x97), (MqttVersion.V311, 0)])
def test_a_denied_message_reaches_nobody_and_only_mqtt_5_says_so(version: MqttVersion, reason: int) -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.denied", "reason": 0x97, "when": {"once": True}}])
        async with bench.session(version) as session:
            assert await bench.publish(session, 2) == [reason, 0]
        assert bench.payloads() == ["2"]

    run_virtual(main())


def test_a_lost_session_takes_what_was_retained_with_it() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.session_lost"}])
        async with bench.session():
            bench.broker.publish("t/state", b"1", retain=True)
        async with bench.session():
            assert bench.broker.retained == {}

    run_virtual(main())


def test_after_a_reconnect_messages_overtake_each_other_and_none_is_lost() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.reorder", "first": 6}])
        for _ in range(2):
            async with bench.session() as session:
                assert await bench.publish(session, 8) == [0] * 8
        await asyncio.sleep(5)
        numbers = [int(one) for one in bench.payloads()]
        assert numbers[:8] == list(range(1, 9)), "the first session's are in order"
        assert sorted(numbers) == list(range(1, 17))
        assert numbers != sorted(numbers)
        assert bench.injector.fired("uplink.reorder") == 6

    run_virtual(main())


def test_a_broker_is_down_for_its_time() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.broker_down", "for_s": 5, "when": {"window": [NS_PER_S, 10**12]}}])
        async with bench.session() as session:
            await asyncio.sleep(2)
            with pytest.raises(BrokerError):
                await bench.publish(session)
        with pytest.raises(BrokerError, match="no broker there"):
            async with bench.session():
                pass
        await asyncio.sleep(4)
        async with bench.session() as session:
            assert await bench.publish(session) == [0]
        (firing,) = bench.injector.firings
        assert (firing.t_ns, firing.until_ns) == (NS_PER_S, 6 * NS_PER_S)

    run_virtual(main())


def test_a_broker_that_is_down_is_up_again_when_its_fault_is_cleared() -> None:
    async def main() -> None:
        bench = UplinkFaultsBench([{"fault": "uplink.broker_down", "for_s": 500, "again_s": 1000}])
        await asyncio.sleep(1)
        bench.injector.clear("uplink.broker_down")
        async with bench.session() as session:
            assert await bench.publish(session) == [0]
        await asyncio.sleep(2000)
        assert bench.injector.fired("uplink.broker_down") == 1

    run_virtual(main())


# when


async def fired_on(when: dict[str, Any], count: int = 12, **options: Any) -> list[int]:
    """Which of so many messages were late; the first is 0. One goes out each second."""
    late = {"fault": "uplink.slow_ack", "late_s": 0.1, "when": {"match": {"act": "publish"}} | when}
    bench = UplinkFaultsBench([late], **options)
    async with bench.session() as session:
        for number in range(count):
            await asyncio.sleep(number - running_loop().time())
            await bench.publish(session)
    return [firing.t_ns // NS_PER_S for firing in bench.injector.firings]


@pytest.mark.parametrize(
    ("when", "fires"),
    [
        ({"once": True}, [0]),
        ({"count": 3}, [0, 1, 2]),
        ({"every": 4}, [3, 7, 11]),
        ({"every": 4, "count": 2}, [3, 7]),
        ({"window": [2 * NS_PER_S, 4 * NS_PER_S]}, [2, 3]),
        ({"match": {"topic": "t/alarm"}}, []),
        ({"match": {"act": "publish", "again": True}}, []),
    ],
)
def test_operators_say_on_which_messages_a_fault_fires(when: dict[str, Any], fires: list[int]) -> None:
    assert run_virtual(fired_on(when)) == fires


def test_a_fault_fires_only_while_its_predicate_holds() -> None:
    holds = iter([True, False, False, True, *[False] * 8])
    assert run_virtual(fired_on({"while": "trapped"}, predicates={"trapped": lambda: next(holds)})) == [0, 3]


def test_a_deed_waits_for_its_predicate() -> None:
    async def main() -> None:
        trapped = False
        raw = {"fault": "uplink.broker_down", "for_s": 5, "when": {"while": "trapped"}}
        bench = UplinkFaultsBench([raw], {"trapped": lambda: trapped})
        await asyncio.sleep(7.25)
        assert bench.injector.firings == []
        trapped = True
        await asyncio.sleep(60)
        assert [firing.t_ns for firing in bench.injector.firings] == [7_300_000_000]

    run_virtual(main())


def test_a_probability_is_drawn_from_the_faults_own_stream() -> None:
    async def fired(*others: dict[str, Any]) -> list[int]:
        slow = {"fault": "uplink.slow_ack", "late_s": 0.1, "when": {"p": 0.3} | PUBLISHING}
        bench = UplinkFaultsBench([*others, slow])
        async with bench.session() as session:
            for number in range(40):
                await asyncio.sleep(number - running_loop().time())
                await bench.publish(session)
        return [one.t_ns for one in bench.injector.firings if one.fault == "uplink.slow_ack"]

    alone = run_virtual(fired())
    assert alone == run_virtual(fired({"fault": "uplink.duplicate", "when": {"p": 0.5}}))
    assert 0 < len(alone) < 40


def test_outside_its_window_a_fault_changes_nothing() -> None:
    async def main(*faults: dict[str, Any]) -> list[tuple[float, bytes]]:
        bench = UplinkFaultsBench(faults)
        async with bench.session() as session:
            await bench.publish(session, 5)
        await asyncio.sleep(5)
        assert bench.injector.firings == []
        return bench.got

    never = {"when": {"window": [10**15, 2 * 10**15]}}
    assert run_virtual(main()) == run_virtual(main(*(raw | never for raw in EXAMPLES)))


def test_clearing_loses_no_message_that_was_delayed_or_doubled() -> None:
    async def main() -> None:
        delaying = [{"fault": "uplink.duplicate", "after_s": 9}, {"fault": "uplink.reorder", "most_s": 9}]
        bench = UplinkFaultsBench(delaying)
        for _ in range(2):
            async with bench.session() as session:
                await bench.publish(session, 3)
        bench.injector.heal()
        await asyncio.sleep(20)
        assert sorted(bench.payloads()) == sorted(2 * ["1", "2", "3", "4", "5", "6"])

    run_virtual(main())


# data


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"fault": "uplink.refused"}, "did you mean uplink.refuse?"),
        ({"fault": "uplink.slow_ack"}, "late_s"),
        ({"fault": "uplink.slow_ack", "late_s": -1}, "late_s"),
        ({"fault": "uplink.denied", "reason": 0x10}, "reason"),
        ({"fault": "uplink.refuse", "how": "rudely"}, "rudely"),
        ({"fault": "uplink.cut", "when": {"match": {"slave": 3}}}, "slave"),
        ({"fault": "uplink.cut", "when": {"window": [5, 4]}}, "ends before it begins"),
        ({"fault": "uplink.cut", "when": {"once": True, "count": 4}}, "name one of them"),
    ],
)
def test_a_fault_that_is_not_one_is_refused_in_one_line(raw: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as error:
        UplinkFault.of(raw)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_two_faults_of_one_name_an_unknown_predicate_and_clearing_what_is_not_armed_are_refused() -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="another id"):
            UplinkFaultsBench([EXAMPLES[0], EXAMPLES[0]])
        bench = UplinkFaultsBench([EXAMPLES[0], EXAMPLES[0] | {"id": "more"}])
        with pytest.raises(UsageError, match="did you mean more"):
            bench.injector.clear("mor")
        with pytest.raises(UsageError, match="did you mean trapped"):
            UplinkFaultsBench([EXAMPLES[0] | {"when": {"while": "traped"}}], {"trapped": bool})

    run_virtual(main())


# determinism


def trace() -> str:
    """A digest of what was received and of every firing, under all kinds at once, each at times."""
    faults = [raw | {"when": {"p": 0.2, "count": 4}} for raw in EXAMPLES]
    ledger = Ledger(UplinkFault.of(raw) for raw in faults)

    async def main() -> str:
        bench = UplinkFaultsBench(faults, on_firing=ledger)
        for _ in range(20):
            try:
                async with bench.session() as session:
                    await bench.publish(session, 10, timeout_s=2)
            except BrokerError:
                await asyncio.sleep(1)
        await asyncio.sleep(20)
        assert ledger.told == [(one.t_ns, one.fault, one.done) for one in bench.injector.firings]
        assert len({name for _, name, _ in ledger.told}) >= 7
        return hashlib.sha256(repr((bench.got, bench.injector.firings)).encode()).hexdigest()

    return run_virtual(main())


def test_the_same_seed_gives_the_same_run_in_every_process() -> None:
    code = "import test_hil_faults_uplink; print(test_hil_faults_uplink.trace())"
    seen = {trace()}
    for hash_seed in ("1", "2"):
        env = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, timeout=60
        )
        seen.add(done.stdout.strip())
    assert len(seen) == 1
