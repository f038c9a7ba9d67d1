"""Which bad agent must fail by which scenario, and by which of its requirements."""

from typing import Final

import msgspec

from hil.host_process import MakeAgent
from mutants import broken
from protocols.upstream.messages import Text


class Mutant(msgspec.Struct, frozen=True):
    """An agent that must fail: by `scenario`, at `requirement`."""

    name: str
    does: Text
    scenario: str
    requirement: str
    make_agent: MakeAgent


MUTANTS: Final = (
    Mutant(
        "naive-poller",
        Text("用pymodbus轮询, 收到什么信什么: 不核对功能码和长度", "polls with pymodbus and believes what comes"),
        "wire-pdu",
        "wire.pdu.no-wrong-value",
        broken.broken(broken.naive_poller),
    ),
    Mutant(
        "never-alarms",
        Text("从不报警", "never alarms"),
        "entrapment-between-floors",
        "A01.between-floors",
        broken.broken(broken.never_alarms),
    ),
    Mutant(
        "always-alarms",
        Text("随时报警", "always alarms"),
        "homing",
        "alarm.none-when-homing",
        broken.broken(broken.always_alarms),
    ),
    Mutant(
        "publishes-before-it-journals",
        Text("先上报后落盘", "publishes before it journals"),
        "host-crash-on-the-way",
        "A01.once",
        broken.broken(broken.publishes_before_it_journals),
    ),
    Mutant(
        "trusts-stale-values",
        Text("相信过期数据", "trusts stale values"),
        "freed-while-the-bus-is-cut",
        "A01.nothing-stale",
        broken.trusts_stale_values,
    ),
    Mutant(
        "forgets-its-latch",
        Text("重启后忘记未结束的报警", "forgets its latch on restart"),
        "restarted-with-an-open-alarm",
        "alarm.latched",
        broken.broken(broken.forgets_its_latch),
    ),
    Mutant(
        "takes-a-puback-for-delivery",
        Text("把PUBACK当作已送达", "takes a PUBACK for delivery"),
        "uplink-denied-silently",
        "uplink.puback-is-not-delivery",
        broken.broken(broken.takes_a_puback_for_delivery),
    ),
)
