"""The causes, the tests and the advice in words, Chinese and English; what bytes cannot show is said with its meter."""

from collections.abc import Mapping
from typing import Final

from edge_agent.diagnose.causes import Cause, Hand
from edge_agent.diagnose.causes_evidence import Subject
from protocols.upstream.messages import Text

NAMES: Final[Mapping[Cause, Text]] = {
    Cause.SWAPPED_WIRES: Text("A/B 线接反", "wires A and B are swapped"),
    Cause.WRONG_SPEED: Text("波特率不对", "wrong speed"),
    Cause.WRONG_FORMAT: Text("校验位或停止位不对", "wrong parity or stop bits"),
    Cause.NO_TERMINATION: Text("缺终端电阻 (反射)", "no terminator: reflections"),
    Cause.NO_BIAS: Text("缺偏置电阻 (总线悬空)", "no bias: the idle pair floats"),
    Cause.ECHO: Text("适配器有本地回声", "the adapter echoes what it sends"),
    Cause.DUPLICATE_ADDRESS: Text("地址重复", "two devices share the address"),
    Cause.SECOND_MASTER: Text("总线上有另一个主站", "another master on the bus"),
    Cause.DEAD_DEVICE: Text("设备无应答 (断电、死机或地址不对)", "device dead, or nobody has this address"),
    Cause.SLOW_DEVICE: Text("设备应答太慢", "the device answers too late"),
    Cause.CUT_WIRE: Text("线断或松脱", "a wire is cut or loose"),
    Cause.DRIVE_NOISE: Text("变频器干扰", "noise from the drive"),
}

ADVICE: Final[Mapping[Cause, Text]] = {
    Cause.SWAPPED_WIRES: Text("对调 A 和 B.", "Swap A and B."),
    Cause.WRONG_SPEED: Text("把 line 设为找到的参数.", "Set `line` to what was found."),
    Cause.WRONG_FORMAT: Text("把 line 设为设备的校验位和停止位.", "Set `line` to the device's parity and stop bits."),
    Cause.NO_TERMINATION: Text(
        "总线两端各接 120 欧; 断电时 A-B 间应量得 60 欧.",
        "Fit 120 Ohm at both ends; with power off a meter shows 60 Ohm between A and B.",
    ),
    Cause.NO_BIAS: Text(
        "接偏置电阻 (或打开适配器的偏置开关); 空闲时 A-B 间应高于 200 mV.",
        "Fit bias resistors (or the adapter's switch); an idle bus has more than 200 mV between A and B.",
    ),
    Cause.ECHO: Text("无害: 本机会识别回声.", "Harmless: this agent knows its own echo."),
    Cause.DUPLICATE_ADDRESS: Text("改其中一台的地址.", "Give one of them another address."),
    Cause.SECOND_MASTER: Text("总线上只能有一个主站: 停用另一个.", "A bus has one master: switch the other one off."),
    Cause.DEAD_DEVICE: Text(
        "查电源和指示灯; 重新上电; 核对地址.", "Check its power and its lamps; restart it; check its address."
    ),
    Cause.SLOW_DEVICE: Text("在设备配置中加大 latency_ms.", "Raise latency_ms in its profile."),
    Cause.CUT_WIRE: Text(
        "断电量 A-A, B-B 通断; 两端有终端电阻时 A-B 间 60 欧.",
        "With power off measure A to A and B to B; with both terminators A to B is 60 Ohm.",
    ),
    Cause.DRIVE_NOISE: Text(
        "用屏蔽双绞线, 单端接地, 远离电机电缆.",
        "Use shielded twisted pair, shield earthed at one end, away from the motor cable.",
    ),
}

METERS: Final[Mapping[Cause, Text]] = {
    Cause.NO_TERMINATION: Text("断电, 万用表: A-B 间 60 欧为正常", "power off, meter: 60 Ohm between A and B is right"),
    Cause.NO_BIAS: Text(
        "空闲时, 万用表: A-B 间应高于 200 mV", "idle, meter: more than 200 mV between A and B is right"
    ),
    Cause.CUT_WIRE: Text("断电, 万用表: 逐芯量通断", "power off, meter: each wire from end to end"),
    Cause.DEAD_DEVICE: Text("万用表: 设备的供电电压", "meter: the supply at the device's terminals"),
}
"""What only a meter can show."""

_DONE: Final[Mapping[Hand, Text]] = {
    Hand.SWAP_WIRES: Text("在适配器处对调 A 和 B", "Swap A and B at the adapter"),
    Hand.SWAP_AT_DEVICE: Text("在从站 {slave} 处对调 A 和 B", "Swap A and B at device {slave}"),
    Hand.FIT_TERMINATOR: Text("在总线两端接上 120 欧终端电阻", "Fit the 120 Ohm terminator at each end of the bus"),
    Hand.FIT_BIAS: Text("接上偏置电阻 (或打开适配器的偏置开关)", "Fit the bias resistors (or the adapter's switch)"),
    Hand.STOP_DRIVE: Text("停梯并关断变频器", "Stop the lift and switch its drive off"),
    Hand.REMOVE_DEVICE: Text("把从站 {slave} 从总线上断开", "Take device {slave} off the bus"),
    Hand.CONNECT_DIRECTLY: Text(
        "用短线把适配器直接接到从站 {slave} 的端子", "Join adapter and device {slave} by a short cable of their own"
    ),
    Hand.PUT_BACK: Text("把刚才的改动恢复原样", "Put back what was changed last"),
}
_UNDONE: Final[Mapping[Hand, Text]] = {
    Hand.SWAP_WIRES: Text("适配器处 A 和 B 换回原样", "Put A and B at the adapter back as they were"),
    Hand.SWAP_AT_DEVICE: Text("从站 {slave} 处 A 和 B 换回原样", "Put A and B at device {slave} back as they were"),
    Hand.FIT_TERMINATOR: Text("终端电阻恢复原样", "Put the terminators back as they were"),
    Hand.FIT_BIAS: Text("偏置恢复原样", "Put the bias back as it was"),
    Hand.STOP_DRIVE: Text("恢复变频器", "Let the drive run again"),
    Hand.REMOVE_DEVICE: Text("把从站 {slave} 接回总线", "Put device {slave} back on the bus"),
    Hand.CONNECT_DIRECTLY: Text("恢复原来的接线", "Put the wiring back as it was"),
    Hand.PUT_BACK: Text("再恢复改动", "Make the last change again"),
}


def to_do(hand: Hand, undo: Hand | None, subject: Subject) -> Text:
    """The instruction as a sentence; what did not help is put back first."""
    if hand is Hand.PUT_BACK and undo is not None:
        back = put_back(undo, subject)
        return Text(f"为了确认: {back.zh}", f"To be sure: {back.en[0].lower()}{back.en[1:]}")
    done = _DONE[hand]
    if undo is None:
        text = Text(f"{done.zh}.", f"{done.en}.")
    else:
        back = _UNDONE[undo]
        text = Text(f"先{back.zh}, 再{done.zh}.", f"{back.en}. Then: {done.en[0].lower()}{done.en[1:]}.")
    return Text(text.zh.format(slave=subject.slave), text.en.format(slave=subject.slave))


def put_back(hand: Hand, subject: Subject) -> Text:
    """What to put back when all is over."""
    back = _UNDONE[hand]
    return Text(f"{back.zh}.".format(slave=subject.slave), f"{back.en}.".format(slave=subject.slave))
