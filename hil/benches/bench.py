"""What every bench is, and what lets a scenario's steps happen on it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from hil.scenario.capabilities import Capability
from hil.scenario.families import Armable
from hil.scenario.model import Scenario
from hil.scenario.steps import Step
from hil.trace import Trace

AGENT_LOG: Final = "agent.log"
"""In the directory that a bench is given, what an agent in a process of its own says."""


class Settings(msgspec.Struct, frozen=True):
    """How a scenario is played: the seed of everything random, and whether ready callbacks are shuffled by it.

    `on_progress` is told how far a run is, of 1; nothing of a run depends on it.
    """

    seed: int = 1
    shuffle: bool = False
    on_progress: Callable[[float], None] | None = None


class Bench(Protocol):
    """Plays scenarios. `uncertainty_ns` is how far its stamps may be from what happened; 0 is exact."""

    name: str
    capabilities: frozenset[Capability]
    uncertainty_ns: int

    def cannot(self, armable: Armable) -> str:
        """Why it cannot make this fault though it has its family's capability; "" if it can."""

    def play(self, scenario: Scenario, settings: Settings, trace: Trace, directory: Path) -> None:
        """Play it to its end into `trace`; `directory` is for what the agent writes. Raises BenchError and the like.

        The trace is closed at the scenario's end, before anything is tidied up.
        """


Did = dict[str, object]
"""What came of a step, for the trace; `effect: none` if it changed nothing."""
Does = dict[str, Callable[[Step], Did]]
"""By the key of a step, what does it."""


class Hands(Protocol):
    """Does a scenario's steps on a bench, each at once; what takes time goes on behind. Called on the bench's loop."""

    def do(self, step: Step) -> Did:
        """Do it. Raises BenchError."""


class Fired(Protocol):
    """A fault did something from `t_ns` on; what came of it lasts until `until_ns`."""

    @property
    def t_ns(self) -> int:
        """When."""

    @property
    def until_ns(self) -> int:
        """Until when."""

    @property
    def fault(self) -> str:
        """The fault's id."""

    @property
    def done(self) -> str:
        """What it did, in words."""


class FaultInjector(Protocol):
    """Lets the faults of one family act on a bench; `hil.bus.faults.injector.Injector` is the wire's."""

    @property
    def firings(self) -> Sequence[Fired]:
        """What the faults did so far."""

    def arm(self, fault: Any) -> None:
        """Let a fault act from now on. Raises UsageError."""

    def clear(self, fault_id: str) -> None:
        """Let it act no more; what it holds back comes through."""
