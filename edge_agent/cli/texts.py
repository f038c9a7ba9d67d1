"""Words of the command line in both languages. Only characters of certain width: ASCII and Chinese."""

from collections.abc import Mapping
from typing import Final

from protocols.language import pick
from protocols.upstream.messages import Phase, Text

LABELS: Final[Mapping[str, Text]] = {
    "floor": Text("楼层", "Floor"),
    "doors": Text("门", "Doors"),
    "mode": Text("模式", "Mode"),
    "people": Text("人员", "People"),
    "link": Text("链路", "Link"),
    "alarm": Text("报警", "Alarm"),
    "upstream": Text("上行", "Upstr."),
    "notes": Text("备注", "Notes"),
}
"""The rows of the screen, in order; notes only when there are any."""

MOTION: Final[Mapping[str, Text]] = {
    "up": Text("上行", "going up"),
    "down": Text("下行", "going down"),
    "moving": Text("运行", "moving"),
    "stopped": Text("停止", "stopped"),
}

ZONE: Final[Mapping[bool, Text]] = {
    True: Text("在门区", "in door zone"),
    False: Text("不在门区", "not in door zone"),
}

SIDES: Final[Mapping[str, Text]] = {"front": Text("前门", "front"), "rear": Text("后门", "rear")}

DOORS: Final[Mapping[str, Text]] = {
    "open": Text("开到位", "open"),
    "closed": Text("关到位", "closed"),
    "between": Text("未到位", "neither open nor closed"),
    "not_open": Text("未开到位", "not fully open"),
    "not_closed": Text("未关到位", "not fully closed"),
    "contradiction": Text("开关到位同时有效", "open and closed at once"),
}

MODES: Final[Mapping[str, Text]] = {
    "out_of_service": Text("停止服务", "out of service"),
    "normal": Text("正常", "normal"),
    "inspection": Text("检修", "inspection"),
    "fire_recall": Text("消防返回", "fire recall"),
    "firefighter": Text("消防员操作", "firefighter"),
    "emergency_power": Text("应急电源", "emergency power"),
    "earthquake": Text("地震模式", "earthquake"),
    "unknown": Text("未知", "unknown"),
}

PEOPLE: Final[Mapping[str, Text]] = {
    "yes": Text("有人", "yes"),
    "no": Text("无人", "no"),
    "unknown": Text("未知", "unknown"),
}

PERSON_SENSOR: Final[Mapping[bool, Text]] = {
    True: Text("传感器: 有人", "sensor: yes"),
    False: Text("传感器: 无人", "sensor: no"),
}

LINKS: Final[Mapping[str, Text]] = {
    "up": Text("正常", "up"),
    "down": Text("中断", "down"),
    "probing": Text("连接中", "trying"),
    "degraded": Text("不稳定", "degraded"),
    "paused": Text("暂停", "paused"),
}

PHASES: Final[Mapping[Phase, Text]] = {
    Phase.RAISED: Text("报警", "raised"),
    Phase.ACKNOWLEDGED: Text("已确认", "acknowledged"),
    Phase.CLEARED: Text("人员可离开", "people can leave"),
    Phase.ENDED: Text("已结束", "ended"),
    Phase.BEGIN: Text("开始", "begins"),
    Phase.END: Text("结束", "ends"),
}

RULE_PHASES: Final[Mapping[str, Text]] = {
    "idle": Text("无", "no"),
    "suspect": Text("疑似", "suspected"),
    "raise": Text("报警", "alarm"),
}

HOLDS: Final[Mapping[bool | None, Text]] = {
    True: Text("是", "yes"),
    False: Text("否", "no"),
    None: Text("未知", "?"),
}
"""Whether a condition of a rule holds."""

KINDS: Final[Mapping[str, Text]] = {
    "controller": Text("控制器", "controller"),
    "drive": Text("驱动器", "drive"),
    "door_operator": Text("门机", "door operator"),
    "sensor_box": Text("传感终端", "sensor box"),
    "input_module": Text("输入模块", "input module"),
}

TIERS: Final[Mapping[str, Text]] = {
    "manual": Text("依据: 手册", "map from a manual"),
    "code": Text("依据: 公开代码", "map from published code"),
    "family": Text("依据: 同系列产品", "map from a sibling model"),
    "unverified": Text("依据: 未证实", "map from hearsay"),
}

ON_ERROR: Final[Mapping[str, Text]] = {
    "exception": Text("错误请求: 回异常码", "answers a wrong request with an exception"),
    "silence": Text("错误请求: 不应答", "silent to a wrong request"),
}

