"""Reading YAML strictly: each mistake is one line with file, line, key and fix."""

import enum
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from protocols import ProtocolError
from protocols.strictyaml import ConfigError, Document, line_of, load_yaml


class Mode(enum.Enum):
    AUTO = "auto"
    V5 = "5"
    V311 = "3.1.1"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    port: Annotated[str, Meta(min_length=1)]
    poll_period_s: Annotated[float, Meta(ge=0.1, le=60)] = 0.5
    mode: Mode = Mode.AUTO


class Floor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    label: Annotated[str, Meta(max_length=4)]
    reported: int = 0


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    link: Link
    floors: tuple[Floor, ...] = ()
    steps: Annotated[tuple[float, ...], Meta(min_length=1, max_length=3)] = (1.0,)
    pair: tuple[int, int] | None = None
    options: dict[str, str] = {}
    table: dict[int, bool | str] = {}
    level: Level = Level.LOW
    kind: Literal["a", "b"] = "a"
    lang: Annotated[str, Meta(pattern=r"^(zh|en|)$")] = ""
    name: str | None = None
    on: bool = False
    above: Annotated[float, Meta(gt=0, lt=1)] = 0.5

    def __post_init__(self) -> None:
        if self.name == "impossible":
            raise ValueError("nobody is called that")


GOOD = "link:\n  port: /dev/ttyUSB0\n"


def read(text: str, overrides: dict[str, str] | None = None) -> File:
    return load_yaml(text, "agent.yaml", File, overrides)


def says(text: str, overrides: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text, overrides)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  poll_period: 1\n", "agent.yaml:3: link.poll_period: unknown key; did you mean poll_period_s (seconds)?"),
        ("  prot: x\n", "agent.yaml:3: link.prot: unknown key; did you mean port?"),
        ("zzz: x\n", "agent.yaml:3: zzz: unknown key; there are: link, floors, steps"),
        ("  port: b\n", "agent.yaml:3: link.port: is there twice, first in line 2; keep one"),
        ("table: {1: a, 0x1: b}\n", "agent.yaml:3: table.0x1: is there twice, as 1; keep one"),
        (
            "  poll_period_s: 500ms\n",
            "agent.yaml:3: link.poll_period_s: wants a plain number of seconds, not 500ms; write 0.5",
        ),
        (
            "  poll_period_s: '1'\n",
            "agent.yaml:3: link.poll_period_s: wants a plain number of seconds, not the text '1'",
        ),
        ("  poll_period_s: .inf\n", "agent.yaml:3: link.poll_period_s: wants a plain number of seconds, not .inf"),
        ("  poll_period_s: 0\n", "agent.yaml:3: link.poll_period_s: must be at least 0.1 seconds, not 0"),
        ("  poll_period_s: 61\n", "agent.yaml:3: link.poll_period_s: must be at most 60 seconds, not 61"),
        ("above: 0\n", "agent.yaml:3: above: must be more than 0, not 0"),
        ("above: 1\n", "agent.yaml:3: above: must be less than 1, not 1"),
        ("  mode: 3.1\n", "agent.yaml:3: link.mode: 3.1 is not a choice; did you mean 3.1.1?"),
        ("level: 3\n", "agent.yaml:3: level: 3 is not a choice; there are: 1, 2"),
        ("kind: c\n", "agent.yaml:3: kind: c is not a choice; there are: a, b"),
        ("lang: fr\n", "agent.yaml:3: lang: 'fr' is not a choice; there are: zh, en"),
        ("on: yes\n", "agent.yaml:3: on: wants true or false, not yes"),
        ("floors: [{label: 10101}]\n", "agent.yaml:3: floors[0].label: wants at most 4 characters; '10101' has 5"),
        (
            "floors:\n- {label: a}\n- {label: b, reported: 010}\n",
            "agent.yaml:5: floors[1].reported: wants a plain whole",
        ),
        ("floors:\n- {label: a}\n- {reported: 1}\n", "agent.yaml:5: floors[1]: lacks label"),
        ("floors: {label: a}\n", "agent.yaml:3: floors: wants a list, not a section of keys and values"),
        ("floors: [a]\n", "agent.yaml:3: floors[0]: wants a section of keys and values, not a"),
        ("steps: []\n", "agent.yaml:3: steps: wants at least 1 elements, not 0"),
        ("steps: [1, 2, 3, 4]\n", "agent.yaml:3: steps: wants at most 3 elements, not 4"),
        ("pair: [1]\n", "agent.yaml:3: pair: wants at least 2 elements, not 1"),
        ("options: {a: }\n", "agent.yaml:3: options.a: wants text, not nothing"),
        ("options: {a: [1]}\n", "agent.yaml:3: options.a: wants text, not a list"),
        ("table: {x: a}\n", "agent.yaml:3: table.x: wants a plain whole number, not x"),
        ("name: impossible\n", "agent.yaml:1: nobody is called that"),
        ("name: &a x\nkind: *a\n", "agent.yaml:3: anchors and aliases are not used here; write it out"),
        ("name: !!python/object x\n", "agent.yaml:3: tags are not used here; remove tag:yaml.org,2002:python/object"),
        ("name: !mine x\n", "agent.yaml:3: tags are not used here; remove !mine"),
        ("[1]: x\n", "agent.yaml:3: a key must be one word"),
        ("name: [\n", "agent.yaml:4: is not YAML: "),
    ],
)
def test_a_mistake_is_one_line_that_says_where_and_what_to_do(text: str, said: str) -> None:
    found = says(GOOD + text)
    assert found.startswith(said)
    assert "\n" not in found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "agent.yaml: is empty; start from a shipped example"),
        ("# nothing\n", "agent.yaml: is empty; start from a shipped example"),
        ("on: true\n", "agent.yaml:1: lacks link"),
        ("link:\n", "agent.yaml:1: link: wants a section of keys and values, not nothing"),
        ("link: {}\n", "agent.yaml:1: link: lacks port"),
        ("link: {port: }\n", "agent.yaml:1: link.port: wants text, not nothing"),
        ("link: {port: ''}\n", "agent.yaml:1: link.port: wants at least 1 characters of text"),
        ("- 1\n", "agent.yaml:1: wants a section of keys and values, not a list"),
        ("link: \x00\n", "agent.yaml: is not YAML: "),
        ("link: {port: a}\n---\nlink: {port: b}\n", "agent.yaml:2: is not YAML: "),
    ],
)
def test_a_file_that_lacks_the_most_important_says_so(text: str, said: str) -> None:
    found = says(text)
    assert found.startswith(said)
    assert "\n" not in found


