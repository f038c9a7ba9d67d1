"""Which of the two languages a person reads: Chinese or English."""

from collections.abc import Mapping
from typing import Final

from protocols.upstream.messages import Text

_LOCALE_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX asks them; an empty one counts as unset."""


def language(wanted: str | None, environment: Mapping[str, str]) -> str:
    """`wanted` ("zh" or "en"), else the locale's language: zh or en."""
    if wanted:
        return wanted
    names = (environment.get(name, "") for name in _LOCALE_VARIABLES)
    locale = next((name for name in names if name), "")
    return "zh" if locale.startswith("zh") else "en"


def pick(text: Text, lang: str) -> str:
    """The sentence in one language."""
    return text.zh if lang == "zh" else text.en
