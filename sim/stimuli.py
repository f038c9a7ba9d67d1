"""What can be done to the lift from outside: mishaps, people, rescue, and a technician's hands at commissioning."""

import difflib
import enum
from typing import Final

from sim import SimError


class Stimulus(enum.Enum):
    """Something that a bench does to the plant."""

    ENTRAP_BETWEEN_FLOORS = "entrap_between_floors"
    ENTRAP_AT_LANDING = "entrap_at_landing"
    DOOR_JAMMED_AJAR = "door_jammed_ajar"
    OVERSPEED = "overspeed"
    NO_MOTION = "no_motion"
    ROPE_SLIP = "rope_slip"
    UCM = "ucm"
    OVERTRAVEL = "overtravel"
    NOT_SLOWED = "not_slowed"
    DOOR_OPENS_RUNNING = "door_opens_running"
    RELEASE = "release"
    POWER_LOSS = "power_loss"
    POWER_RESTORE = "power_restore"
    HOLD_DOOR = "hold_door"
    FORCE_DOOR = "force_door"
    IDLE_PERSON = "idle_person"
    PERSON_ENTERS = "person_enters"
    PERSON_LEAVES = "person_leaves"
    CHAIN_GLITCH = "chain_glitch"
    CONTROLLER_REBOOT = "controller_reboot"
    E_BIKE_ENTERS = "e_bike_enters"
    DOOR_STOP = "door_stop"
    CLEANING = "cleaning"
    TECHNICIAN_VISIT = "technician_visit"
    FIRE_RECALL = "fire_recall"
    FIREFIGHTER = "firefighter"
    FIRE_END = "fire_end"
    ATTENDANT_ON = "attendant_on"
    ATTENDANT_OFF = "attendant_off"
    INDEPENDENT_ON = "independent_on"
    INDEPENDENT_OFF = "independent_off"
    REPAIR_BEGINS = "repair_begins"
    REPAIR_ENDS = "repair_ends"
    OUT_OF_SERVICE = "out_of_service"
    IN_SERVICE = "in_service"
    EARTHQUAKE = "earthquake"
    EARTHQUAKE_END = "earthquake_end"
    EMERGENCY_ELECTRICAL_ON = "emergency_electrical_on"
    EMERGENCY_ELECTRICAL_OFF = "emergency_electrical_off"
    EMERGENCY_ELECTRICAL_UP = "emergency_electrical_up"
    EMERGENCY_ELECTRICAL_DOWN = "emergency_electrical_down"
    CLOSE_BUTTON = "close_button"
    RIDE_UP = "ride_up"
    RIDE_DOWN = "ride_down"
    OPEN_BUTTON = "open_button"
    BLOCK_BEAM = "block_beam"
    SAFETY_EDGE = "safety_edge"
    ALARM_BUTTON = "alarm_button"
    CABINET_DOOR = "cabinet_door"
    OVERLOAD = "overload"
    INSPECTION_ON = "inspection_on"
    INSPECTION_OFF = "inspection_off"
    INSPECTION_UP = "inspection_up"
    INSPECTION_DOWN = "inspection_down"
    STOP_SWITCH = "stop_switch"
    LANDING_LOCK = "landing_lock"
    CAR_CONTACT = "car_contact"
    BRIDGE_LANDING_LOCK = "bridge_landing_lock"
    BRIDGE_THIS_LANDING = "bridge_this_landing"
    BRIDGE_CAR_CONTACT = "bridge_car_contact"
    BRIDGE_CHAIN = "bridge_chain"
    UNBRIDGE = "unbridge"
    BYPASS_ON = "bypass_on"
    BYPASS_OFF = "bypass_off"
    BYPASS_LEFT_ON = "bypass_left_on"
    BRAKE_STUCK = "brake_stuck"
    CONTACTOR_STUCK = "contactor_stuck"
    SILL_OBSTRUCTED = "sill_obstructed"
    HALL_BUTTON_STUCK = "hall_button_stuck"
    HALL_BUTTON_FREED = "hall_button_freed"
    MODE_SELECTOR_BROKEN = "mode_selector_broken"
    MODE_SELECTOR_MENDED = "mode_selector_mended"

    @property
    def en(self) -> str:
        """What it does, in English."""
        return _MEANING[self][0]

    @property
    def zh(self) -> str:
        """What it does, in Chinese."""
        return _MEANING[self][1]

    @property
    def is_building_wide(self) -> bool:
        """Whether it comes to every lift of the building, unless somebody names one."""
        return self in _BUILDING_WIDE


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


