"""A scenario in plain words, Chinese or English."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge_agent.codes import load_codes
from hil.scenario.expectations import Expectation, Span
from hil.scenario.model import Scenario
from hil.scenario.signs import ANY, AgentDid, FaultDid, Look, Sign, Wire
from hil.scenario.steps import AgentStep, Step
from protocols.language import pick
from protocols.upstream.messages import Phase, Text
from sim.truth import TruthKind

_AGENT: Final = {
    AgentStep.START: Text("启动终端", "the agent is started"),
    AgentStep.STOP: Text("正常停止终端", "the agent is stopped in order"),
    AgentStep.KILL: Text("强制终止终端 (SIGKILL)", "the agent is killed (SIGKILL)"),
}
DID: Final = {
    AgentDid.STARTED: Text("终端启动", "the agent starts"),
    AgentDid.STOPPED: Text("终端停止", "the agent has stopped"),
    AgentDid.KILLED: Text("终端被终止", "the agent is killed"),
    AgentDid.ENDED: Text("终端自行退出", "the agent ends by itself"),
}
_FAULT: Final = {
    FaultDid.ARMED: Text("故障 {} 就绪", "fault {} is armed"),
    FaultDid.FIRED: Text("故障 {} 发生", "fault {} acts"),
    FaultDid.CLEARED: Text("故障 {} 撤除", "fault {} is cleared"),
}
PHASES: Final = {
    Phase.RAISED: Text("发出", "raised"),
    Phase.ACKNOWLEDGED: Text("确认", "acknowledged"),
    Phase.CLEARED: Text("解除", "cleared"),
    Phase.ENDED: Text("结束", "ended"),
    Phase.BEGIN: Text("开始", "begins"),
    Phase.END: Text("结束", "ends"),
}
TRUTHS: Final = {
    TruthKind.WAITING: Text("有人候梯", "somebody waits at a landing"),
    TruthKind.ABANDONED: Text("有人放弃候梯", "somebody gives up waiting"),
    TruthKind.BOARDED: Text("有人进入轿厢", "somebody enters the car"),
    TruthKind.ALIGHTED: Text("有人离开轿厢", "somebody leaves the car"),
    TruthKind.OVERLOADED: Text("轿厢超载", "the car is overloaded"),
    TruthKind.STEPPED_OUT: Text("有人退出超载轿厢", "somebody steps out of the overloaded car"),
    TruthKind.DEPARTED: Text("轿厢启动", "the car departs"),
    TruthKind.STOPPED: Text("轿厢停止", "the car stands still"),
    TruthKind.ARRIVED: Text("轿厢到站", "the car arrives at a landing"),
    TruthKind.DOOR_OPENING: Text("门开始打开", "a door begins to open"),
    TruthKind.DOOR_OPEN: Text("门完全打开", "a door is fully open"),
    TruthKind.DOOR_CLOSING: Text("门开始关闭", "a door begins to close"),
    TruthKind.DOOR_CLOSED: Text("门完全关闭", "a door is closed"),
    TruthKind.NUDGING: Text("强迫关门", "a door nudges"),
    TruthKind.RELEVELLING: Text("开始再平层", "the car re-levels"),
    TruthKind.RELEVELLED: Text("再平层结束", "the car has re-levelled"),
    TruthKind.MISUSE: Text("误用", "somebody misuses the lift"),
    TruthKind.STIMULUS: Text("外部动作", "something is done to the lift"),
    TruthKind.FAULT: Text("电梯故障出现", "a fault of the lift appears"),
    TruthKind.FAULT_ENDED: Text("电梯故障消失", "a fault of the lift is gone"),
    TruthKind.TRIPPED: Text("保护装置动作", "a protective device acts"),
    TruthKind.POWER: Text("电源变化", "the mains go or come"),
    TruthKind.CONTROLLER: Text("控制器启停", "the controller goes down or comes up"),
    TruthKind.MODE: Text("运行模式变化", "the service mode changes"),
    TruthKind.TRAPPED_SINCE: Text("有人被困", "people are trapped"),
    TruthKind.FREED: Text("被困人员获救", "the trapped are free"),
    TruthKind.CAUSE: Text("故障原因发生", "something goes wrong"),
    TruthKind.TECHNICIAN: Text("维保人员操作", "a technician acts"),
}
_START: Final = Text("开始", "the start")


def explained(scenario: Scenario, lang: str) -> Iterator[str]:
    """Lines that say what it does and what must come of it."""
    yield from _Words(scenario, lang).lines()


class _Words:
    def __init__(self, scenario: Scenario, lang: str) -> None:
        self._scenario = scenario
        self._lang = lang
        self._codes = load_codes()

    def _pick(self, zh: str, en: str) -> str:
        return pick(Text(zh, en), self._lang)

    def lines(self) -> Iterator[str]:
        one = self._scenario
        yield f"{one.name}: {pick(one.title, self._lang)}"
        yield from self._place()
        if one.steps:
            yield self._pick("步骤:", "What happens:")
        for step in sorted(one.steps, key=lambda step: step.at_ns):
            yield f"  {step.at:>8}  {self._step(step)}"
        yield self._pick("期望:", "What must come of it:")
        for expectation in one.expect:
            yield f"  [{expectation.requirement}] {self._expectation(expectation)}"
        needs = ", ".join(self._pick(need.zh, need.en) for need in one.required)
        yield self._pick(f"需要: {needs}", f"It needs {needs}.")

    def _place(self) -> Iterator[str]:
        one, world, agent = self._scenario, self._scenario.world, self._scenario.agent
        where = f"{world.bench}{'' if world.building is None else f', {world.building}'}"
        people = self._pick(", 有自然客流", ", with people by themselves") if world.traffic else ""
        yield self._pick(f"台架 {where}, 时长 {one.duration}{people}", f"On {where}, for {one.duration}{people}")
        if world.building_set:
            yield self._pick("建筑参数:", "The building has") + _listed(world.building_set)
        for device in world.devices:
            yield self._pick(f"{device.car} 号梯设备 {device.profile}", f"Car {device.car} has a {device.profile}")
        for item, wrong in world.sensors.items():
            names = ", ".join(name for name, _ in wrong.named())
            yield self._pick(f"传感器 {item}: {names}", f"The sensor of {item}: {names}")
        if agent.set:
            yield self._pick("终端参数:", "The agent is configured with") + _listed(agent.set)
        if not agent.started:
            yield self._pick("开始时终端未运行", "The agent does not run at the beginning")

    def _step(self, step: Step) -> str:  # noqa: PLR0911  # one for each kind
        for_ = "" if step.for_ is None else self._pick(f", 持续 {step.for_}", f", for {step.for_}")
        if step.stimulus is not None:
            car = "" if step.car is None else self._pick(f" ({step.car} 号梯)", f" (car {step.car})")
            return f"{step.stimulus.value}: {self._pick(step.stimulus.zh, step.stimulus.en)}{car}{for_}"
        if step.person is not None:
            origin, to = step.person.from_, step.person.to
            return self._pick(f"有人从 {origin} 层去 {to} 层", f"somebody at landing {origin} wants to go to {to}")
        if step.fault is not None:
            return self._fault(step.fault) + for_
        if step.clear is not None:
            return self._pick(f"撤除故障 {step.clear}", f"fault {step.clear} is cleared")
        if step.sensor is not None:
            what = f"{step.sensor.item}.{step.sensor.imperfection}"
            if step.sensor.on:
                return self._pick(f"传感器缺陷 {what} 出现", f"the sensor's {what} begins")
            return self._pick(f"传感器缺陷 {what} 结束", f"the sensor's {what} ends")
        if step.agent is not None:
            return pick(_AGENT[step.agent], self._lang)
        if step.acknowledge is not None:
            return self._pick(f"平台确认 {step.acknowledge}", f"the platform acknowledges {step.acknowledge}")
        asked = "" if step.technician is None else step.technician.value
        return self._pick(f"维保人员查询 {asked}", f"a technician asks for {asked}")

    def _fault(self, raw: Mapping[str, Any]) -> str:
        kind, name = raw["fault"], raw.get("id")
        called = "" if name is None else self._pick(f" (记为 {name})", f" (called {name})")
        how = _listed({key: value for key, value in raw.items() if key not in ("fault", "id", "when")})
        when = _listed(raw.get("when", {}))
        when = self._pick(f", 条件{when}", f", when{when}") if when else ""
        return self._pick(f"注入故障 {kind}{called}{how}{when}", f"fault {kind} is armed{called}{how}{when}")

    def _expectation(self, one: Expectation) -> str:  # noqa: PLR0911  # one for each kind
        if one.within is not None:
            within = one.within
            event, after = self._sign(within.event), self._after(within.after)
            early = within.not_before
            zh_early = "" if early is None else f"不早于 {early}, "
            en_early = "" if early is None else f", but not before {early}"
            return self._pick(
                f"{after}之后, {zh_early}{within.limit} 内: {event}",
                f"within {within.limit} of {after}{en_early}: {event}",
            )
        if one.never is not None:
            event, span = self._sign(one.never.event), self._span(one.never)
            return self._pick(f"{span}, 不得出现: {event}", f"{span}, never: {event}")
        if one.always_while is not None:
            look, span = self._look(one.always_while.look), self._span(one.always_while)
            return self._pick(f"{span}, 始终: {look}", f"{span}, always: {look}")
        if one.order is not None:
            return self._pick("依次: ", "in this order: ") + "; ".join(map(self._sign, one.order))
        if one.latency is not None:
            most = one.latency
            limits = ", ".join(f"{name} {value}" for name, value in (("p95", most.p95), ("max", most.max)) if value)
            pair = f"{self._sign(most.from_)} -> {self._sign(most.to)}"
            return self._pick(f"时延 {limits}: {pair}", f"it takes at most ({limits}): {pair}")
        if one.state_at is not None:
            state = one.state_at
            after, look = self._after(state.after), self._look(state.look)
            return self._pick(f"{after}之后 {state.at}: {look}", f"{state.at} after {after}: {look}")
        return self._counted(one)

    def _counted(self, one: Expectation) -> str:
        counted = one.exactly or one.at_least or one.at_most
        if counted is None:
            return ""
        how = {"exactly": ("恰好", "exactly"), "at_least": ("至少", "at least"), "at_most": ("至多", "at most")}[
            one.kind
        ]
        event, span = self._sign(counted.event), self._span(counted)
        return self._pick(
            f"{span}, {how[0]} {counted.count} 次: {event}", f"{span}, {how[1]} {counted.count} times: {event}"
        )

    def _after(self, sign: Sign | None) -> str:
        return pick(_START, self._lang) if sign is None else f"({self._sign(sign)})"

    def _span(self, span: Span) -> str:
        since, until = self._after(span.since), span.until
        settle_zh = "" if span.settle is None else f" {span.settle} 后"
        settle_en = "" if span.settle is None else f"{span.settle} after "
        zh_end = "结束" if until is None else f"({self._sign(until)})"
        en_end = "the end" if until is None else f"({self._sign(until)})"
        return self._pick(f"从{since}{settle_zh}到{zh_end}", f"from {settle_en}{since} to {en_end}")

    def _sign(self, sign: Sign) -> str:
        code = sign.alarm if sign.alarm is not None else sign.event
        if code is not None:
            said = self._message(sign, code)
        elif sign.truth is not None:
            said = pick(TRUTHS[sign.truth], self._lang)
        elif sign.stimulus is not None:
            said = self._pick(sign.stimulus.zh, sign.stimulus.en)
        elif sign.fault is not None:
            said = pick(_FAULT[FaultDid.FIRED if sign.did is None else sign.did], self._lang).format(sign.fault)
        elif sign.agent is not None:
            said = pick(DID[sign.agent], self._lang)
        else:
            said = self._on_wire(sign)
        return said + _listed(sign.where)

    def _message(self, sign: Sign, code: str) -> str:
        stream = self._pick("报警", "alarm") if sign.alarm is not None else self._pick("事件", "event")
        if code == ANY:
            name = self._pick(f"任何{stream}", f"any {stream}")
        else:
            known = self._codes.get(code)
            name = f"{stream} {code}" + ("" if known is None else f" ({pick(known.name, self._lang)})")
        phase = "" if sign.phase is None else f" {pick(PHASES[sign.phase], self._lang)}"
        lift = "" if sign.lift is None else f" [{sign.lift}]"
        repeats = self._pick(", 含重发", ", repetitions counted") if sign.repeats else ""
        return f"{name}{phase}{lift}{repeats}"

    def _on_wire(self, sign: Sign) -> str:
        who = self._pick("主站请求", "a request") if sign.wire is Wire.REQUEST else self._pick("从站应答", "a reply")
        slave = "" if sign.slave is None else self._pick(f" 从站 {sign.slave}", f" of slave {sign.slave}")
        function = (
            "" if sign.function is None else self._pick(f" 功能码 {sign.function}", f", function {sign.function}")
        )
        return f"{who}{slave}{function}"

    def _look(self, look: Look) -> str:
        what = self._pick(f"{look.kept.value} 消息中", f"the {look.kept.value} message says")
        said = {**look.items, **look.where}
        if look.alarms is not None:
            said[self._pick("未结束报警数", "open alarms")] = look.alarms
        return f"{what} " + ", ".join(f"{name} = {_plain(value)}" for name, value in said.items())


def _listed(values: Mapping[str, Any]) -> str:
    return " {" + ", ".join(f"{name} = {_plain(value)}" for name, value in values.items()) + "}" if values else ""


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} = {_plain(one)}" for name, one in value.items()) + ")"
    return str(value).lower() if isinstance(value, bool) else str(value)
