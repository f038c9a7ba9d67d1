"""Words of the demo in both languages."""

from collections.abc import Mapping
from typing import Final

from hil.demo.board import Column
from protocols.upstream.messages import Phase, Text

PHASES: Final[Mapping[Phase, Text]] = {
    Phase.RAISED: Text("报警", "raised"),
    Phase.ACKNOWLEDGED: Text("已确认", "acknowledged"),
    Phase.CLEARED: Text("人员可离开", "cleared: people can leave"),
    Phase.ENDED: Text("已结束", "ended"),
    Phase.BEGIN: Text("开始", "begins"),
    Phase.END: Text("结束", "ends"),
}

COLUMNS: Final[Mapping[Column, Text]] = {
    Column.LIFT: Text("电梯做了什么", "what the lift did"),
    Column.TERMINAL: Text("终端看到什么", "what the terminal saw"),
    Column.UPSTREAM: Text("上行收到什么", "what went upstream"),
}

SUMMARY: Final[Mapping[str, Text]] = {
    "total": Text("合计", "in all"),
    "passed": Text("通过: 订阅者确实收到了报警和报警结束", "passed: the subscriber received the alarm and its end"),
    "failed": Text("未通过", "failed"),
}

STEPS: Final[Mapping[str, Text]] = {
    "broker": Text("启动 MQTT 服务器", "MQTT broker started"),
    "start": Text("虚拟串口上的电梯、终端、救援台就绪", "lift on a virtual serial port, terminal, rescue desk: ready"),
    "ride": Text("正常载客运行", "normal service with passengers"),
    "entrap": Text("触发故障, 直到轿厢停在楼层之间", "fault injected, until the car stands between floors"),
    "window": Text("A01 判定窗口 (真实 30 秒) 并送达订阅者", "A01 after its real window of 30 s, at the subscriber"),
    "ack": Text("救援台确认, 终端回报已确认", "rescue desk acknowledges, terminal confirms"),
    "rescue": Text("救援: 就近平层, 开门, 报警结束", "rescue: to a landing, doors open, alarm ended"),
}


def title(broker: str) -> Text:
    """What is about to be seen."""
    return Text(
        f"一台模拟电梯 -> 虚拟串口 (Modbus RTU 9600 8N1) -> 终端 -> MQTT ({broker}) -> 救援台; 时间单位: 秒",
        f"a simulated lift -> virtual serial port (Modbus RTU 9600 8N1) -> terminal -> MQTT ({broker}) -> rescue desk; "
        "times in seconds",
    )
