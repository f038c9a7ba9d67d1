"""The matrix, second half: echoes, company on the bus, sick nodes, and the port; and the whole of it, `ROWS`."""

from itertools import product
from typing import Final

from fault_bench import Port, Recovery, Row
from fault_matrix import (
    DAMAGE,
    DAMAGE_ROWS,
    EXCEPTION_ROWS,
    GAP_ROWS,
    LATE_ROWS,
    LOST,
    NOISE_ROWS,
    NOT_BACK,
    OF_SLAVE_1,
    OTHERS_ROWS,
    STRANGERS,
    WRONG_ROWS,
    lasting,
    one,
)

from hil.bus.faults.echo import Echo, Heard

ECHO_ROWS: Final = [
    Row(
        name=f"echo {heard.value}{', glued to the reply' if glued else ''}{', device dead' if dead else ''}",
        port=Port.ECHO,
        echo=Echo(heard=heard, glued=glued),
        dead=dead,
        counted={1: {"echo": None, **({"timeout": None} if dead else {})}, 2: {"echo": None}},
        serves=not dead,
        recovery=Recovery.PROBE if dead else Recovery.CYCLE,
        naive=LOST if not dead and (glued or heard in (Heard.TAIL, Heard.CORRUPT)) else frozenset(),
    )
    for heard, glued, dead in product(Heard, (False, True), (False, True))
]
TWIN_ROWS: Final = [
    *(
        one(
            f"two slaves with one id, {offset_ms} ms apart",
            "bus.duplicate_id",
            {"crc": 1},
            offset_ms=offset_ms,
            may=("echo",),  # what the two make together can look like anything
            recovery=recovery,
        )
        for offset_ms, recovery in ((0, Recovery.CYCLE), (0.2, Recovery.UNKNOWN), (3, Recovery.UNKNOWN))
    ),
    one(
        "two slaves with one id, one after the other",
        "bus.duplicate_id",
        {"unsolicited": 1},
        offset_ms=10,
        serves=True,
        naive=LOST,
    ),
    one(
        "two slaves with one id, saying the same",
        "bus.duplicate_id",
        {"duplicate": 1},
        offset_ms=10,
        data="same",
        serves=True,
        naive=LOST,
    ),
]
BABBLE_ROWS: Final = [
    lasting(
        "a node babbles without end",
        "bus.babble",
        {1: {"noise": None, "timeout": None}, 2: {"noise": None, "timeout": None}},
        lasts_s=20,
        may=STRANGERS,
        strays=None,
        recovery=Recovery.PROBE,
    ),
    lasting(
        "a node babbles now and then",
        "bus.babble",
        {1: {"noise": None}},
        pause_ms=170,
        lasts_s=20,
        may=STRANGERS,
        strays=None,
        recovery=Recovery.PROBE,
    ),
    one("a node babbles behind its own frame", "bus.babble_after", {"trailing_junk": None}, serves=True, naive=LOST),
    lasting(
        "a line stuck low",
        "line.stuck_low",
        {1: {"noise": None, "timeout": None}, 2: {"noise": None, "timeout": None}},
        piece=8,
        lasts_s=10,
        may=DAMAGE,
        recovery=Recovery.PROBE,
    ),
    lasting(
        "an open wire",
        "line.stuck_idle",
        {1: {"timeout": None}, 2: {"timeout": None}},
        lasts_s=10,
        recovery=Recovery.PROBE,
    ),
    lasting(
        "a line that floats",
        "line.float",
        {1: {"noise": None}},
        mean_ms=100,
        lasts_s=20,
        may=STRANGERS,
        strays=None,
        recovery=Recovery.PROBE,
    ),
    lasting(
        "random garbage for an hour",
        "bus.babble",
        {1: {"timeout": None}, 2: {"timeout": None}},
        n=255,
        lasts_s=3600,
        may=(*STRANGERS, "wrong_function", "short", "long", "echo", "exception", "duplicate"),
        strays=None,
        recovery=Recovery.PROBE,
        by_frame=True,
    ),
]
NODE_ROWS: Final = [
    lasting(
        name, fault, {1: counted} if counted else {}, when=OF_SLAVE_1, lasts_s=lasts_s, recovery=recovery, **parameters
    )
    for name, fault, parameters, lasts_s, counted, recovery in (
        ("a slave falls silent", "node.silent", {}, 30, {"timeout": None}, Recovery.PROBE),
        ("a slave answers every second time", "node.alternate", {}, 20, {"timeout": None}, Recovery.PROBE),
        ("a slave hangs after three answers", "node.hang_after", {"n": 3}, 20, {"timeout": None}, Recovery.PROBE),
        ("a slave reboots", "node.reboot", {"down_ms": 3000}, 6, {"timeout": None}, Recovery.PROBE),
        ("a slave is busy", "node.busy", {}, 5, {"exception": None, "exception 06h device busy": None}, Recovery.CYCLE),
        ("a slave is a little slower", "node.slow", {"most_ms": 80}, 10, {}, Recovery.CYCLE),
    )
]
PORT_ROWS: Final = [
    *(
        Row(name=port.value, port=port, lasts_s=lasts_s, recovery=Recovery.PORT, naive=naive)
        for port, lasts_s, naive in (
            (Port.UNPLUG, 15, NOT_BACK),
            (Port.RENAME, 15, NOT_BACK),
            (Port.EIO, 1, frozenset()),
            (Port.EBUSY, 15, NOT_BACK),
            (Port.EACCES, 15, NOT_BACK),
            (Port.EMPTY_READS, 15, frozenset()),
            (Port.WRITE_BLOCK, 15, frozenset()),
        )
    ),
    Row(
        name="port.stall of 10 s, then a burst",
        port=Port.STALL,
        lasts_s=10,
        counted={1: {"timeout": None}, 2: {"timeout": None}},
        may=("late", "unsolicited"),
        recovery=Recovery.PROBE,
    ),
]

ROWS: Final = (
    *LATE_ROWS,
    *OTHERS_ROWS,
    *WRONG_ROWS,
    *EXCEPTION_ROWS,
    *NOISE_ROWS,
    *GAP_ROWS,
    *ECHO_ROWS,
    *DAMAGE_ROWS,
    *TWIN_ROWS,
    *BABBLE_ROWS,
    *NODE_ROWS,
    *PORT_ROWS,
)
