"""One lift's runtime in virtual time, given the answers of its first device by hand."""

from pathlib import Path

from edge_agent.config import load_config
from edge_agent.equipment import equipment_of
from edge_agent.lift_runtime import LiftRuntime, Outcome, Terminal
from edge_agent.lift_state import LiftState, encode
from edge_agent.state.plausibility import Plausibility
from hil.loop import VirtualClock
from protocols.lift.catalogue import load_catalogue
from protocols.resources import config_text


class HandFed:
    """The lift of the example configuration, with another profile if one is given. `layout` is its first device's.

    `knowing`: what it remembers from before its start.
    """

    def __init__(
        self, directory: Path, profile: str = "stm32-lift-sensor", knowing: Plausibility | None = None
    ) -> None:
        text, _ = config_text("agent", "example")
        path = directory / "agent.yaml"
        path.write_text(text.replace("profile: stm32-lift-sensor", f"profile: {profile}", 1), encoding="utf-8")
        config = load_config(str(path))
        lift, terminal = config.lifts[0], Terminal("t", "j", load_catalogue(), 60)
        layouts = equipment_of(config).layouts_of(lift)
        self.clock = VirtualClock()
        self.device = lift.devices[0].name
        self.layout = layouts[self.device]
        stored = None if knowing is None else encode(LiftState(boot_id=self.clock.boot_id, plausibility=knowing))
        self.runtime = LiftRuntime(
            lift, config.detect, layouts, terminal, self.clock, stored, lambda _outcome: None, {}
        )

    def read(self, block: str, *words: int, ago_ns: int = 0) -> None:
        """The device answers; zeros behind the words given."""
        asked = next(one for one in self.layout.blocks if one.name == block)
        filled = (*words, *(0,) * (asked.count - len(words)))
        now_ns = self.clock.now_ns()
        self.runtime.on_block(self.device, asked, filled, now_ns - ago_ns, now_ns)

    def known(self) -> dict[str, object]:
        """Every item that somebody sees as good."""
        items = self.runtime.state_message(paused=False).snapshot.items
        return {name: item.value for name, item in items.items() if item.validity == "good"}


def _drop(_: Outcome) -> None:
    """What would be written."""
