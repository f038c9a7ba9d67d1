"""A stand-in for the running agent: the local socket's protocol, with answers that the test prepared."""

import socketserver
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from typer.testing import Result

from edge_agent.local.views import (
    LiftView,
    LinkView,
    RegisterView,
    Reply,
    Request,
    SignalView,
    WhyView,
)
from protocols.upstream.messages import (
    EventMessage,
    HealthMessage,
    ItemView,
    LiftIds,
    Phase,
    SnapshotView,
    Stamp,
    Stream,
    Text,
    Trapped,
)

Invoke = Callable[..., Result]
"""What the fixtures `invoke` and `ask` are."""


class FakeAgent:
    """Answers each operation with its next prepared reply, the last one again and again; "watch" gives them all."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.asked: list[Request] = []
        self.replies: dict[str, deque[Reply]] = {}

    def will_answer(self, op: str, *replies: Reply) -> None:
        self.replies[op] = deque(replies)

    def answers(self, request: Request) -> Iterator[Reply]:
        self.asked.append(request)
        prepared = self.replies.get(request.op, deque([Reply(error=f"no operation {request.op!r}")]))
        if request.op == "watch":
            yield from prepared
        else:
            yield prepared.popleft() if len(prepared) > 1 else prepared[0]


@contextmanager
def running(agent: FakeAgent) -> Iterator[FakeAgent]:
    """Serve at the agent's socket until the block ends; after the replies to "watch" the connection is closed."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for line in self.rfile:
                request = msgspec.json.decode(line, type=Request)
                for reply in agent.answers(request):
                    self.wfile.write(msgspec.json.encode(reply) + b"\n")
                if request.op == "watch":
                    return

    with socketserver.ThreadingUnixStreamServer(str(agent.socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield agent
        finally:
            server.shutdown()
            thread.join()


def stamp(wall: str = "2026-05-07T06:03:21.000Z") -> Stamp:
    return Stamp(wall=wall, synchronised=True, boot_id="boot", mono_ns=0)


ITEMS = {
    "mode": ItemView("normal"),
    "moving": ItemView(False),
    "direction": ItemView("none"),
    "floor": ItemView(7),
    "door_zone": ItemView(True),
    "doors.front.open": ItemView(False),
    "doors.front.closed": ItemView(True),
    "person": ItemView(True),
}


def snapshot(floor_label: str | None = "7", **items: ItemView) -> SnapshotView:
    return SnapshotView(at=stamp(), items=ITEMS | items, floor_index=6, floor_label=floor_label)


def event(
    seq: int = 1, *, code: str = "A01", phase: Phase = Phase.RAISED, stream: Stream = Stream.ALARM
) -> EventMessage:
    return EventMessage(
        terminal_id="t1",
        journal_id="j1",
        stream=stream,
        seq=seq,
        ids=LiftIds("lift-1"),
        event_id=f"j1-lift-1-{seq}",
        code=code,
        name=Text("困人", "people trapped"),
        severity=1,
        phase=phase,
        begin=stamp(),
        floor_index=6,
        floor_label="7",
        zone="no",
        trapped=Trapped.YES,
        confidence=0.9,
        evidence=Text(
            "轿厢停在门区外 30 秒, 有内召, 传感器报告轿内有人",
            "stopped outside the door zone for 30 s; car call; person seen",
        ),
        snapshot=SnapshotView(at=stamp(f"2026-05-07T06:{seq % 60:02d}:00.000Z"), items={}),
    )


UP = LinkView("sensor", "stm32-lift-sensor", 247, "up", {"ok": 12})
DOWN = LinkView("drive", "invt-chv180", 1, "down", {"timeout": 9}, "no answer within 140 ms; last heard 12 s ago")
HEALTH = HealthMessage(terminal_id="t1", online=True, at=stamp(), version="0.1.0", mqtt_version="5")


def lift(
    view: SnapshotView | None = None,
    *,
    links: tuple[LinkView, ...] = (UP,),
    open_alarms: tuple[EventMessage, ...] = (),
    last_alarm: EventMessage | None = None,
    occupancy: str = "yes",
) -> LiftView:
    return LiftView(
        lift_id="lift-1",
        snapshot=snapshot() if view is None else view,
        links=list(links),
        occupancy=occupancy,
        open_alarms=list(open_alarms),
        last_alarm=last_alarm,
        names={},
    )


CALM = Reply(lifts=[lift()], health=HEALTH)
TROUBLE = Reply(
    lifts=[
        lift(
            SnapshotView(at=stamp(), items=ITEMS | {"floor": ItemView(7, "stale", 12_345)}),
            links=(UP, DOWN),
            open_alarms=(event(),),
            occupancy="unknown",
        )
    ],
    health=msgspec.structs.replace(HEALTH, mqtt_version="", undelivered=3, unacknowledged_alarms=1),
)


def register(name: str = "floor", words: tuple[int, ...] = (0x0700,), **changes: object) -> RegisterView:
    row = RegisterView("sensor", "all", 0x12, list(words), name, "floor", 7, "", 250)
    return msgspec.structs.replace(row, **changes)


WHY = WhyView(
    lift_id="lift-1",
    code="A01",
    name=Text("困人: 停在楼层之间", "people trapped: stopped between floors"),
    phase="suspect",
    since_s=18.0,
    raises_in_s=12.0,
    verdict=Text("正在计时; 轿内有人", "counting; people in the car"),
    signals=[
        SignalView("door_zone", "false", 300, "false", True),
        SignalView("moving", "true", 300, "false", False),
        SignalView("occupied", "unknown", None, "yes, unknown", None),
    ],
)
