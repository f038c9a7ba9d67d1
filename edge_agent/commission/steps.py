"""The script: what a person does on site, step by step, and what each item does meanwhile.

An item's values during a step are written as a word, one letter for each value in turn (`letters.py`): "TFT" is a door
limit that was left and reached again. A step expects each item's word to match a pattern. An item that a step does not
name keeps the letter it had.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from edge_agent.config_types import LiftConfig
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text

Expected = Mapping[str, str]
"""By item the pattern (a regular expression) that its word matches whole."""

AT_REST: Final[Mapping[str, str]] = {
    "mode": "N",
    "moving": "F",
    "speed_mps": "F",
    GOING_UP: "F",
    GOING_DOWN: "F",
    "brake_command": "F",
    "brake_open": "F",
    "contactor_command": "F",
    "contactor_closed": "F",
    "door_zone": "T",
    "doors.front.open": "F",
    "doors.front.closed": "T",
    "doors.rear.open": "F",
    "doors.rear.closed": "T",
    "safety_chain": "T",
    "landing_lock": "T",
    "car_lock": "T",
    "alarm_button": "F",
    "door_open_button": "F",
    "mains": "T",
    "overload": "F",
    "cabinet_door": "F",
}
"""The letters of an empty car that stands at a landing in normal service with its doors shut."""

_ANYTHING: Final = dict.fromkeys((*AT_REST, "person"), ".*")
_LOCKS: Final = ("landing_lock", "car_lock")
_CONTACTS: Final = ("safety_chain", *_LOCKS)
_TURNING: Final = (
    "moving",
    "speed_mps",
    "brake_command",
    "brake_open",
    "contactor_command",
    "contactor_closed",
)
"""True while the machine turns; which of them comes first is told by hundredths of a second, too little for a poll."""
_DOOR_LIMITS: Final = tuple(f"doors.{side.value}.{end}" for side in DoorSide for end in ("open", "closed"))
_SERVING: Final = frozenset((*_TURNING, *_CONTACTS, *_DOOR_LIMITS, GOING_UP, GOING_DOWN, "door_zone"))
"""What changes when a lift answers a call."""
_BOTH: Final = "(?=.*T)(?=.*F)[TF]+"
_ONCE_OR_MORE: Final = {"T": "T(FT)+", "F": "F(TF)+"}
_AT_ALL: Final = {"T": "T(FT)*", "F": "F(TF)*"}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do and then to confirm. `floor` is the index of the landing at which the car then stands.

    `is_optional`: it may be left out, and what it would have proved is then said to be unproven. `needs`: the step
    without which it is left out as well.
    """

    name: str
    said: Text
    expects: Expected
    floor: int | None = None
    is_optional: bool = False
    needs: str = ""


class _Act(msgspec.Struct, frozen=True, kw_only=True):
    """A step before it is known what the acts before it left behind.

    `after` are the letters that it leaves. `any_way`: the items it does not name may do anything, and end as they were;
    `in_service`: the lift may answer somebody meanwhile, so those of motion and doors may, too.
    """

    name: str
    said: Text
    does: Expected = {}
    after: Mapping[str, str] = {}
    floor: int | None = None
    is_optional: bool = False
    needs: str = ""
    any_way: bool = False
    in_service: bool = False
    proves: tuple[str, ...] = ()


def script(lift: LiftConfig, items: Collection[str]) -> tuple[Step, ...]:
    """The steps for a lift whose devices give these items; acts that would prove none of them are left out."""
    standing = dict(AT_REST)
    steps: list[Step] = []
    for act in _acts(lift):
        if act.proves and not any(item in items for item in act.proves):
            continue
        expects = {item: _left_alone(act, item, letter) for item, letter in standing.items()} | dict(act.does)
        steps.append(
            Step(
                name=act.name,
                said=act.said,
                expects=expects,
                floor=act.floor,
                is_optional=act.is_optional,
                needs=act.needs,
            )
        )
        standing |= act.after
    return tuple(steps)


