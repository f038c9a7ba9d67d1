"""Everything that is wrong with a profile's file, not only the first: a line each, with file, line and fix.

What is right is judged although other parts are wrong. Where a verdict would only echo an error that is told already
(the addresses of rows, while the ranges are wrong), it is held back; `Review.unjudged` says so.
"""

from typing import Final

import msgspec

from protocols.profiles.check import problems
from protocols.profiles.loader import EXTENDS, parse_profile, variant_of
from protocols.profiles.schema import Profile
from protocols.profiles.variant import Variant
from protocols.profiles.vectors import vector_problems
from protocols.strictyaml import ConfigError, Document, Path
from protocols.yamlsurvey import Survey
from protocols.yamlvalues import Plain

_TEXT: Final[dict[str, Plain]] = {"zh": "-", "en": "-"}
_STAND_INS: Final[dict[str, Plain]] = {
    "name": "x",
    "title": _TEXT,
    "kind": "controller",
    "tier": "unverified",
    "hardware_verified": False,
    "sources": {"S-X": "-"},
    "slave": 1,
    "line": {"default": "9600 8N1", "allowed": ["9600 8N1"]},
    "functions": [1, 2, 3, 4],
    "max_regs": 125,
    "behaviour": {"latency_ms": 0},
    "comm_loss": "unknown",
    "comm_loss_effect": _TEXT,
    "blocks": [{"name": "x", "address": 0, "count": 1}],
    "rows": [{"name": "x", "address": 0, "status": "C"}],
}
"""Harmless values for keys that a profile must have and that are wrong, so that the others can be judged."""
_JUDGED_BY: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("blocks", "function"): frozenset({"functions"}),
    ("rows", "address"): frozenset({"blocks"}),
    ("rows", "when"): frozenset({"options"}),
    ("rows", "status"): frozenset({"sources"}),
    ("rows", "faults"): frozenset({"faults"}),
    ("rows", "words"): frozenset({"max_regs"}),
    ("identity", "row"): frozenset({"rows"}),
    ("derived", "all"): frozenset({"rows", "blocks", "max_regs"}),
    ("derived", "status"): frozenset({"sources"}),
    ("joined", "item"): frozenset({"rows"}),
    ("joined", "rows"): frozenset({"rows", "blocks", "max_regs"}),
    ("joined", "status"): frozenset({"sources"}),
}
"""Keys that are right or wrong only beside other parts: while those are wrong, a verdict would be an echo."""


class Review(msgspec.Struct, frozen=True):
    """`profile` if nothing is wrong. `unjudged` is what can be judged only when the errors are mended."""

    profile: Profile | None
    errors: tuple[ConfigError, ...] = ()
    unjudged: tuple[str, ...] = ()


def review_profile(text: str, source: str) -> Review:
    """Judge the profile in a YAML text as `parse_profile` does, to the end; errors come by line."""
    try:
        survey = Survey(text, source)
    except ConfigError as error:
        return Review(None, (error,))
    type_ = Variant if survey.has(EXTENDS) else Profile
    plain = survey.rest(type_)
    if survey.errors:
        return _by_line(_review_rest(survey, plain) if type_ is Profile else Review(None, _told(survey)))
    try:
        return Review(parse_profile(text, source))
    except ConfigError as error:
        return _by_line(_review_whole(text, source, error))


def _review_whole(text: str, source: str, first: ConfigError) -> Review:
    """Every part has its form, and something does not fit."""
    document = Document(text, source)
    try:
        profile = variant_of(document) if document.has(EXTENDS) else document.to(Profile)
    except ConfigError:
        return Review(None, (first,))
    found = list(problems(profile))
    if not found:
        return Review(None, tuple(document.error(*problem) for problem in vector_problems(profile)))
    unjudged = ("vectors",) if profile.vectors else ()
    return Review(None, tuple(document.error(*problem) for problem in found), unjudged)


def _review_rest(survey: Survey, plain: dict[str, Plain]) -> Review:
    """Some parts have no form: judge the others."""
    absent = _STAND_INS.keys() - plain.keys()
    wrong = {str(path[0]) for path, _ in survey.errors if path} | absent
    unjudged = {key for key, others in _JUDGED_BY.items() if others & wrong and key[0] in plain}
    try:
        profile = msgspec.convert(_STAND_INS | plain, Profile, str_keys=True)
    except msgspec.ValidationError:
        return Review(None, _told(survey), tuple(sorted(plain)))
    told = {path[:2] for path, _ in survey.errors}
    found = [
        survey.error(path, what)
        for path, what in ((survey.original(where), what) for where, what in problems(profile))
        if path[0] not in absent and path[:2] not in told and _key_of(path) not in unjudged
    ]
    names = {f"{part}: {key}" for part, key in unjudged} | ({"vectors"} & plain.keys())
    return Review(None, (*_told(survey), *found), tuple(sorted(names)))


def _key_of(path: Path) -> tuple[str, str]:
    """The part and the key in it, whichever of its elements that is."""
    part, key = path[0], next((step for step in path[1:] if isinstance(step, str)), "")
    return str(part), key


def _told(survey: Survey) -> tuple[ConfigError, ...]:
    return tuple(error for _, error in survey.errors)


def _by_line(review: Review) -> Review:
    def place(error: ConfigError) -> int:
        return 0 if error.line is None else error.line

    return msgspec.structs.replace(review, errors=tuple(sorted(review.errors, key=place)))
