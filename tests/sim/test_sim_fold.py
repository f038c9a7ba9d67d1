"""Lines no wider than a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sim.fold import fold


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("one two three", ["one two", "  three"]),
        ("电梯停电后恢复运行", ["电梯停电后", "  恢复运行"]),
        ("ab unbreakable-word", ["ab", "  unbreaka", "  ble-word"]),
    ],
)
def test_a_line_ends_at_a_space_or_beside_a_chinese_character(text: str, lines: list[str]) -> None:
    assert fold(text, 10, "  ") == lines


def test_without_a_terminal_nothing_is_folded() -> None:
    assert fold("one two three " * 20, None) == ["one two three " * 20]


@given(text=st.text("ab 电梯,:", max_size=80), most=st.integers(6, 40))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, most: int) -> None:
    lines = fold(text, most, "  ")
    assert all(cell_len(line.rstrip()) <= most for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