_BUILDING_WIDE: Final = frozenset(
    {
        Stimulus.POWER_LOSS,
        Stimulus.POWER_RESTORE,
        Stimulus.FIRE_RECALL,
        Stimulus.FIRE_END,
        Stimulus.EARTHQUAKE,
        Stimulus.EARTHQUAKE_END,
    }
)
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
    Stimulus.OVERSPEED: (
        "on the next occupied trip neither drive nor brake holds the car: it speeds up until the safety gear stops it",
        "下一次载人运行中驱动和制动失效,轿厢超速直至安全钳制停",
    ),
    Stimulus.NO_MOTION: (
        "at the next occupied start the drive runs and the car stays: the run-time limiter stops the drive",
        "下一次载人起动时驱动运转而轿厢不动,运转时间限制器动作",
    ),
    Stimulus.ROPE_SLIP: (
        "on the next occupied trip the car comes to a stop while its ropes slip: the run-time limiter stops the drive",
        "下一次载人运行中曳引绳打滑,轿厢停住,运转时间限制器动作",
    ),
    Stimulus.UCM: (
        "with somebody in it, the car moves away from a landing with its door open: the device stops it",
        "载人轿厢在层站开门状态下意外移动,保护装置将其制停",
    ),
    Stimulus.OVERTRAVEL: (
        "on the next occupied trip to a last landing the car does not stop there: the final limit switch stops it",
        "下一次载人驶向端站时轿厢越程,极限开关动作",
    ),
    Stimulus.NOT_SLOWED: (
        "on the next occupied trip to a last landing the drive does not slow down: final limit and buffer stop the car",
        "下一次载人驶向端站时不减速,极限开关动作并撞击缓冲器",
    ),
    Stimulus.DOOR_OPENS_RUNNING: (
        "on the next occupied trip the car door is forced open between landings: the car stops there",
        "下一次载人运行中轿门在层间被扒开,轿厢立即制停",
    ),
    Stimulus.RELEASE: (
        "a technician brings the car to a landing, frees the doors and puts right what is wrong; service modes stay",
        "维保人员将轿厢移至层站,放出乘客并排除故障(消防、地震、锁梯等模式保持)",
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
    Stimulus.CHAIN_GLITCH: (
        "the safety chain opens for half a second on the next occupied trip: the car stops between floors",
        "下一次载人运行时安全回路瞬间断开0.5秒,轿厢停在层间",
    ),
    Stimulus.CONTROLLER_REBOOT: (
        "the controller starts anew (20 to 60 s, or as long as said): it is silent, then looks for its landing",
        "控制器重启(默认20至60秒),其间无应答,随后低速找层",
    ),
    Stimulus.E_BIKE_ENTERS: ("a person comes with an electric bicycle and rides somewhere", "有人推电动自行车乘梯"),
    Stimulus.DOOR_STOP: (
        "at a landing a door stop holds the door open (600 s, or as long as said), whoever is in the car",
        "在层站用物品挡住门,使门保持打开(默认600秒)",
    ),
    Stimulus.CLEANING: (
        "as soon as the car is at a landing it is cleaned (600 s, or as long as said) with a stop under its door",
        "轿厢停靠后进行保洁,门被挡住保持打开(默认600秒)",
    ),
    Stimulus.TECHNICIAN_VISIT: (
        "as soon as the car is parked and empty a technician works under inspection, then rides it up and down",
        "轿厢空载停靠后维保人员进行检修作业,最后试运行",
    ),
    Stimulus.FIRE_RECALL: (
        "fire recall: calls are dropped, the car goes to the fire floor without a stop and stands there open",
        "消防返回:取消所有召唤,直驶消防返回层(默认主层)并开门停梯",
    ),
    Stimulus.FIREFIGHTER: (
        "a firefighter takes over the recalled car: only car calls and the door buttons in the car act",
        "消防员在返回后的轿厢内接管,仅响应内召和轿内开关门按钮",
    ),
    Stimulus.FIRE_END: ("fire recall and firefighter operation end", "消防返回和消防员运行结束"),
    Stimulus.ATTENDANT_ON: (
        "attendant service: the car calls decide, the door waits for the door-close button (at most 30 s)",
        "司机运行:由内召决定,门等待关门按钮(最多30秒)",
    ),
    Stimulus.ATTENDANT_OFF: ("attendant service ends", "司机运行结束"),
    Stimulus.INDEPENDENT_ON: (
        "independent service: hall calls are not answered, the door stands open until a car call",
        "独立运行:不应答外召,门保持打开直到有内召",
    ),
    Stimulus.INDEPENDENT_OFF: ("independent service ends", "独立运行结束"),
    Stimulus.REPAIR_BEGINS: (
        "a technician takes the lift out of service for a repair, whatever the switch for it says",
        "维保人员停梯维修,与锁梯开关无关",
    ),
    Stimulus.REPAIR_ENDS: (
        "the repair is done: in service again, unless it is switched off",
        "维修结束,恢复服务",
    ),
    Stimulus.OUT_OF_SERVICE: (
        "switched out of service: people in the car are taken where they want, then it goes to the main floor",
        "锁梯:送完轿内乘客后返回主层停梯",
    ),
    Stimulus.IN_SERVICE: ("switched into service again", "解除锁梯,恢复服务"),
    Stimulus.EARTHQUAKE: (
        "an earthquake is sensed: the car stops, goes slowly to the next landing on its way and stands there open",
        "地震信号:轿厢停止,低速驶至运行方向的下一层站,开门停梯",
    ),
    Stimulus.EARTHQUAKE_END: ("earthquake operation is reset", "地震运行复位"),
    Stimulus.EMERGENCY_ELECTRICAL_ON: (
        "emergency electrical operation from the machine room: the car stops where it is",
        "机房紧急电动运行开启,轿厢停在原处",
    ),
    Stimulus.EMERGENCY_ELECTRICAL_OFF: (
        "emergency electrical operation ends: the car goes to the nearest landing and back into service",
        "紧急电动运行结束,轿厢移至最近层站并恢复运行",
    ),
    Stimulus.EMERGENCY_ELECTRICAL_UP: (
        "from the machine room the car is driven up slowly (4 s, or as long as said)",
        "紧急电动慢速上行(默认4秒)",
    ),
    Stimulus.EMERGENCY_ELECTRICAL_DOWN: (
        "from the machine room the car is driven down slowly (4 s, or as long as said)",
        "紧急电动慢速下行(默认4秒)",
    ),
    Stimulus.CLOSE_BUTTON: ("in the car, the door-close button is pressed", "轿内按下关门按钮"),
    Stimulus.RIDE_UP: ("in the car, the button of the next landing above is pressed", "轿内按下上一层的按钮"),
    Stimulus.RIDE_DOWN: ("in the car, the button of the lowest landing is pressed", "轿内按下最低层的按钮"),
    Stimulus.OPEN_BUTTON: (
        "the door-open button is pressed (3 s, or as long as said): a door at a landing opens and stays open",
        "按住开门按钮(默认3秒),层站处的门打开并保持",
    ),
    Stimulus.BLOCK_BEAM: (
        "the light curtain is blocked when the door is next half shut: it opens again (5 s, or as long as said)",
        "下一次关门至一半时遮挡光幕,门重新打开(默认5秒)",
    ),
    Stimulus.SAFETY_EDGE: (
        "when the door is next half shut it touches somebody with its safety edge, and opens again, also when nudging",
        "下一次关门至一半时安全触板碰到人,门重新打开(强迫关门时也有效)",
    ),
    Stimulus.ALARM_BUTTON: ("the alarm button is pressed (2 s, or as long as said)", "按住报警按钮(默认2秒)"),
    Stimulus.CABINET_DOOR: (
        "the controller cabinet stands open (10 s, or as long as said)",
        "控制柜门打开(默认10秒)",
    ),
    Stimulus.OVERLOAD: (
        "the car is overloaded (10 s, or as long as said): at a landing its door stays open",
        "轿厢超载(默认10秒),在层站时门保持打开",
    ),
    Stimulus.INSPECTION_ON: ("a parked, empty car is switched to inspection", "停靠的空轿厢转为检修"),
    Stimulus.INSPECTION_OFF: (
        "inspection ends: the car goes to the nearest landing and back into service",
        "检修结束,轿厢移至最近层站并恢复运行",
    ),
    Stimulus.INSPECTION_UP: (
        "under inspection the car is driven up slowly (4 s, or as long as said)",
        "检修慢速上行(默认4秒)",
    ),
    Stimulus.INSPECTION_DOWN: (
        "under inspection the car is driven down slowly (4 s, or as long as said)",
        "检修慢速下行(默认4秒)",
    ),
    Stimulus.STOP_SWITCH: (
        "under inspection the stop switch of a standing car is off (5 s, or as long as said)",
        "检修停车时断开急停开关(默认5秒)",
    ),
    Stimulus.LANDING_LOCK: (
        "under inspection a landing door's lock contact is open (3 s, or as long as said)",
        "检修时手动断开层门锁触点(默认3秒)",
    ),
    Stimulus.CAR_CONTACT: (
        "under inspection the car door's contact is open (3 s, or as long as said)",
        "检修时手动断开轿门触点(默认3秒)",
    ),
    Stimulus.BRIDGE_LANDING_LOCK: (
        "the landing door locks are short-circuited: their circuit reads closed with a landing door open",
        "短接层门锁回路,层门打开时回路仍显示闭合",
    ),
    Stimulus.BRIDGE_THIS_LANDING: (
        "the lock of the landing door where the car is now is short-circuited, and no other",
        "仅短接轿厢当前所在层的层门锁",
    ),
    Stimulus.BRIDGE_CAR_CONTACT: (
        "the car door contact is short-circuited: it reads closed with the car door open",
        "短接轿门触点,轿门打开时仍显示闭合",
    ),
    Stimulus.BRIDGE_CHAIN: (
        "the safety contacts before the door locks are short-circuited: stops and governor open nothing any more",
        "短接门锁前的安全回路,急停、限速器等断开时回路仍闭合",
    ),
    Stimulus.UNBRIDGE: ("all short-circuits of the safety chain are removed", "拆除安全回路的全部短接线"),
    Stimulus.BYPASS_ON: (
        "the bypass device of the landing door locks is on: a parked, empty car is under inspection, and nothing else",
        "层门锁旁路装置接通:停靠的空轿厢只能检修运行",
    ),
    Stimulus.BYPASS_OFF: ("the bypass device is off; the inspection goes on", "层门锁旁路装置断开,检修状态保持"),
    Stimulus.BYPASS_LEFT_ON: (
        "the bypass device of the landing door locks is on and its contact to the controller dead: service goes on",
        "层门锁旁路装置被遗忘在接通状态且其监测触点失效,电梯仍正常运行",
    ),
    Stimulus.BRAKE_STUCK: (
        "the brake's feedback stays as it is: the controller starts no more, and lets out who is in the car",
        "抱闸反馈不再变化:控制器不再启动,并放出轿内乘客",
    ),
    Stimulus.CONTACTOR_STUCK: (
        "the contactor welds when it is closed: after that run the controller starts no more",
        "接触器吸合后粘连:该次运行后控制器不再启动",
    ),
    Stimulus.SILL_OBSTRUCTED: (
        "rubbish lies in the sill: the closing door opens again and again, until the controller gives up with it open",
        "地坎内有异物:门反复重开,直至控制器报关门故障并保持开门",
    ),
    Stimulus.HALL_BUTTON_STUCK: (
        "the landing button where the car is now sticks: its call is there again whenever a car has left",
        "轿厢当前所在层的召唤按钮粘连:轿厢每次离开后召唤再次登记",
    ),
    Stimulus.HALL_BUTTON_FREED: ("no landing button sticks any more", "层站召唤按钮粘连解除"),
    Stimulus.MODE_SELECTOR_BROKEN: (
        "the contacts of the mode selector contradict each other: people get out where the run ends, then nothing runs",
        "运行模式选择开关触点矛盾:轿厢到达后放出乘客,不再运行",
    ),
    Stimulus.MODE_SELECTOR_MENDED: ("the mode selector's contacts agree again", "运行模式选择开关恢复正常"),
}
