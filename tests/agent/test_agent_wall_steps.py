"""The wall clock jumps, as NTP or a person makes it: polling goes on as before, and so does every window."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from hil.loop import NOON_2026_UNIX_NS, NS_PER_S, run_virtual
from protocols.upstream.messages import Phase
from sim.stimuli import Stimulus
from sim.truth import TruthKind
from tests.support.virtual_agent import VirtualAgent, virtual_agent

STEP_NS = 600 * NS_PER_S
WHILE_POLLING_S = 10.0
IN_THE_WINDOW_S = 30.0
"""People are trapped from about 17 s on, and the alarm is raised 30 s later."""
END_S = 120.0

Step = tuple[float, int]
STEPS: dict[str, tuple[Step, ...]] = {
    "forward while polling": ((WHILE_POLLING_S, STEP_NS),),
    "back while polling": ((WHILE_POLLING_S, -STEP_NS),),
    "forward in the window": ((IN_THE_WINDOW_S, STEP_NS),),
    "back in the window": ((IN_THE_WINDOW_S, -STEP_NS),),
    "there and back": ((WHILE_POLLING_S, STEP_NS), (IN_THE_WINDOW_S, -STEP_NS)),
    "from 1970 to now while polling": ((0.0, -NOON_2026_UNIX_NS), (WHILE_POLLING_S, NOON_2026_UNIX_NS)),
    "from 1970 to now in the window": ((0.0, -NOON_2026_UNIX_NS), (IN_THE_WINDOW_S, NOON_2026_UNIX_NS)),
    "in 1970 for ever": ((0.0, -NOON_2026_UNIX_NS),),
}


class Seen(msgspec.Struct, frozen=True):
    """What a run did, and when: every frame on the wire, every message upstream."""

    frames: list[tuple[int, bytes]]
    published: list[tuple[int, str]]
    told: list[tuple[float, str, Phase]]
    trapped_s: float


def seen(bench: VirtualAgent) -> Seen:
    return Seen(
        [(tapped.t_start_ns, tapped.data) for tapped in bench.world.taps],
        [(one.t_ns, one.publication.topic) for one in bench.world.broker.published],
        [(t_s, one.code, one.phase) for t_s, one in bench.received()],
        bench.world.truth_of(TruthKind.TRAPPED_SINCE)[0].t_ns / NS_PER_S,
    )


def ridden(directory: Path, steps: Sequence[Step]) -> Seen:
    """Somebody is trapped between floors; meanwhile the wall clock makes its steps."""

    async def main() -> Seen:
        async with virtual_agent(directory) as bench:
            bench.world.at(5, Stimulus.PERSON_ENTERS)
            bench.world.at(6, Stimulus.ENTRAP_BETWEEN_FLOORS)
            for at_s, by_ns in steps:
                if at_s:
                    await bench.until_s(at_s)
                bench.world.clock.step_wall(by_ns)
                bench.world.clock.synchronised = bench.world.clock.wall().unix_ns >= NOON_2026_UNIX_NS - STEP_NS
            await bench.until_s(END_S)
            return seen(bench)

    return run_virtual(main())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return ridden(tmp_path_factory.mktemp("undisturbed"), ())


def test_the_steps_come_where_their_names_say(undisturbed: Seen) -> None:
    raised_s = next(t_s for t_s, code, phase in undisturbed.told if (code, phase) == ("A01", Phase.RAISED))
    assert WHILE_POLLING_S < undisturbed.trapped_s < IN_THE_WINDOW_S < raised_s < END_S
    assert raised_s == pytest.approx(undisturbed.trapped_s + 30, abs=1)


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_step_of_the_wall_clock_changes_nothing(tmp_path: Path, undisturbed: Seen, steps: Sequence[Step]) -> None:
    stepped = ridden(tmp_path, steps)
    assert stepped.frames == undisturbed.frames
    assert stepped.told == undisturbed.told
    assert stepped.published == undisturbed.published
