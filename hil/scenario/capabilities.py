"""What a scenario can need and a bench can have. A missing one is a skip with this as its reason."""

import enum
from typing import Final


class Capability(enum.Enum):
    """Something that not every bench can do."""

    PLANT = "plant"
    TRUTH = "truth"
    WIRE_TAP = "wire_tap"
    WIRE_FAULTS = "wire_faults"
    SENSOR_FAULTS = "sensor_faults"
    PORT_FAULTS = "port_faults"
    UPLINK_FAULTS = "uplink_faults"
    HOST_FAULTS = "host_faults"
    AGENT_CONFIG = "agent_config"
    AGENT_STOP = "agent_stop"
    AGENT_KILL = "agent_kill"
    PLATFORM = "platform"
    TECHNICIAN = "technician"
    BYTE_DELIVERY = "byte_delivery"
    VIRTUAL_TIME = "virtual_time"

    @property
    def en(self) -> str:
        """What it is, in English."""
        return _MEANING[self][0]

    @property
    def zh(self) -> str:
        """What it is, in Chinese."""
        return _MEANING[self][1]


_MEANING: Final = {
    Capability.PLANT: ("a simulated lift that can be acted on", "可操作的模拟电梯"),
    Capability.TRUTH: ("the truth about the lift", "电梯真值记录"),
    Capability.WIRE_TAP: ("a tap on the wire", "总线监听"),
    Capability.WIRE_FAULTS: ("faults of the wire", "总线故障注入"),
    Capability.SENSOR_FAULTS: ("faults of sensors", "传感器故障注入"),
    Capability.PORT_FAULTS: ("faults of the port and its adapter", "串口和适配器故障注入"),
    Capability.UPLINK_FAULTS: ("faults of the uplink", "上行链路故障注入"),
    Capability.HOST_FAULTS: ("faults of the host", "主机故障注入"),
    Capability.AGENT_CONFIG: ("an agent whose configuration the bench writes", "由台架写入终端配置"),
    Capability.AGENT_STOP: ("an agent that the bench starts and stops", "由台架启停终端"),
    Capability.AGENT_KILL: ("an agent that the bench can kill", "由台架强制终止终端"),
    Capability.PLATFORM: ("a platform that acknowledges", "可确认报警的平台"),
    Capability.TECHNICIAN: ("a technician's commands to the agent", "维保人员对终端的命令"),
    Capability.BYTE_DELIVERY: ("bytes delivered one by one", "逐字节传输"),
    Capability.VIRTUAL_TIME: ("virtual time", "虚拟时间"),
}