def test_the_error_is_a_protocol_error_that_knows_its_place() -> None:
    with pytest.raises(ProtocolError) as caught:
        read(GOOD + "zzz: 1\n")
    assert isinstance(caught.value, ConfigError)
    assert (caught.value.source, caught.value.line) == ("agent.yaml", 3)


@pytest.mark.parametrize("written", ["5", "3.1.1", "no", "1e3", "2024-01-01", "0x10", "true", "010", "12:30", "'5'"])
def test_a_bare_scalar_is_text_where_text_is_wanted(written: str) -> None:
    assert read(f"{GOOD}options: {{a: {written}}}\n").options == {"a": written.strip("'")}


@pytest.mark.parametrize(("written", "mode"), [("5", Mode.V5), ("3.1.1", Mode.V311), ("'5'", Mode.V5)])
def test_a_bare_number_is_a_choice_by_its_text(written: str, mode: Mode) -> None:
    assert read(f"{GOOD}  mode: {written}\n").link.mode is mode


def test_hexadecimal_and_exponents_are_numbers() -> None:
    file = read(GOOD + "  poll_period_s: 1e0\nfloors: [{label: a, reported: 0x0010}]\ntable: {0x0A: true, 11: yes}\n")
    assert (file.link.poll_period_s, file.floors[0].reported) == (1.0, 16)
    assert file.table == {10: True, 11: "yes"}


def test_nothing_is_null_where_null_is_allowed() -> None:
    assert read(GOOD + "name:\npair: ~\n").name is None


def test_choices_by_number_and_word_are_read() -> None:
    file = read(GOOD + "level: 2\nkind: b\nlang: zh\npair: [1, 2]\n")
    assert (file.level, file.kind, file.lang, file.pair) == (Level.HIGH, "b", "zh", (1, 2))


# --- overrides


def test_an_override_replaces_adds_and_reaches_into_lists() -> None:
    overrides = {"link.port": "/dev/ttyS1", "link.mode": "5", "floors.1.label": "B", "options.door": "5", "on": "true"}
    file = read(GOOD + "floors: [{label: a}, {label: b}]\n", overrides)
    assert (file.link.port, file.link.mode, file.floors[1].label) == ("/dev/ttyS1", Mode.V5, "B")
    assert (file.options, file.on) == ({"door": "5"}, True)


def test_an_override_makes_the_sections_it_needs() -> None:
    assert read("on: true\n", {"link.port": "x"}).link.port == "x"
    assert read("link:\n", {"link.port": "x"}).link.port == "x"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("link.prot", "x", "--set link.prot: unknown key; did you mean port?"),
        ("lnk.port", "x", "--set lnk.port: unknown key; did you mean link?"),
        ("link.poll_period_s", "2s", "--set link.poll_period_s: wants a plain number of seconds, not 2s; write 2"),
        ("link.port", "", "--set link.port: wants text, not nothing"),
        ("link.port.x", "1", "--set link.port.x: link.port holds no keys"),
        ("floors.3.label", "x", "--set floors.3.label: '3' is not one of the 1 elements; count from 0"),
    ],
)
def test_a_wrong_override_is_named_as_it_was_given(name: str, value: str, said: str) -> None:
    assert says(GOOD + "floors: [{label: a}]\n", {name: value}) == said


# --- lines for checks beyond types


@pytest.mark.parametrize(
    ("path", "line"),
    [("link", 1), ("link.port", 2), ("floors[1]", 5), ("floors[1].label", 5), ("floors[9].label", 3), ("nothing", 1)],
)
def test_a_path_has_a_line_or_its_nearest_part_has(path: str, line: int) -> None:
    assert line_of(GOOD + "floors:\n- {label: a}\n- {label: b}\n", path) == line


def test_a_semantic_error_names_the_override_that_caused_it() -> None:
    document = Document(GOOD, "agent.yaml", {"link.port": "x"})
    assert str(document.error("link.port", "is wrong")) == "--set link.port: is wrong"
    assert str(document.error("link", "is wrong")) == "agent.yaml:1: link: is wrong"


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        read(text)
    except ConfigError as error:
        assert str(error).startswith("agent.yaml")
        assert "\n" not in str(error)
