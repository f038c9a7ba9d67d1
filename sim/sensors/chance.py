"""Stages with chance. Each draws from a stream of its own, anew for each edge or minute: nothing depends on who looks.

So what happened after an edge is known at any time from the edge's instant and the seed.
"""

import random
from typing import Final, final

from sim.agenda import NS_PER_S
from sim.sensors.trace import START, Source


@final
class Bounce:
    """After each edge the contact opens and closes up to `chatters` times more, for up to `longest_ns`."""

    def __init__(self, up: Source, stream: str, longest_ns: int, chatters: int) -> None:
        self._up: Final = up
        self._stream: Final = stream
        self._longest_ns: Final = longest_ns
        self._chatters: Final = chatters
        self._drawn: tuple[int, tuple[int, ...]] = (START, ())

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        turned = len(self._turns_up_to(t_ns)) % 2 == 1
        return bool(self._up.at(t_ns)) is not turned

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        turns = self._turns_up_to(t_ns)
        return turns[-1] if turns else self._up.since(t_ns)

    def _turns_up_to(self, t_ns: int) -> tuple[int, ...]:
        edge_ns = self._up.since(t_ns)
        if edge_ns == START or self._up.at(edge_ns) == self._up.at(edge_ns - 1):
            return ()
        if self._drawn[0] != edge_ns:
            self._drawn = (edge_ns, self._draw(edge_ns))
        return tuple(turn_ns for turn_ns in self._drawn[1] if turn_ns <= t_ns)

    def _draw(self, edge_ns: int) -> tuple[int, ...]:
        """An even number of turns: in the end the contact is where it belongs."""
        draw = random.Random(f"{self._stream}/{edge_ns}")
        turns = 2 * draw.randint(1, self._chatters)
        return tuple(sorted(edge_ns + draw.randint(1, self._longest_ns) for _ in range(turns)))


@final
class LostAtRest:
    """A contact that opens by itself at a share of the times it closed, at any time `within_ns`."""

    def __init__(self, up: Source, stream: str, share: float, within_ns: int) -> None:
        self._up: Final = up
        self._stream: Final = stream
        self._share: Final = share
        self._within_ns: Final = within_ns
        self._drawn: tuple[int, int | None] = (START, None)

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return self._up.at(t_ns) and self._lost_ns(t_ns) is None

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed."""
        lost_ns = self._lost_ns(t_ns)
        return self._up.since(t_ns) if lost_ns is None else lost_ns

    def _lost_ns(self, t_ns: int) -> int | None:
        closed_ns = self._up.since(t_ns)
        if closed_ns == START or not self._up.at(t_ns):
            return None
        if self._drawn[0] != closed_ns:
            self._drawn = (closed_ns, self._draw(closed_ns))
        lost_ns = self._drawn[1]
        return None if lost_ns is None or lost_ns > t_ns else lost_ns

    def _draw(self, closed_ns: int) -> int | None:
        draw = random.Random(f"{self._stream}/{closed_ns}")
        if draw.random() >= self._share:
            return None
        return closed_ns + draw.randint(1, self._within_ns)


@final
class Spells:
    """Poisson spells in which it tells `value`: `rate` per second on average, each up to `longest_ns`.

    With `while_` only those count that begin while that is true. A spell is drawn with the minute (or with the time of
    the longest spell, if that is more) in which it begins.
    """

    def __init__(
        self, up: Source, stream: str, value: bool, rate: float, longest_ns: int, while_: Source | None = None
    ) -> None:
        self._up: Final = up
        self._stream: Final = stream
        self._value: Final = value
        self._rate: Final = rate
        self._longest_ns: Final = longest_ns
        self._while: Final = while_
        self._page_ns: Final = max(60 * NS_PER_S, longest_ns)
        self._pages: Final[dict[int, tuple[tuple[int, int], ...]]] = {}

    def at(self, t_ns: int) -> object:
        """What it tells at `t_ns`."""
        return self._value if any(t_ns < end_ns for _, end_ns in self._begun(t_ns)) else self._up.at(t_ns)

    def since(self, t_ns: int) -> int:
        """The last instant up to `t_ns` at which it may have changed; of spells, only those of the last two minutes."""
        edges = (edge_ns for spell in self._begun(t_ns) for edge_ns in spell if edge_ns <= t_ns)
        return max(self._up.since(t_ns), *edges, START)

    def _begun(self, t_ns: int) -> list[tuple[int, int]]:
        """The spells that began up to `t_ns`, as far back as one can last that long."""
        if t_ns < 0:
            return []
        page = t_ns // self._page_ns
        spells = (*self._page(page - 1), *self._page(page))
        return [spell for spell in spells if spell[0] <= t_ns and (self._while is None or self._while.at(spell[0]))]

    def _page(self, number: int) -> tuple[tuple[int, int], ...]:
        if number < 0:
            return ()
        if number not in self._pages:
            if len(self._pages) > 8:
                self._pages.clear()
            self._pages[number] = tuple(self._draw(number))
        return self._pages[number]

    def _draw(self, number: int) -> list[tuple[int, int]]:
        draw = random.Random(f"{self._stream}/{number}")
        spells: list[tuple[int, int]] = []
        begin_ns = number * self._page_ns
        end_ns = begin_ns + self._page_ns
        while (begin_ns := begin_ns + round(draw.expovariate(self._rate) * NS_PER_S)) < end_ns:
            spells.append((begin_ns, begin_ns + draw.randint(1, self._longest_ns)))
        return spells
