"""What stands on the bus may become something else: nothing that the other one said is shown as this one's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hil.loop import run_virtual
from tests.support.identified_box import TEXT
from tests.support.runtime import HandFed

SEEN = {"door_zone": True, "landing_lock": True}


def on_lift(directory: Path, script: Callable[[HandFed], None]) -> None:
    profile = directory / "box.yaml"
    profile.write_text(TEXT, encoding="utf-8")

    async def main() -> None:
        fed = HandFed(directory, str(profile))
        fed.read("about", 7)
        fed.read("values", 3)
        assert fed.known() == SEEN
        script(fed)

    run_virtual(main())


def test_a_device_that_turns_out_to_be_another_takes_its_values_with_it(tmp_path: Path) -> None:
    def script(fed: HandFed) -> None:
        fed.read("about", 8)
        assert fed.known() == {}
        assert len(fed.runtime.notes) == 1
        fed.read("about", 7)
        assert (fed.known(), fed.runtime.notes) == ({}, [])
        fed.read("values", 1)
        assert fed.known() == {"door_zone": True, "landing_lock": False}

    on_lift(tmp_path, script)


def was_lent(fed: HandFed) -> None:
    fed.runtime.on_lent()


def was_away(fed: HandFed) -> None:
    now_ns = fed.clock.now_ns()
    fed.runtime.on_link(fed.device, True, now_ns, now_ns)
    fed.runtime.on_link(fed.device, False, now_ns, now_ns)


@pytest.mark.parametrize("left", [was_lent, was_away])
def test_a_device_that_nobody_watched_is_believed_once_it_was_identified_again(
    tmp_path: Path, left: Callable[[HandFed], None]
) -> None:
    def script(fed: HandFed) -> None:
        left(fed)
        fed.read("values", 0)
        assert fed.known() == {}
        assert len(fed.runtime.notes) == 1
        fed.read("about", 7)
        fed.read("values", 3)
        assert (fed.known(), fed.runtime.notes) == (SEEN, [])

    on_lift(tmp_path, script)
