"""The seam to the person beside the bus: does what the doctor asks, or cannot."""

import enum
from typing import Protocol

import msgspec

from edge_agent.diagnose.causes import Hand
from protocols.upstream.messages import Text


class Answer(enum.Enum):
    """What the person says to an instruction: it is done, or it cannot be done here."""

    DONE = "done"
    DECLINED = "declined"


class Instruction(msgspec.Struct, frozen=True):
    """One thing for a person to do, as code and as a sentence.

    `undo`: what was done before and is to be put back first, since it did not help, or, for `Hand.PUT_BACK`, what this
    undoes; the sentence says so.
    """

    hand: Hand
    said: Text
    undo: Hand | None = None


class Operator(Protocol):
    """A person, or a bench that acts as one."""

    async def do(self, instruction: Instruction) -> Answer:
        """Do it and say so, or decline; takes as long as it takes."""


class Nobody:
    """The operator of an unattended run: declines everything at once."""

    async def do(self, _instruction: Instruction) -> Answer:
        """Decline."""
        return Answer.DECLINED