def _left_alone(act: _Act, item: str, letter: str) -> str:
    """What an item does of which the act does not speak."""
    if act.any_way:
        return f".*{letter}"
    return _AT_ALL[letter] if act.in_service and item in _SERVING else letter


def _acts(lift: LiftConfig) -> list[_Act]:
    labels = [floor.label for floor in lift.floors]
    cycle = _cycle(lift)
    return [
        _Act(
            name="rest",
            said=Text(
                f"如可能先关闭外召; 轿厢空载停在最低层 {labels[0]}, 门关闭, 控制柜关闭, 正常服务",
                f"Hall calls off if that can be. Car empty at floor {labels[0]}, the lowest; doors shut, cabinet shut,"
                " normal service",
            ),
            any_way=True,
            floor=0,
        ),
        _Act(
            name="step_in",
            said=Text(
                "进入轿厢, 不按楼层; 等门关好", "Step into the car, press no floor; wait until the doors are shut"
            ),
            does=cycle | {"person": "[TF]*T"},
            in_service=True,
        ),
        *(_ride_up(index, label, cycle) for index, label in enumerate(labels[1:], start=1)),
        _Act(
            name="ride_down",
            said=Text(
                f"直接乘到最低层 {labels[0]}; 等门关好",
                f"Ride straight down to floor {labels[0]}; wait until the doors are shut",
            ),
            does=cycle | _motion("D", GOING_DOWN),
            floor=0,
        ),
        *_doors(lift),
        _Act(
            name="alarm_press",
            in_service=True,
            said=Text("按住报警按钮", "Press the alarm button and keep it pressed"),
            does={"alarm_button": "F(TF)*T"},
            after={"alarm_button": "T"},
            proves=("alarm_button",),
        ),
        _Act(
            name="alarm_release",
            in_service=True,
            needs="alarm_press",
            said=Text("松开报警按钮", "Let the alarm button go"),
            does={"alarm_button": "T(FT)*F"},
            after={"alarm_button": "F"},
            proves=("alarm_button",),
        ),
        *_load(),
        _Act(
            name="leave",
            said=Text(
                "离开轿厢, 门关好; 人感可能要等一分钟", "Leave the car; doors shut; a person sensor may take a minute"
            ),
            does=cycle | {"person": "[TF]*F"},
            in_service=True,
        ),
        _Act(
            name="cabinet_open",
            in_service=True,
            said=Text("打开控制柜门", "Open the controller cabinet"),
            does={"cabinet_door": "F(TF)*T"},
            after={"cabinet_door": "T"},
            proves=("cabinet_door",),
        ),
        _Act(
            name="cabinet_shut",
            in_service=True,
            needs="cabinet_open",
            said=Text("关闭控制柜门", "Shut the controller cabinet"),
            does={"cabinet_door": "T(FT)*F"},
            after={"cabinet_door": "F"},
            proves=("cabinet_door",),
        ),
        *_inspection(),
        *_mains(),
    ]


def _cycle(lift: LiftConfig) -> dict[str, str]:
    """The doors opened and shut once, or again; of two doors perhaps only one did."""
    each = _ONCE_OR_MORE if lift.doors == (DoorSide.FRONT,) else _AT_ALL
    doors = {
        f"doors.{side.value}.{end}": each[letter]
        for side in DoorSide
        for end, letter in (("open", "F"), ("closed", "T"))
    }
    return doors | dict.fromkeys(_LOCKS, _ONCE_OR_MORE["T"]) | {"safety_chain": _AT_ALL["T"]}


def _motion(letter: str, contact: str) -> dict[str, str]:
    """A run in one direction, from one landing to another."""
    return {
        **dict.fromkeys((*_TURNING, contact), _ONCE_OR_MORE["F"]),
        "direction": f"[-{letter}]*{letter}[-{letter}]*",
        "drive_state": f"[S{letter}]*{letter}[S{letter}]*",
        "car_calls": _BOTH,
        "door_zone": _ONCE_OR_MORE["T"],
    }


