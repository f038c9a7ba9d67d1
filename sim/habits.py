"""What a building file says of its people's habits: who presses the alarm button, and what is done to the lift.

By default nobody does anything of it. No source was found for any of these figures: each is an assumption of the file
that says it.
"""

from typing import Annotated

import msgspec

from sim.demand import Share

Positive = Annotated[float, msgspec.Meta(gt=0)]


class AlarmButton(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How trapped people use the alarm button: some never, others after a lognormal while, and perhaps again."""

    never: Share = 0.1
    after_s: Positive = 45.0
    """The median: half of those who press have pressed by then."""
    sigma: Annotated[float, msgspec.Meta(ge=0, le=3)] = 1.0
    """Spread of the logarithm: with 1.0 a sixth presses within 17 s, a sixth after more than 2 min."""
    again: Share = 0.7
    """How likely one more press follows each, as long as they are trapped."""
    again_after_s: Positive = 60.0
    """The mean pause before it, exponential."""
    press_s: Positive = 2.0


class Habits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often what is done; each share is drawn at each occasion. Nothing is drawn for a share of 0."""

    alarm_button: AlarmButton | None = None
    """None: trapped people never press it."""
    idle_presses: Share = 0.0
    """Of those who step in, how many press the alarm button although nobody is trapped."""
    pries: Share = 0.0
    """Of people trapped between floors, how many pry the door, after as long as others press the button."""
    rubbish: Share = 0.0
    """Of occupied runs, how many end at a door that something in its sill stops."""
    jumps: Share = 0.0
    """Of occupied runs, during how many somebody jumps or beats the door until a contact of the chain opens."""
    holds: Share = 0.0
    """Of those who step in, how many hold the door for others."""
    holds_for_s: Positive = 20.0
    """The median of how long, lognormal with a sigma of 1."""
