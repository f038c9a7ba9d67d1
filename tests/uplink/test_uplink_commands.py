"""What comes down: obeyed once, and only when nothing about it is doubtful."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge_agent.ports import Incoming
from edge_agent.uplink.commands import Commands
from edge_agent.uplink.source import Source
from hil.loop import NS_PER_S, run_virtual
from protocols.upstream.messages import Phase
from tests.support.uplink import Bench, message, uplink_bench

LONG_AGO = "2020-01-01T00:00:00.000Z"


class Desk:
    """Hands commands to the terminal's command room."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.obeyed: list[tuple[str, str]] = []
        self.knows = False
        self.restart()

    def restart(self) -> None:
        """As a new process would: nothing is remembered but what the journal keeps."""
        self.source = Source(self.bench.disk)
        self._commands = Commands(self.bench.clock, self.source, self._on_ack)

    def _on_ack(self, event_id: str, operator: str) -> bool:
        self.obeyed.append((event_id, operator))
        return self.knows

    async def send(self, number: int = 1, **changes: Any) -> None:
        await self.raw(msgspec.json.encode(self.bench.command("a1", number, **changes)))

    async def raw(self, payload: bytes) -> None:
        await self._commands.take(Incoming("cmd", payload))


def refusals(caplog: pytest.LogCaptureFixture) -> list[str]:
    start = "uplink.command_refused problem="
    return [one.getMessage().removeprefix(start) for one in caplog.records if one.getMessage().startswith(start)]


def test_a_good_acknowledgement_is_obeyed(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await desk.send()
            assert desk.obeyed == [("a1", "desk")]

    run_virtual(main())


def test_an_alarm_that_its_lift_knows_is_marked_by_its_acknowledged_step_alone(tmp_path: Path) -> None:
    """A crash before that step is on disk must leave the alarm to be emitted again."""

    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            await bench.store(message("a1"), message("a2"))
            desk = Desk(bench)
            desk.knows = True
            await desk.send()
            assert [row.event_id for row in await bench.journal.unacknowledged_alarms()] == ["a1", "a2"]
            assert [row.event_id for row in await desk.source.unacknowledged_alarms()] == ["a2"], (
                "not repeated meanwhile"
            )
            await bench.store(message("a1", Phase.ACKNOWLEDGED))
            assert [row.event_id for row in await bench.journal.unacknowledged_alarms()] == ["a2"]

    run_virtual(main())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"expires": LONG_AGO}, "id='desk-7': expired at 2020-01-01T00:00:00.000Z"),
        ({"expires": "tomorrow"}, "'tomorrow' is not an RFC 3339 time"),
        ({"issued": ""}, "'' is not an RFC 3339 time"),
        ({"expires": "2030-01-01T00:00:00"}, "'2030-01-01T00:00:00' has no time zone; end it with Z"),
        ({"schema": 2}, "id='desk-7': schema 2, this terminal knows 1"),
        ({"counter": 0}, "id='desk-7': counter 0 must exceed the last one, 0"),
        (
            {"counter": 2**53},
            "id='desk-7': counter 9007199254740992 must exceed the last one, 0 and lie before tomorrow in ms",
        ),
    ],
)
def test_a_doubtful_command_is_refused_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], said: str
) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await desk.send(7, **changes)
            assert desk.obeyed == []

    run_virtual(main())
    assert refusals(caplog) == [said]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "not a command of schema 1: 'Input data was truncated'"),
        (b"\xff\x00", "not a command of schema 1"),
        (b'{"kind": "\xff"}', "not a command of schema 1"),
        (b"[]", "not a command of schema 1"),
        (b'{"kind": "open_door"}', "not a command of schema 1: \"Invalid enum value 'open_door'"),
        (b'{"kind": "ack"}', "not a command of schema 1: 'Object missing required field"),
        (b" " * 20_000, "20000 bytes; at most 16384"),
    ],
)
def test_rubbish_is_refused_with_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, payload: bytes, said: str
) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await desk.raw(payload)
            assert desk.obeyed == []

    run_virtual(main())
    (line,) = refusals(caplog)
    assert line.startswith(said)
    assert "\n" not in line


def test_a_replayed_command_is_refused_also_after_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await desk.send(5)
            await desk.send(5)
            desk.restart()
            await desk.send(5)
            await desk.send(4)
            assert len(desk.obeyed) == 1
            await desk.send(6)
            assert len(desk.obeyed) == 2

    run_virtual(main())
    assert len(refusals(caplog)) == 3


def test_a_replay_is_refused_although_the_disk_cannot_keep_the_counter(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            bench.disk.refuses = {"set_meta", "mark_acknowledged"}
            await desk.send(5)
            await desk.send(5)
            assert len(desk.obeyed) == 1

    run_virtual(main())


def test_a_refused_command_does_not_use_up_its_counter(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await desk.send(900, expires=LONG_AGO)
            await desk.send(1)
            assert len(desk.obeyed) == 1

    run_virtual(main())


def test_expiry_is_not_judged_by_a_clock_that_nobody_vouches_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            bench.clock.synchronised = False
            await desk.send(1, expires=LONG_AGO)
            assert len(desk.obeyed) == 1

    run_virtual(main())


def test_a_command_is_good_up_to_the_very_instant_of_its_expiry(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            command = msgspec.json.encode(bench.command("a1", 1))
            bench.clock.step_wall(60 * NS_PER_S)
            await desk.raw(command)
            bench.clock.step_wall(1_000_000)
            await desk.raw(msgspec.json.encode(msgspec.structs.replace(bench.command("a1", 2), expires=LONG_AGO)))
            assert len(desk.obeyed) == 1

    run_virtual(main())


def test_an_acknowledgement_whose_marking_the_disk_refuses_is_marked_later(tmp_path: Path) -> None:
    async def main() -> None:
        async with uplink_bench(tmp_path, start=False) as bench:
            desk = Desk(bench)
            await bench.store(message("a1"))
            bench.disk.refuses = {"mark_acknowledged"}
            await desk.send(1)
            assert len(await bench.journal.unacknowledged_alarms()) == 1
            assert len(await desk.source.unacknowledged_alarms()) == 0
            bench.disk.refuses = set()
            await desk.source.undelivered(1)
            assert len(await bench.journal.unacknowledged_alarms()) == 0

    run_virtual(main())
