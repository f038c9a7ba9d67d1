"""What hands hold for a while: buttons, switches, contacts, a door. Each hold ends by itself, without an event."""

from typing import Final, final

from sim.stimuli import Stimulus

KEEPING_THE_DOOR_OPEN: Final = (Stimulus.OPEN_BUTTON, Stimulus.OVERLOAD, Stimulus.DOOR_STOP)
OPENING_THE_CHAIN: Final = (Stimulus.STOP_SWITCH, Stimulus.LANDING_LOCK, Stimulus.CAR_CONTACT)

_NOTHING: Final[frozenset[Stimulus]] = frozenset()


@final
class Hands:
    """Until when each thing is held, and what waits to block the light curtain for `beam_ns`."""

    def __init__(self) -> None:
        self._until_ns: Final[dict[Stimulus, int]] = {}
        self.beam_ns: int | None = None
        self.at_edge = False
        """Somebody is to be touched by the closing door."""

    @property
    def door_until_ns(self) -> int:
        """Until when the door of a car at a landing is kept open; 0 if it never was."""
        if not self._until_ns:
            return 0
        return max(self._until_ns.get(thing, 0) for thing in KEEPING_THE_DOOR_OPEN)

    @property
    def chain_until_ns(self) -> int:
        """Until when the safety chain is held open; 0 if it never was."""
        return max((self._until_ns.get(thing, 0) for thing in OPENING_THE_CHAIN), default=0)

    def take(self, thing: Stimulus, until_ns: int) -> None:
        """Hold `thing` until `until_ns`, or for longer if it is held for longer already."""
        self._until_ns[thing] = max(until_ns, self._until_ns.get(thing, 0))

    def held(self, t_ns: int) -> frozenset[Stimulus]:
        """What is held at `t_ns`."""
        if not self._until_ns:
            return _NOTHING
        return frozenset(thing for thing, until_ns in self._until_ns.items() if t_ns < until_ns)

    def are_busy(self, t_ns: int) -> bool:
        """Whether anything is held at `t_ns`, or waits to get into the closing door's way."""
        return self.beam_ns is not None or self.at_edge or any(t_ns < until_ns for until_ns in self._until_ns.values())

    def close_chain(self) -> None:
        """Let go of whatever opens the safety chain."""
        for thing in OPENING_THE_CHAIN:
            self._until_ns.pop(thing, None)

    def let_go(self) -> None:
        """Let go of everything."""
        self._until_ns.clear()
        self.beam_ns = None
        self.at_edge = False
