"""How old a register is, wherever it is shown: counted from the end of the request that sampled it."""

import asyncio
from pathlib import Path

from edge_agent.cli.direct import Device
from edge_agent.cli.target import Target
from edge_agent.clock import SystemClock
from edge_agent.link.outcome import Reply
from edge_agent.state.present import register_views
from hil.loop import run_virtual
from protocols.lift.vocabulary import DriveState
from protocols.profiles.layout import RawRow
from protocols.profiles.loader import load_profile
from tests.support.runtime import HandFed

S = 1_000_000_000


def test_a_row_is_shown_with_its_words_its_meaning_and_its_age() -> None:
    row = RawRow("state", "drive_state", 0x2100, [3], DriveState.RUNNING_UP, "")
    (view,) = register_views("drive", "status", [row], 1_999_999_999)
    assert (view.device, view.block, view.address, view.words) == ("drive", "status", 0x2100, [3])
    assert (view.name, view.item, view.value, view.age_ms) == ("state", "drive_state", "running_up", 1999)


def test_the_agents_registers_get_older_until_they_are_read_again(tmp_path: Path) -> None:
    async def main() -> None:
        fed = HandFed(tmp_path)
        block = fed.layout.blocks[0].name

        def ages() -> set[int]:
            return {view.age_ms for view in fed.runtime.register_views()}

        await asyncio.sleep(10)
        fed.read(block, ago_ns=2 * S)
        assert ages() == {2000}
        await asyncio.sleep(7)
        assert ages() == {9000}
        fed.read(block, ago_ns=S // 10)
        assert ages() == {100}

    run_virtual(main())


def test_a_register_read_without_the_agent_is_as_old_as_its_request() -> None:
    box = load_profile("stm32-lift-sensor")
    device = Device(Target("unopened", box.name), box, {"door_switch": "open_end"})
    block = device.layout.blocks[0]
    now_ns = SystemClock().now_ns()
    rows = device.rows(block, Reply((0,) * block.count, now_ns - 5 * S, now_ns))
    assert rows
    assert all(row.age_ms >= 5000 for row in rows)