def _ride_up(index: int, label: str, cycle: Expected) -> _Act:
    return _Act(
        name=f"ride_up_{index}",
        said=Text(f"乘到 {label} 层; 等门关好", f"Ride to floor {label}; wait until the doors are shut"),
        does=dict(cycle) | _motion("U", GOING_UP),
        floor=index,
    )


def _doors(lift: LiftConfig) -> list[_Act]:
    """Each door by itself. Where there are two, the car may have to go where this one is, and the other may open."""
    sides = [side for side in DoorSide if side in lift.doors]
    return [act for side in sides for act in _door(side, alone=len(sides) == 1)]


def _door(side: DoorSide, *, alone: bool) -> list[_Act]:
    name, other = side.value, DoorSide.REAR if side is DoorSide.FRONT else DoorSide.FRONT
    zh, en = ("前门", "front") if side is DoorSide.FRONT else ("后门", "rear")
    opened = {f"doors.{name}.open": "T", f"doors.{name}.closed": "F"} | dict.fromkeys(_LOCKS, "F")
    shut = {item: AT_REST[item] for item in opened}
    opening = {item: f"{shut[item]}({letter}{shut[item]})*{letter}" for item, letter in opened.items()}
    shutting = {item: f"{letter}?({shut[item]}{letter})*{shut[item]}" for item, letter in opened.items()}
    free = {"safety_chain": "[TF]*"}
    elsewhere: dict[str, str] = {}
    if not alone:
        elsewhere = _anywhere()
        free |= {f"doors.{other.value}.open": "[TF]*", f"doors.{other.value}.closed": "[TF]*"}
    blocked = free | {f"doors.{name}.open": "T(FT)+"}
    hold, beam, again, clear = (
        f"{step}_{name}" for step in ("open_hold", "block_beam", "block_beam_again", "clear_beam")
    )
    return [
        _Act(
            name=hold,
            said=Text(f"按住开门按钮, 等{zh}全开", f"Keep the door-open button pressed until the {en} door is open"),
            does=opening | free | elsewhere | {"door_open_button": "F(TF)*T"},
            after=opened | {"door_open_button": "T"},
        ),
        _Act(
            name=beam,
            needs=hold,
            said=Text(
                f"松开按钮; {zh}关到一半时挡住光幕, 保持遮挡, 等门全开",
                f"Let the button go; when the {en} door is half shut block its light curtain; wait until it is open",
            ),
            does=blocked | {"door_open_button": "T(FT)*F"},
            after={"door_open_button": "F"},
        ),
        _Act(
            name=again,
            needs=beam,
            said=Text(
                "移开遮挡; 门关到一半时再挡一次, 保持遮挡, 等门全开",
                "Clear it; when the door is half shut block it once more; wait until the door is open",
            ),
            does=blocked,
        ),
        _Act(
            name=clear,
            needs=hold,
            said=Text("移开遮挡, 等门关好", "Clear the light curtain; wait until the doors are shut"),
            does=shutting | free | {"safety_chain": "[TF]*T", "door_open_button": "[TF]*F"},
            after=shut,
        ),
    ]


def _anywhere() -> dict[str, str]:
    """The car may have to go to another landing for it."""
    turning = dict.fromkeys((*_TURNING, GOING_UP, GOING_DOWN), _AT_ALL["F"])
    return turning | {"door_zone": _AT_ALL["T"]}


def _load() -> list[_Act]:
    return [
        _Act(
            name="overload",
            said=Text("如有试验砝码: 加载至超载", "If there are test weights: load the car until it is overloaded"),
            does=_ANYTHING | {"overload": "F(TF)*T"},
            after={"overload": "T"},
            is_optional=True,
            proves=("overload",),
        ),
        _Act(
            name="unload",
            needs="overload",
            said=Text("卸下砝码, 等门关好", "Unload the car again; wait until the doors are shut"),
            does={"overload": "T(FT)*F", "person": ".*"},
            after={"overload": "F"},
            any_way=True,
            is_optional=True,
            proves=("overload",),
        ),
    ]


