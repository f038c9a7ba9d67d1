"""What is done to a door: held open by its button, stopped by its light curtain, let shut."""

from edge_agent.commission.acts import AT_ALL, AT_REST, LOCKS, TURNING, Act
from edge_agent.config_types import LiftConfig
from protocols.lift.vocabulary import DoorSide
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text


def doors(lift: LiftConfig) -> list[Act]:
    """Each door by itself. Where there are two, the car may have to go where this one is, and the other may open."""
    sides = [side for side in DoorSide if side in lift.doors]
    return [act for side in sides for act in _door(side, alone=len(sides) == 1)]


def _door(side: DoorSide, *, alone: bool) -> list[Act]:
    name, other = side.value, DoorSide.REAR if side is DoorSide.FRONT else DoorSide.FRONT
    zh, en = ("前门", "front") if side is DoorSide.FRONT else ("后门", "rear")
    opened = {f"doors.{name}.open": "T", f"doors.{name}.closed": "F"} | dict.fromkeys(LOCKS, "F")
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
        Act(
            name=hold,
            said=Text(f"按住开门按钮, 等{zh}全开", f"Keep the door-open button pressed until the {en} door is open"),
            does=opening | free | elsewhere | {"door_open_button": "F(TF)*T"},
            after=opened | {"door_open_button": "T"},
        ),
        Act(
            name=beam,
            needs=hold,
            said=Text(
                f"松开按钮; {zh}关到一半时挡住光幕, 保持遮挡, 等门全开",
                f"Let the button go; when the {en} door is half shut block its light curtain; wait until it is open",
            ),
            does=blocked | {"door_open_button": "T(FT)*F"},
            after={"door_open_button": "F"},
        ),
        Act(
            name=again,
            needs=beam,
            said=Text(
                "移开遮挡; 门关到一半时再挡一次, 保持遮挡, 等门全开",
                "Clear it; when the door is half shut block it once more; wait until the door is open",
            ),
            does=blocked,
        ),
        Act(
            name=clear,
            needs=hold,
            said=Text("移开遮挡, 等门关好", "Clear the light curtain; wait until the doors are shut"),
            does=shutting | free | {"safety_chain": "[TF]*T", "door_open_button": "[TF]*F"},
            after=shut,
        ),
    ]


def _anywhere() -> dict[str, str]:
    """The car may have to go to another landing for it."""
    turning = dict.fromkeys((*TURNING, GOING_UP, GOING_DOWN), AT_ALL["F"])
    return turning | {"door_zone": AT_ALL["T"]}
