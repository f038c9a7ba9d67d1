"""What is done outside normal service: test weights, inspection with its contacts by hand, the mains."""

from edge_agent.commission.acts import ANYTHING, CONTACTS, Act, motion
from protocols.profiles.place import GOING_UP
from protocols.upstream.messages import Text


def load() -> list[Act]:
    """Test weights, where there are some."""
    return [
        Act(
            name="overload",
            said=Text("如有试验砝码: 加载至超载", "If there are test weights: load the car until it is overloaded"),
            does=ANYTHING | {"overload": "F(TF)*T"},
            after={"overload": "T"},
            is_optional=True,
            proves=("overload",),
        ),
        Act(
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


def inspection() -> list[Act]:
    """Away from the landing, then each contact of the chain by itself, then back."""
    either = {"landing_lock": "T|TF", "car_lock": "T|TF"}  # taps behind the switch lose their voltage with it
    again = {"landing_lock": "T|FT", "car_lock": "T|FT"}
    entered = dict.fromkeys(CONTACTS, "T(FT)*")
    by_hand = "由轿顶, 急停保持按下: 用手"
    on_roof = "On the car roof, stop switch pressed: "
    return [
        Act(
            name="inspection_on",
            said=Text("上轿顶 (或用检修装置): 检修开关打到检修", "Go onto the car roof: inspection switch on"),
            does={"mode": "No*I"} | entered,
            after={"mode": "I"},
            in_service=True,
        ),
        Act(
            name="inspection_away",
            needs="inspection_on",
            said=Text("检修上行约一米, 停在门区外", "Drive up about a metre, and stop outside the door zone"),
            does=motion("U", GOING_UP) | {"door_zone": "T(FT)*F", "car_calls": ".*"},
            after={"door_zone": "F"},
        ),
        Act(
            name="stop_press",
            needs="inspection_on",
            said=Text("按下急停", "Press the stop switch"),
            does={"safety_chain": "T(FT)*F"} | either,
            after={"safety_chain": "F"},
            proves=CONTACTS,
        ),
        Act(
            name="landing_lock",
            needs="stop_press",
            said=Text(f"{by_hand}顶开层门锁触点并保持", f"{on_roof}open the landing door's lock contact, keep it open"),
            does={"landing_lock": "T(FT)*F|F", "car_lock": "T|F"},
            after={"landing_lock": "F"},
            is_optional=True,
            proves=("landing_lock",),
        ),
        Act(
            name="landing_lock_back",
            needs="landing_lock",
            said=Text("松开层门锁", "Let the landing door's lock go"),
            does={"landing_lock": "F(TF)*T|F", "car_lock": "T|F"},
            after={"landing_lock": "T"},
            is_optional=True,
            proves=("landing_lock",),
        ),
        Act(
            name="car_contact",
            needs="stop_press",
            said=Text(f"{by_hand}断开轿门触点并保持", f"{on_roof}open the car door's contact, keep it open"),
            does={"car_lock": "T(FT)*F|F", "landing_lock": "T|F"},
            after={"car_lock": "F"},
            is_optional=True,
            proves=("car_lock",),
        ),
        Act(
            name="car_contact_back",
            needs="car_contact",
            said=Text("松开轿门触点", "Let the car door's contact go"),
            does={"car_lock": "F(TF)*T|F", "landing_lock": "T|F"},
            after={"car_lock": "T"},
            is_optional=True,
            proves=("car_lock",),
        ),
        Act(
            name="stop_release",
            needs="stop_press",
            said=Text("拔出急停", "Pull the stop switch out again"),
            does={"safety_chain": "F(TF)*T"} | again,
            after={"safety_chain": "T"},
            proves=CONTACTS,
        ),
        Act(
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


def mains() -> list[Act]:
    """Off and on again, if that is allowed."""
    return [
        Act(
            name="mains_off",
            said=Text("如允许: 断开主电源", "If it is allowed: switch the mains off"),
            does=ANYTHING | {"mains": "T(FT)*F|"},  # "": a device that loses its power with them
            after={"mains": "F"},
            is_optional=True,
            proves=("mains",),
        ),
        Act(
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
