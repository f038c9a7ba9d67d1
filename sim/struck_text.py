"""What struck, for people: when, which car, what it is, and what became of it."""

from collections.abc import Sequence
from typing import Final

from protocols.language import pick
from protocols.upstream.messages import Text
from sim.history import Line
from sim.injector.fate import Struck
from sim.injector.model import FaultModel
from sim.plan import duration
from sim.stimuli import Effect
from sim.trouble import ENTRAPPING, Fault

_BECAME: Final = {
    Effect.NOW: Text("立即生效", "struck at once"),
    Effect.ARMED: Text("等待时机", "waited for its occasion"),
    Effect.NONE: Text("未产生影响", "changed nothing"),
}


def occasions_ns(struck: Sequence[Struck], model: FaultModel, faults: Sequence[Line]) -> list[int | None]:
    """When what had to wait became a fault of its car; None: at once, never, or not as a fault.

    A fault is of the last cause before it that could lead to it.
    """
    came: list[int | None] = [None] * len(struck)
    for line in faults:
        for index in reversed(range(len(struck))):
            one = struck[index]
            if (
                one.t_ns <= line.t_ns
                and one.effect is Effect.ARMED
                and one.car == line.car
                and _leads(model, one, line)
            ):
                came[index] = line.t_ns if came[index] is None else came[index]
                break
    return came


def _leads(model: FaultModel, struck: Struck, line: Line) -> bool:
    """Whether the fault is the one that the cause arms."""
    fault = ENTRAPPING.get(model.cause(struck.cause).does[0].stimulus)
    told = line.data.get("fault")
    if fault in {Fault.OVERTRAVEL_TOP, Fault.NOT_SLOWED}:
        return told in {Fault.OVERTRAVEL_TOP.value, Fault.OVERTRAVEL_BOTTOM.value}
    return fault is not None and told == fault.value


def struck_lines(
    struck: Sequence[Struck], came_ns: Sequence[int | None], model: FaultModel, cars: int, lang: str
) -> list[str]:
    """One line for each."""
    return [_line(one, at_ns, model, cars, lang) for one, at_ns in zip(struck, came_ns, strict=True)]


def _line(one: Struck, came_ns: int | None, model: FaultModel, cars: int, lang: str) -> str:
    cause, became = model.cause(one.cause), _BECAME[one.effect]
    if came_ns is not None:
        until = duration(came_ns)
        became = Text(f"{became.zh}至 {until}", f"{became.en} until {until}")
    where = Text("", "")
    if cars > 1:
        car = Text(f", {one.car + 1} 号梯", f", car {one.car + 1}")
        where = Text(", 全部电梯", ", all cars") if cause.is_building_wide else car
    said = Text(f"{where.zh}: {cause.title.zh}; {became.zh}", f"{where.en}: {cause.title.en}; {became.en}")
    return f"{duration(one.t_ns)}  {one.cause}{pick(said, lang)}"
