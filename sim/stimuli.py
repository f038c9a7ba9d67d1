"""What can be done to the lift from outside: mishaps, people, rescue."""

import difflib
import enum

from sim import SimError


class Stimulus(enum.Enum):
    """Something that a bench does to the plant."""

    ENTRAP_BETWEEN_FLOORS = "entrap_between_floors"
    ENTRAP_AT_LANDING = "entrap_at_landing"
    DOOR_JAMMED_AJAR = "door_jammed_ajar"
    RELEASE = "release"
    POWER_LOSS = "power_loss"
    POWER_RESTORE = "power_restore"
    HOLD_DOOR = "hold_door"
    FORCE_DOOR = "force_door"
    IDLE_PERSON = "idle_person"
    PERSON_ENTERS = "person_enters"
    PERSON_LEAVES = "person_leaves"

    @property
    def en(self) -> str:
        """What it does, in English."""
        return _MEANING[self][0]

    @property
    def zh(self) -> str:
        """What it does, in Chinese."""
        return _MEANING[self][1]


class Effect(enum.Enum):
    """What became of a stimulus."""

    NOW = "now"
    ARMED = "armed"
    NONE = "none"


def parse(name: str) -> Stimulus:
    """The stimulus of that name. Raises SimError, with the nearest name, if there is none."""
    try:
        return Stimulus(name)
    except ValueError:
        names = [stimulus.value for stimulus in Stimulus]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
        raise SimError(f"no stimulus {name!r}; {hint}") from None


_MEANING: dict[Stimulus, tuple[str, str]] = {
    Stimulus.ENTRAP_BETWEEN_FLOORS: (
        "the safety chain opens on the next occupied trip: the car stops between floors",
        "下一次载人运行时安全回路断开,轿厢停在层间",
    ),
    Stimulus.ENTRAP_AT_LANDING: (
        "on the next occupied arrival the doors stay closed",
        "下一次载人到站后门不打开",
    ),
    Stimulus.DOOR_JAMMED_AJAR: (
        "on the next occupied arrival the door sticks 15 cm open",
        "下一次载人到站后门卡在开启15厘米处",
    ),
    Stimulus.RELEASE: (
        "a technician brings the car to a landing, frees the doors and puts the lift back into service",
        "维保人员将轿厢移至层站,放出乘客并恢复运行",
    ),
    Stimulus.POWER_LOSS: ("mains off: the drive and the door stop where they are", "主电源断电,驱动和门停在原处"),
    Stimulus.POWER_RESTORE: (
        "mains back: the controller brings the car to the nearest landing",
        "主电源恢复,控制器将轿厢移至最近层站",
    ),
    Stimulus.HOLD_DOOR: ("somebody holds the door open (300 s, or as long as said)", "有人挡门(默认300秒)"),
    Stimulus.FORCE_DOOR: ("somebody inside pries the door of a car stuck between floors", "层间被困人员扒开轿门"),
    Stimulus.IDLE_PERSON: ("a person steps in, presses nothing and stands still", "有人进入轿厢,不按按钮,静止站立"),
    Stimulus.PERSON_ENTERS: ("a person comes to the lift and rides somewhere", "有人来乘梯"),
    Stimulus.PERSON_LEAVES: ("those who stand idle in the car leave it", "轿内静止人员离开"),
}
