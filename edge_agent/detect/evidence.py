"""Why we think so, in one sentence of each language, and how sure we are.

The confidences rank the kinds of evidence; they are design values, not measured precisions.
"""

from typing import Final

from edge_agent.clock import NS
from edge_agent.detect.entrapment import Finding, Rule
from edge_agent.detect.occupancy import Evidence, Occupancy
from edge_agent.detect.track import Track
from edge_agent.state.plausibility import Doubt
from protocols.lift.vocabulary import ITEMS
from protocols.upstream.messages import Text, Trapped

_WHY_OCCUPIED: Final = {
    Evidence.CAR_CALL_TRIP: Text("本次运行由轿内指令发起", "the trip began on a car call"),
    Evidence.CAR_CALL: Text("关门后有新的轿内指令", "a car call came after the doors closed"),
    Evidence.SENSOR_EDGE: Text("关门后人感有新触发", "the person sensor fired after the doors closed"),
    Evidence.SENSOR_HELD: Text("关门后人感持续有人", "the person sensor stayed on after the doors closed"),
    Evidence.BUTTON: Text("轿内按钮被按下", "a button in the car was pressed"),
    Evidence.DEVICE_RULE: Text("传感终端自身判断有人", "the sensor terminal's own rule saw people"),
}

_CONFIDENCE: Final = {
    Evidence.CAR_CALL_TRIP: 0.95,
    Evidence.CAR_CALL: 0.95,
    Evidence.BUTTON: 0.95,
    Evidence.SENSOR_EDGE: 0.9,
    Evidence.SENSOR_HELD: 0.85,
    Evidence.DEVICE_RULE: 0.8,
}
_UNKNOWN_CONFIDENCE: Final = 0.6
_CONTROLLER_CONFIDENCE: Final = 0.98
_RESTORED_FACTOR: Final = 0.8


def occupancy_text(occupancy: Occupancy) -> Text:
    """Why the car counts as occupied, or that it is unknown."""
    if occupancy.level is Trapped.NO:
        return Text("轿内无人", "nobody in the car")
    if occupancy.level is Trapped.UNKNOWN:
        return Text("轿内是否有人未知", "whether anybody is in the car is unknown")
    reasons = [_WHY_OCCUPIED[kind] for kind in occupancy.evidence]
    before = occupancy.restored
    zh = "轿内有人(" + "、".join(reason.zh for reason in reasons) + ("; 终端重启前得出" if before else "") + ")"
    en = "people in the car (" + ", ".join(reason.en for reason in reasons)
    return Text(zh, en + ("; concluded before the terminal restarted)" if before else ")"))


def confidence(finding: Finding, occupancy: Occupancy) -> float:
    """0..1: how sure the terminal is that people are trapped."""
    if finding.rule is Rule.CONTROLLER:
        return _CONTROLLER_CONFIDENCE
    if occupancy.level is not Trapped.YES:
        return _UNKNOWN_CONFIDENCE
    best = max((_CONFIDENCE[kind] for kind in occupancy.evidence), default=_UNKNOWN_CONFIDENCE)
    return round(best * (_RESTORED_FACTOR if occupancy.restored else 1.0), 2)


def _where(rule: Rule, label: str | None) -> Text:
    zh_floor, en_floor = (f"{label} 层", f" floor {label}") if label else ("楼层未知", " an unknown floor")
    if rule is Rule.AT_LANDING:
        return Text(f"轿厢停在 {zh_floor}门区", f"car at{en_floor}")
    return Text(f"轿厢停在门区外(近 {zh_floor})", f"car stopped outside the door zone near{en_floor}")


def entrapment_text(finding: Finding, occupancy: Occupancy, label: str | None, in_zone: bool | None) -> Text:
    """The sentence of an entrapment alarm."""
    people = occupancy_text(occupancy)
    seconds = round(finding.elapsed_ns / NS)
    if finding.rule is Rule.CONTROLLER:
        return Text(f"控制器报告困人; {people.zh}", f"the controller itself reports trapped people; {people.en}")
    if finding.rule is Rule.BACKSTOP:
        return Text(
            f"轿内指令发起的运行已 {seconds} 秒未完全开门; {people.zh}",
            f"no full door opening for {seconds} s since a trip on a car call; {people.en}",
        )
    where = _where(Rule.AT_LANDING if in_zone else Rule.BETWEEN_FLOORS, label)
    tail = (
        Text(f"到站后 {seconds} 秒门未完全打开", f"no door fully open for {seconds} s since arrival")
        if finding.rule is Rule.AT_LANDING
        else Text(f"已 {seconds} 秒", f"for {seconds} s")
    )
    return Text(f"{where.zh}, {tail.zh}; {people.zh}", f"{where.en}, {tail.en}; {people.en}")


def cleared_text(track: Track) -> Text:
    """Why people can leave."""
    if track.at_limit:
        return Text("门已在门区完全打开, 人员可离开", "a door is fully open in the zone: people can leave")
    return Text(
        "报警后门曾打开且电梯已正常运行, 人员可离开",
        "a door opened and the lift travelled since the alarm: people could leave",
    )


def held_text(said: Text | None, seconds: float | None) -> Text:
    """The sentence of an event that is a held condition, with how long it has held, if that is known."""
    if said is None:  # begun before an update that keeps sentences
        return Text("", "")
    if seconds is None:
        return Text(said.zh.replace("{s} 秒", "未知时长"), said.en.replace("{s} s", "an unknown time"))
    count = str(round(seconds))
    return Text(said.zh.replace("{s}", count), said.en.replace("{s}", count))


def link_text(device: str) -> Text:
    """Of a device that does not answer."""
    return Text(f"设备 {device} 通讯中断 {{s}} 秒", f"no valid answer from {device} for {{s}} s")


def doubt_text(doubt: Doubt) -> Text:
    """Why a device's signal is implausible, and what to look at."""
    zh, en = _signal(doubt.device, doubt.item)
    if doubt.openings:
        why = Text(
            f'{zh}: 门已 {doubt.openings} 次在该信号为"否"时打开, 其间有正常运行',
            f"{en}: a door opened {doubt.openings} times where it said no, with trips between",
        )
    else:
        zh_value, en_value = ("是", "yes") if doubt.value else ("否", "no")
        why = Text(
            f'{zh}: 经 {doubt.trips} 次运行一直为"{zh_value}"',
            f"{en}: has said {en_value} all through {doubt.trips} trips",
        )
    bridged = doubt.value and not doubt.openings and doubt.item.endswith("_lock")
    zh_more, en_more = ("; 门锁被短接也会如此", "; a bridged lock looks the same") if bridged else ("", "")
    return Text(
        f"{why.zh}; 请检查该通道的接线、触点和极性{zh_more}",
        f"{why.en}; look at the wire, the contact and the polarity of the channel{en_more}",
    )


def plausible_text(subject: str) -> Text:
    """That a signal, "device/item", is believed again."""
    device, _, item = subject.partition("/")
    zh, en = _signal(device, item)
    return Text(f"{zh}: 信号恢复可信", f"{en}: is plausible again")


def _signal(device: str, item: str) -> tuple[str, str]:
    spec = ITEMS.get(item)  # an event of before an update may name what is an item no more
    zh, en = ("", "") if spec is None else (f" ({spec.zh})", f" ({spec.en})")
    return f"{device} 的 {item}{zh}", f"{item} of {device}{en}"
