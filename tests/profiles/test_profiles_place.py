"""A device at its place in a lift: which door it moves, what its inputs are wired to."""

import pytest

from protocols import ProtocolError
from protocols.lift.vocabulary import Direction, DoorSide
from protocols.profiles.layout import Layout, compile_layout
from protocols.profiles.loader import parse_profile
from protocols.profiles.place import Channel, Place
from protocols.resources import config_text

BOX, _ = config_text("profiles", "stm32-lift-sensor")
HEAD = BOX[: BOX.index("blocks:")].replace("functions: [3]", "functions: [2, 3]")
MODULE = f"{HEAD}blocks: [{{name: inputs, function: 2, address: 0, count: 8}}]\nrows:\n" + "".join(
    f"  - {{name: di{n}, function: 2, address: {n - 1}, channel: {n}, status: C}}\n" for n in range(1, 9)
)
OPERATOR = f"""{HEAD}
blocks: [{{name: state, address: 0, count: 1}}]
rows:
  - {{name: at_open, address: 0, bits: [0, 0], item: doors.this.open, status: C}}
  - {{name: running, address: 0, bits: [1, 1], status: C}}
  - {{name: fault, address: 0, bits: [2, 2], status: C}}
derived:
  - {{item: doors.this.closed, all: {{at_open: 0, running: 0, fault: 0}}, status: C, note: "stands still, not open"}}
"""
ANSWERS = {"door_switch": "open_end"}


def module(**channels: Channel) -> Layout:
    wired = {int(name[2:]): channel for name, channel in channels.items()}
    return compile_layout(parse_profile(MODULE, "module"), ANSWERS, Place(channels=wired))


def read(layout: Layout, *bits: int) -> dict[str, object]:
    return layout.decode(layout.blocks[0], [*bits, *[0] * (8 - len(bits))])


def test_an_input_feeds_what_it_is_wired_to_and_no_other_does() -> None:
    layout = module(di1=Channel("mains"), di3=Channel("landing_lock", invert=True))
    assert layout.items == {"mains", "landing_lock"}
    assert read(layout, 1, 1, 1) == {"mains": True, "landing_lock": False}
    assert read(layout, 0, 1, 0) == {"mains": False, "landing_lock": True}


@pytest.mark.parametrize(
    ("up", "down", "direction", "moving"),
    [(1, 0, Direction.UP, True), (0, 1, Direction.DOWN, True), (0, 0, Direction.NONE, False)],
)
def test_two_contacts_tell_direction_and_motion(up: int, down: int, direction: Direction, moving: bool) -> None:
    layout = module(di1=Channel("going_up"), di2=Channel("going_down"))
    assert read(layout, up, down) == {"direction": direction, "moving": moving}


def test_both_at_once_tell_nothing() -> None:
    assert read(module(di1=Channel("going_up"), di2=Channel("going_down")), 1, 1) == {}


def test_inverted_contacts_tell_the_same() -> None:
    layout = module(di1=Channel("going_up", invert=True), di2=Channel("going_down", invert=True))
    assert read(layout, 0, 1) == {"direction": Direction.UP, "moving": True}


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        ({"di9": Channel("mains")}, "no channel 9; it has 1 to 8"),
        ({"di1": Channel("main")}, "did you mean mains"),
        ({"di1": Channel("floor")}, "no truth value 'floor'"),
        ({"di1": Channel("mains"), "di2": Channel("mains")}, "mains is channel 1 already"),
        ({"di1": Channel("going_up")}, "only together"),
    ],
)
def test_inputs_that_cannot_be_as_stated_are_refused(channels: dict[str, Channel], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        module(**channels)


def test_a_device_without_inputs_says_so() -> None:
    with pytest.raises(ProtocolError, match="it has none; remove channels"):
        compile_layout(parse_profile(BOX, "box"), ANSWERS, Place(channels={1: Channel("mains")}))


@pytest.mark.parametrize("side", DoorSide)
def test_an_operator_speaks_of_the_door_it_moves(side: DoorSide) -> None:
    layout = compile_layout(parse_profile(OPERATOR, "operator"), ANSWERS, Place(side))
    assert layout.items == {f"doors.{side.value}.open", f"doors.{side.value}.closed"}
    assert layout.decode(layout.blocks[0], [1]) == {f"doors.{side.value}.open": True}


@pytest.mark.parametrize(("word", "closed"), [(0b000, True), (0b001, None), (0b010, None), (0b100, None)])
def test_what_is_derived_is_true_while_all_its_rows_say_so_and_else_unknown(word: int, closed: bool | None) -> None:
    layout = compile_layout(parse_profile(OPERATOR, "operator"), ANSWERS)
    assert layout.decode(layout.blocks[0], [word]).get("doors.front.closed") is closed


def test_what_is_derived_is_otherwise_what_the_profile_says() -> None:
    text = OPERATOR.replace("fault: 0}", "fault: 0}, otherwise: false")
    layout = compile_layout(parse_profile(text, "operator"), ANSWERS)
    assert layout.decode(layout.blocks[0], [2])["doors.front.closed"] is False
    for closed in (True, False):
        words = layout.encode(layout.blocks[0], {"doors.front.closed": closed})
        assert layout.decode(layout.blocks[0], words)["doors.front.closed"] is closed


def test_rows_that_something_hangs_on_are_read_together() -> None:
    text = OPERATOR.replace("count: 1}", "count: 9}").replace("address: 0, bits: [2, 2]", "address: 8, bits: [2, 2]")
    layout = compile_layout(parse_profile(text, "operator"), ANSWERS)
    assert max(span.count for span in layout.spans(layout.blocks[0])) == 9


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("all: {at_open: 0, running", "all: {at_opn: 0, running", "did you mean at_open"),
        ("fault: 0}", "fault: 2}", "2 does not fit into 1 bits"),
        ("item: doors.this.closed, all", "item: doors.closed, all", "no item"),
        ('status: C, note: "stands', 'status: "V:S-STM", note: "stands', "mark it C or V~"),
        ("derived:\n  - {item: doors.this.closed", "derived:\n  - {value: up, item: doors.this.closed", "no value of"),
        ("address: 0, bits: [2, 2]", "function: 2, address: 0", "is in no block"),
    ],
)
def test_what_cannot_be_derived_is_refused_with_its_line(old: str, new: str, said: str) -> None:
    assert old in OPERATOR
    with pytest.raises(ProtocolError, match=said) as refused:
        parse_profile(OPERATOR.replace(old, new), "operator")
    assert str(refused.value).startswith("operator:")


@pytest.mark.parametrize("direction", Direction)
def test_a_wired_module_says_what_the_lift_does(direction: Direction) -> None:
    layout = module(di1=Channel("going_up"), di2=Channel("going_down", invert=True), di3=Channel("door_zone"))
    said = {"direction": direction, "moving": direction is not Direction.NONE, "door_zone": True}
    assert layout.decode(layout.blocks[0], layout.encode(layout.blocks[0], said)) == said
