"""An alarm says whether the lift's signals were proved; the proof holds for one wiring, across restarts."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from edge_agent import AgentError
from edge_agent.acceptance import wiring_of
from edge_agent.config_types import DeviceConfig, FloorConfig, LiftConfig
from edge_agent.local.views import LiftBlocks, Request
from hil.loop import run_virtual
from protocols.profiles.loader import load_profile
from protocols.upstream.messages import EventMessage, Phase
from sim.stimuli import Stimulus
from tests.support.virtual_agent import NO_TRAFFIC, VirtualAgent, virtual_agent

REPORT = "ab" * 32


def on_bench(directory: Path, script: Callable[[VirtualAgent], Awaitable[None]], **changes: object) -> None:
    async def main() -> None:
        async with virtual_agent(directory, building_set=NO_TRAFFIC, **changes) as bench:
            await bench.until_s(2)
            await script(bench)

    run_virtual(main())


async def look(bench: VirtualAgent) -> LiftBlocks:
    (blocks,) = (await bench.answer(Request("blocks"))).blocks
    return blocks


async def accept(bench: VirtualAgent, wiring: str | None = None, lift_id: str = "lift-1") -> None:
    wanted = (await look(bench)).wiring if wiring is None else wiring
    await bench.answer(Request("accept", lift_id=lift_id, wiring=wanted, report=REPORT))


async def alarmed(bench: VirtualAgent, at_s: float) -> EventMessage:
    bench.world.at(at_s, Stimulus.ENTRAP_BETWEEN_FLOORS)
    bench.world.at(at_s + 0.5, Stimulus.PERSON_ENTERS)
    await bench.until_s(at_s + 70)
    return bench.first("A01", Phase.RAISED)[1]


def test_before_it_was_proved_an_alarm_says_so_and_health_tells_what_to_do(tmp_path: Path) -> None:
    async def script(bench: VirtualAgent) -> None:
        assert (await alarmed(bench, 3)).commissioned is False
        assert not (await look(bench)).commissioned
        assert [note for note in bench.health().notes if "not commissioned" in note] == [
            "lift-1: not commissioned; on site: liftwarden commission"
        ]

    on_bench(tmp_path, script)


def test_after_it_was_proved_an_alarm_says_so(tmp_path: Path) -> None:
    async def script(bench: VirtualAgent) -> None:
        await accept(bench)
        assert (await alarmed(bench, 3)).commissioned is True
        assert (await look(bench)).commissioned
        assert not [note for note in bench.health().notes if "commissioned" in note]

    on_bench(tmp_path, script)


def test_the_proof_survives_a_restart(tmp_path: Path) -> None:
    async def script(bench: VirtualAgent) -> None:
        await accept(bench)
        await bench.stop()
        bench.start()
        await bench.until_s(10)
        assert (await look(bench)).commissioned

    on_bench(tmp_path, script)


@pytest.mark.parametrize(
    "changed",
    [
        lambda lift: msgspec.structs.replace(lift, floors=lift.floors[:-1]),
        lambda lift: msgspec.structs.replace(
            lift, devices=(msgspec.structs.replace(lift.devices[0], options={"door_switch": "closed_end"}),)
        ),
    ],
    ids=["floors", "options"],
)
def test_a_lift_that_is_read_otherwise_has_to_be_proved_again(tmp_path: Path, changed: Callable[..., object]) -> None:
    async def script(bench: VirtualAgent) -> None:
        await accept(bench)
        await bench.stop()
        right = bench.config
        bench.config = msgspec.structs.replace(right, lifts=(changed(right.lifts[0]),))
        bench.start()
        await bench.until_s(10)
        assert not (await look(bench)).commissioned
        (note,) = [note for note in bench.health().notes if "not commissioned" in note]
        assert "as it is read now" in note
        await bench.stop()
        bench.config = right
        bench.start()
        await bench.until_s(20)
        assert (await look(bench)).commissioned, "it is read again as it was proved"

    on_bench(tmp_path, script)


def test_a_later_visit_that_finds_a_fault_takes_the_proof_back(tmp_path: Path) -> None:
    async def script(bench: VirtualAgent) -> None:
        await accept(bench)
        await bench.answer(Request("withdraw", lift_id="lift-1"))
        assert not (await look(bench)).commissioned
        await bench.stop()
        bench.start()
        await bench.until_s(10)
        assert not (await look(bench)).commissioned

    on_bench(tmp_path, script)


def test_names_that_only_people_read_change_nothing(tmp_path: Path) -> None:
    async def script(bench: VirtualAgent) -> None:
        await accept(bench)
        await bench.stop()
        (lift,) = bench.config.lifts
        labels = tuple(msgspec.structs.replace(floor, label=f"L{floor.label}") for floor in lift.floors)
        box = msgspec.structs.replace(lift.devices[0], slave=247)  # the profile's own
        renamed = msgspec.structs.replace(
            lift, register_no="31105001", code_96333="A0001", full_travel_s=42.0, floors=labels, devices=(box,)
        )
        bench.config = msgspec.structs.replace(bench.config, lifts=(renamed,))
        bench.start()
        await bench.until_s(10)
        assert (await look(bench)).commissioned

    on_bench(tmp_path, script)


@pytest.mark.parametrize(
    ("wiring", "lift_id", "why"),
    [("0000", "lift-1", "reads it otherwise than the report"), (None, "lift-9", "no lift 'lift-9' here")],
)
def test_what_is_no_proof_of_this_lift_is_refused(tmp_path: Path, wiring: str | None, lift_id: str, why: str) -> None:
    async def script(bench: VirtualAgent) -> None:
        with pytest.raises(AgentError, match=why):
            await accept(bench, wiring, lift_id)
        assert not (await look(bench)).commissioned

    on_bench(tmp_path, script)


def test_of_a_profile_only_what_a_value_depends_on_counts() -> None:
    profile = load_profile("stm32-lift-sensor")
    device = DeviceConfig(name="box", profile=profile.name, options={"door_switch": "open_end"})
    floors = (FloorConfig(reported=1, label="1"), FloorConfig(reported=2, label="2"))
    lift = LiftConfig(id="lift-1", devices=(device,), floors=floors)
    rows = list(profile.rows)
    marked = msgspec.structs.replace(rows[0], note="seen", status="U")
    noted = msgspec.structs.replace(profile, rows=(marked, *rows[1:]))
    moved = msgspec.structs.replace(profile, rows=(msgspec.structs.replace(rows[0], address=99), *rows[1:]))

    known = wiring_of(lift, {"box": profile})

    assert wiring_of(lift, {"box": noted}) == known
    assert wiring_of(lift, {"box": moved}) != known
