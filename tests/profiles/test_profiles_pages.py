"""docs/devices is what the profiles say: nobody edits it by hand."""

import logging
from collections.abc import Iterator

import pytest
from generate_pages import TARGET, pages


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, str]]:
    log = logging.getLogger("edge_agent")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield pages()
    finally:
        log.setLevel(before)


def test_every_page_is_the_profiles(made: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in TARGET.glob("*.md")}
    assert there.keys() == made.keys()
    stale = [name for name, text in made.items() if there[name] != text]
    assert stale == [], "run `make schemas`"
