"""Enumerations of the field, and the closed list of items that a profile row can feed.

Numbers follow GB/T 24476-2017 as three independent public implementations carry them (confidence V2).
"""

import enum
from typing import Final

import msgspec


class ServiceMode(enum.IntEnum):
    """GB/T 24476-2017 Service_Mode."""

    OUT_OF_SERVICE = 0
    NORMAL = 1
    INSPECTION = 2
    FIRE_RECALL = 3
    FIREFIGHTER = 4
    EMERGENCY_POWER = 5
    EARTHQUAKE = 6
    UNKNOWN = 7


class Direction(enum.IntEnum):
    """GB/T 24476-2017 Car_Direction."""

    NONE = 0
    UP = 1
    DOWN = 2


class DriveState(enum.Enum):
    """What a lift drive says of itself."""

    STANDBY = "standby"
    RUNNING_UP = "running_up"
    RUNNING_DOWN = "running_down"
    FAULT = "fault"


class DoorSide(enum.Enum):
    """The side of the car a door is on; every lift has at least a front."""

    FRONT = "front"
    REAR = "rear"


class Validity(enum.Enum):
    """What a value is worth. Only `GOOD` may be judged; the rest means *unknown*, with its reason."""

    GOOD = "good"
    STALE = "stale"
    MISSING = "missing"
    IMPLAUSIBLE = "implausible"


class ItemKind(enum.Enum):
    """The type of an item's value."""

    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    MODE = "mode"
    DIRECTION = "direction"
    DRIVE = "drive"
    BITS = "bits"
    FAULTS = "faults"


type_of_kind: Final[dict[ItemKind, type]] = {
    ItemKind.BOOL: bool,
    ItemKind.INT: int,
    ItemKind.FLOAT: float,
    ItemKind.MODE: ServiceMode,
    ItemKind.DIRECTION: Direction,
    ItemKind.DRIVE: DriveState,
    ItemKind.BITS: int,
    ItemKind.FAULTS: tuple,
}


class Rate(enum.Enum):
    """How fresh a value has to be: what a detector relates to others, and what it only takes note of."""

    FAST = "fast"
    SLOW = "slow"


class ItemSpec(msgspec.Struct, frozen=True):
    """One item of the vocabulary: its value's kind, its unit ("" for none), its names, how fresh it has to be."""

    kind: ItemKind
    en: str
    zh: str
    unit: str = ""
    rate: Rate = Rate.FAST


def _door(side: str, en: str, zh: str) -> dict[str, ItemSpec]:
    return {
        f"doors.{side}.open": ItemSpec(ItemKind.BOOL, f"{en} door at its open limit", f"{zh}开门到位"),
        f"doors.{side}.closed": ItemSpec(ItemKind.BOOL, f"{en} door at its close limit", f"{zh}关门到位"),
    }


ITEMS: Final[dict[str, ItemSpec]] = {
    "mode": ItemSpec(ItemKind.MODE, "service mode", "服务模式"),
    "moving": ItemSpec(ItemKind.BOOL, "car moving", "轿厢运行"),
    "direction": ItemSpec(ItemKind.DIRECTION, "direction", "运行方向"),
    "speed_mps": ItemSpec(ItemKind.FLOAT, "speed", "速度", "m/s"),
    "floor": ItemSpec(ItemKind.INT, "floor, as the device numbers it", "楼层(设备编号)"),
    "door_zone": ItemSpec(ItemKind.BOOL, "car in the unlocking zone", "门区"),
    **_door("front", "front", "前门"),
    **_door("rear", "rear", "后门"),
    "person": ItemSpec(ItemKind.BOOL, "person seen in the car", "轿内有人"),
    "car_calls": ItemSpec(ItemKind.BITS, "car calls, bit 0 = lowest floor", "内召", rate=Rate.SLOW),
    "hall_calls": ItemSpec(ItemKind.BITS, "hall calls, bit 0 = lowest floor", "外召", rate=Rate.SLOW),
    "alarm_button": ItemSpec(ItemKind.BOOL, "alarm button pressed", "报警按钮"),
    "door_open_button": ItemSpec(ItemKind.BOOL, "door-open button pressed", "开门按钮"),
    "mains": ItemSpec(ItemKind.BOOL, "mains present", "主电源", rate=Rate.SLOW),
    "safety_chain": ItemSpec(ItemKind.BOOL, "safety chain closed", "安全回路闭合"),
    "landing_lock": ItemSpec(ItemKind.BOOL, "landing door locks closed", "层门锁闭合"),
    "car_lock": ItemSpec(ItemKind.BOOL, "car door contact closed", "轿门锁闭合"),
    "overload": ItemSpec(ItemKind.BOOL, "car overloaded", "超载"),
    "brake_command": ItemSpec(ItemKind.BOOL, "brake told to open", "抱闸输出"),
    "brake_open": ItemSpec(ItemKind.BOOL, "brake open, as fed back", "抱闸反馈打开"),
    "contactor_command": ItemSpec(ItemKind.BOOL, "contactor told to close", "接触器输出"),
    "contactor_closed": ItemSpec(ItemKind.BOOL, "contactor closed, as fed back", "接触器反馈吸合"),
    "cabinet_door": ItemSpec(ItemKind.BOOL, "controller cabinet open", "控制柜门打开", rate=Rate.SLOW),
    "run_limit": ItemSpec(ItemKind.INT, "runs after which the controller locks", "运行次数限制", rate=Rate.SLOW),
    "run_count": ItemSpec(ItemKind.INT, "runs counted by the device", "运行次数", rate=Rate.SLOW),
    "drive_state": ItemSpec(ItemKind.DRIVE, "drive state", "驱动状态"),
    "faults": ItemSpec(ItemKind.FAULTS, "fault names the device reports", "设备故障"),
}
"""Every item a profile row can feed. A row whose item is not here is shown raw and judged by nobody."""
