"""The review of a whole file: it says what the strict loader says, and more, and trips over nothing."""

import random

import pytest

from protocols.profiles.loader import parse_profile, profile_names
from protocols.profiles.review import review_profile
from protocols.resources import config_text
from protocols.strictyaml import ConfigError

SLIPS = 25
"""Damaged texts made of each shipped profile."""


def slipped(text: str, rng: random.Random) -> str:
    """As typing errors leave a text: lines lost or doubled, characters exchanged."""
    lines = text.splitlines(keepends=True)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        slip = rng.randrange(3)
        if slip == 0:
            del lines[at]
        elif slip == 1:
            lines.insert(at, rng.choice(lines))
        else:
            column = rng.randrange(len(lines[at]))
            lines[at] = lines[at][:column] + rng.choice('aZ09:,[]{} "') + lines[at][column + 1 :]
    return "".join(lines)


def first_error(text: str) -> str | None:
    try:
        parse_profile(text, "mine.yaml")
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", profile_names())
def test_a_shipped_profile_has_nothing_wrong(name: str) -> None:
    text, source = config_text("profiles", name)
    review = review_profile(text, source)
    assert (review.errors, review.unjudged, review.profile) == ((), (), parse_profile(text, source))


@pytest.mark.parametrize("name", profile_names())
def test_the_loaders_one_error_is_among_all_of_them(name: str) -> None:
    text, _ = config_text("profiles", name)
    rng = random.Random(name)
    for damaged in (slipped(text, rng) for _ in range(SLIPS)):
        first, review = first_error(damaged), review_profile(damaged, "mine.yaml")
        told = [str(error) for error in review.errors]
        assert (review.profile is None) == (first is not None) == bool(told)
        assert first is None or first in told


def test_errors_come_by_line() -> None:
    text, _ = config_text("profiles", profile_names()[0])
    damaged = text.replace("\nkind: ", "\nkint: ").replace("\nslave: ", "\nslafe: ")
    lines = [error.line for error in review_profile(damaged, "mine.yaml").errors]
    assert len(lines) == 3
    assert lines == sorted(line for line in lines if line is not None)