def _inspection() -> list[_Act]:
    either = {"landing_lock": "T|TF", "car_lock": "T|TF"}  # taps behind the switch lose their voltage with it
    again = {"landing_lock": "T|FT", "car_lock": "T|FT"}
    entered = dict.fromkeys(_CONTACTS, "T(FT)*")
    by_hand = "由轿顶, 急停保持按下: 用手"
    on_roof = "On the car roof, stop switch pressed: "
    return [
        _Act(
            name="inspection_on",
            said=Text("上轿顶 (或用检修装置): 检修开关打到检修", "Go onto the car roof: inspection switch on"),
            does={"mode": "No*I"} | entered,
            after={"mode": "I"},
            in_service=True,
        ),
        _Act(
            name="inspection_away",
            needs="inspection_on",
            said=Text("检修上行约一米, 停在门区外", "Drive up about a metre, and stop outside the door zone"),
            does=_motion("U", GOING_UP) | {"door_zone": "T(FT)*F", "car_calls": ".*"},
            after={"door_zone": "F"},
        ),
        _Act(
            name="stop_press",
            needs="inspection_on",
            said=Text("按下急停", "Press the stop switch"),
            does={"safety_chain": "T(FT)*F"} | either,
            after={"safety_chain": "F"},
            proves=_CONTACTS,
        ),
        _Act(
            name="landing_lock",
            needs="stop_press",
            said=Text(f"{by_hand}顶开层门锁触点并保持", f"{on_roof}open the landing door's lock contact, keep it open"),
            does={"landing_lock": "T(FT)*F|F", "car_lock": "T|F"},
            after={"landing_lock": "F"},
            is_optional=True,
            proves=("landing_lock",),
        ),
        _Act(
            name="landing_lock_back",
            needs="landing_lock",
            said=Text("松开层门锁", "Let the landing door's lock go"),
            does={"landing_lock": "F(TF)*T|F", "car_lock": "T|F"},
            after={"landing_lock": "T"},
            is_optional=True,
            proves=("landing_lock",),
        ),
        _Act(
            name="car_contact",
            needs="stop_press",
            said=Text(f"{by_hand}断开轿门触点并保持", f"{on_roof}open the car door's contact, keep it open"),
            does={"car_lock": "T(FT)*F|F", "landing_lock": "T|F"},
            after={"car_lock": "F"},
            is_optional=True,
            proves=("car_lock",),
        ),
        _Act(
            name="car_contact_back",
            needs="car_contact",
            said=Text("松开轿门触点", "Let the car door's contact go"),
            does={"car_lock": "F(TF)*T|F", "landing_lock": "T|F"},
            after={"car_lock": "T"},
            is_optional=True,
            proves=("car_lock",),
        ),
        _Act(
            name="stop_release",
            needs="stop_press",
            said=Text("拔出急停", "Pull the stop switch out again"),
            does={"safety_chain": "F(TF)*T"} | again,
            after={"safety_chain": "T"},
            proves=_CONTACTS,
        ),
        _Act(
            name="inspection_off",
            needs="inspection_on",
            said=Text(
                "回到平层, 离开轿顶, 恢复正常; 等轿厢停好、门关好",
                "Back to the landing, off the roof, inspection off; wait until the car stands with doors shut",
            ),
            does={"mode": "[NIo]*N", "door_zone": "[TF]*T"},
            after={"mode": "N", "door_zone": "T"},
            any_way=True,
        ),
    ]


def _mains() -> list[_Act]:
    return [
        _Act(
            name="mains_off",
            said=Text("如允许: 断开主电源", "If it is allowed: switch the mains off"),
            does=_ANYTHING | {"mains": "T(FT)*F|"},  # "": a device that loses its power with them
            after={"mains": "F"},
            is_optional=True,
            proves=("mains",),
        ),
        _Act(
            name="mains_on",
            needs="mains_off",
            said=Text(
                "合上主电源; 等控制器恢复, 轿厢停好、门关好",
                "Mains on again; wait for the controller, until the car stands with doors shut",
            ),
            does={"mains": "F?(TF)*T", "person": ".*"},
            after={"mains": "T"},
            any_way=True,
            is_optional=True,
            proves=("mains",),
        ),
    ]