FRAMINGS: Final[Mapping[str, Text]] = {
    "rtu": Text("Modbus RTU", "Modbus RTU"),
    "hpmont_cic": Text("海浦蒙特自有帧格式", "HPMONT's own frames"),
}

SIGHTS: Final[Mapping[str, Text]] = {
    "certain": Text("可判定", "yes"),
    "indicative": Text("仅供参考", "only an indication"),
    "unseen": Text("不可判定", "no"),
}
"""How well an event can be told from a device's signals."""

WORDS: Final[Mapping[str, Text]] = {
    "unknown": Text("未知", "unknown"),
    "stale": Text("未知 (过期 {age})", "unknown (stale {age})"),
    "implausible": Text("未知 (不可信)", "unknown (implausible)"),
    "not_reported": Text("设备不报", "not reported"),
    "none": Text("无", "none"),
    "last_error": Text("最近错误", "last error"),
    "latency": Text("应答延迟", "answers began after"),
    "since": Text("自 {time}", "since {time}"),
    "connected": Text("已连接, MQTT {version}", "connected, MQTT {version}"),
    "disconnected": Text("未连接", "not connected"),
    "waiting": Text("待发 {count}", "to send: {count}"),
    "unacknowledged": Text("未确认报警 {count}", "alarms not acknowledged: {count}"),
    "unverified": Text("送达无法证实", "delivery unverified"),
    "no_events": Text("日志中没有事件", "no events in the journal"),
    "needs": Text("需要", "needs"),
    "alarm_in": Text("{seconds} 秒后报警", "alarm in {seconds} s"),
    "floor": Text("{label} 层", "floor {label}"),
    "nothing_read": Text("尚未读到任何寄存器", "no register has been read yet"),
    "good": Text("{file}: 正确", "{file}: good"),
    "unjudged": Text(
        "{file}: 以上改正后再判断: {parts}",
        "{file}: judged once the above is right: {parts}",
    ),
    "verified": Text("已在实物上验证", "verified on hardware"),
    "not_verified": Text("未在实物上验证", "not verified on hardware"),
    "allowed": Text("线路参数可用: {lines}", "line settings it accepts: {lines}"),
    "on_loss": Text("通信中断的影响: {effect}", "when communication is lost: {effect}"),
    "denied": Text("从不访问 {address} 起 {count} 个", "never touched: {count} from {address}"),
    "plan": Text("读取计划 (单独占用总线, {line})", "read like this, alone on the bus, {line}"),
    "bus_use": Text("占用总线 {use}", "{use} of the bus"),
    "oldest": Text("关键信号最旧 {age} ms", "what detectors relate: up to {age} ms old"),
    "faults": Text("故障表", "fault table"),
    "past_faults": Text("faults (历史)", "faults (past)"),
    "stub": Text("待补全, 不能轮询", "a stub: not to be polled"),
    "unseen_framing": Text("此端口的帧格式未证实", "framing never seen on this port"),
    "at_once": Text("一次最多读 {count} 个寄存器", "at most {count} registers at once"),
    "fewer_at_once": Text(
        "一次只读 {count} 个寄存器 (设备允许 {most} 个)", "{count} register(s) asked for at once, {most} allowed"
    ),
    "descending": Text("应答中高地址在前", "the highest address stands first in its answers"),
    "identity": Text("识别: {row} ({address}) = {values}", "known by {row} ({address}) = {values}"),
    "any_value": Text("手册未给出数值", "no value is stated"),
    "gives": Text("可提供的信号", "gives"),
    "gives_if_wired": Text("接线后可提供的信号", "gives, if wired to it"),
    "sees": Text("单独使用时可判定的事件", "events that can be told from it alone"),
    "derived": Text("推导得出", "derived"),
    "frames": Text("示例帧", "frames"),
    "sources": Text("资料来源", "sources"),
    "channel": Text("输入 {number}", "channel {number}"),
    "assumed": Text(
        "假定 {name}={value}; 可用 --option {name}=... 指定",
        "{name}={value} is assumed; --option {name}=... says otherwise",
    ),
}


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of WORDS with its facts filled in."""
    return pick(WORDS[name], lang).format(**facts)


def of(table: Mapping[str, Text], name: str, lang: str) -> str:
    """A word for a value; a value without a word is shown as it is."""
    return pick(table[name], lang) if name in table else name
