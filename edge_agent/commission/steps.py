"""The script: what a person does on site, step by step, and what each item does meanwhile."""

from collections.abc import Collection

import msgspec

from edge_agent.commission.acts import AT_ALL, AT_REST, SERVING, Act, Expected, cycle_of, motion
from edge_agent.commission.acts_doors import doors
from edge_agent.commission.acts_switches import inspection, load, mains
from edge_agent.config_types import LiftConfig
from protocols.profiles.place import GOING_DOWN, GOING_UP
from protocols.upstream.messages import Text


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


def _left_alone(act: Act, item: str, letter: str) -> str:
    """What an item does of which the act does not speak."""
    if act.any_way:
        return f".*{letter}"
    return AT_ALL[letter] if act.in_service and item in SERVING else letter


def _acts(lift: LiftConfig) -> list[Act]:
    labels = [floor.label for floor in lift.floors]
    cycle = cycle_of(lift)
    return [
        Act(
            name="rest",
            said=Text(
                f"如可能先关闭外召; 轿厢空载停在最低层 {labels[0]}, 门关闭, 控制柜关闭, 正常服务",
                f"Hall calls off if that can be. Car empty at floor {labels[0]}, the lowest; doors shut, cabinet shut,"
                " normal service",
            ),
            any_way=True,
            floor=0,
        ),
        Act(
            name="step_in",
            said=Text(
                "进入轿厢, 不按楼层; 等门关好", "Step into the car, press no floor; wait until the doors are shut"
            ),
            does=cycle | {"person": "[TF]*T"},
            in_service=True,
        ),
        *(_ride_up(index, label, cycle) for index, label in enumerate(labels[1:], start=1)),
        Act(
            name="ride_down",
            said=Text(
                f"直接乘到最低层 {labels[0]}; 等门关好",
                f"Ride straight down to floor {labels[0]}; wait until the doors are shut",
            ),
            does=cycle | motion("D", GOING_DOWN),
            floor=0,
        ),
        *doors(lift),
        Act(
            name="alarm_press",
            in_service=True,
            said=Text("按住报警按钮", "Press the alarm button and keep it pressed"),
            does={"alarm_button": "F(TF)*T"},
            after={"alarm_button": "T"},
            proves=("alarm_button",),
        ),
        Act(
            name="alarm_release",
            in_service=True,
            needs="alarm_press",
            said=Text("松开报警按钮", "Let the alarm button go"),
            does={"alarm_button": "T(FT)*F"},
            after={"alarm_button": "F"},
            proves=("alarm_button",),
        ),
        *load(),
        Act(
            name="leave",
            said=Text(
                "离开轿厢, 门关好; 人感可能要等一分钟", "Leave the car; doors shut; a person sensor may take a minute"
            ),
            does=cycle | {"person": "[TF]*F"},
            in_service=True,
        ),
        Act(
            name="cabinet_open",
            in_service=True,
            said=Text("打开控制柜门", "Open the controller cabinet"),
            does={"cabinet_door": "F(TF)*T"},
            after={"cabinet_door": "T"},
            proves=("cabinet_door",),
        ),
        Act(
            name="cabinet_shut",
            in_service=True,
            needs="cabinet_open",
            said=Text("关闭控制柜门", "Shut the controller cabinet"),
            does={"cabinet_door": "T(FT)*F"},
            after={"cabinet_door": "F"},
            proves=("cabinet_door",),
        ),
        *inspection(),
        *mains(),
    ]


def _ride_up(index: int, label: str, cycle: Expected) -> Act:
    return Act(
        name=f"ride_up_{index}",
        said=Text(f"乘到 {label} 层; 等门关好", f"Ride to floor {label}; wait until the doors are shut"),
        does=dict(cycle) | motion("U", GOING_UP),
        floor=index,
    )
