"""What `hil serve` says: where its devices are, how to read them, and what happens to the lift."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from hil.devices.profile_device import ProfileDevice
from hil.setup import Assumed
from hil.world import World
from protocols.language import language, pick
from protocols.modbus.line import LineSettings, Parity
from protocols.modbus.pdu import ReadFunction
from protocols.upstream.messages import Text
from sim.stimuli import Effect, Stimulus
from sim.truth import TruthRecord

_MBPOLL_TYPE: Final = {
    ReadFunction.COILS: "0",
    ReadFunction.DISCRETE: "1",
    ReadFunction.INPUT: "3",
    ReadFunction.HOLDING: "4",
}
_MBPOLL_PARITY: Final = {Parity.NONE: "none", Parity.EVEN: "even", Parity.ODD: "odd"}

_EFFECTS: Final = {
    Effect.NOW: Text("已生效", "it happens now"),
    Effect.ARMED: Text("已预置, 条件满足时发生", "armed: it happens as soon as the lift gets there"),
    Effect.NONE: Text("无影响: 电梯当前状态下不起作用", "no effect: it changes nothing in the lift's present state"),
}


def mbpoll_line(device: ProfileDevice, line: LineSettings, link: Path) -> str:
    """The command that reads the device's first block once with mbpoll (which counts references from 1)."""
    block = device.layout.blocks[0]
    options = f"-m rtu -a {device.slave} -b {line.baud} -P {_MBPOLL_PARITY[line.parity]}"
    stop_bits = "" if line.stop_bits == 1 else f" -s {line.stop_bits}"
    kind = _MBPOLL_TYPE[ReadFunction(block.function)]
    where = f"-t {kind} -r {block.address + 1} -c {block.count} -1"
    return f"mbpoll {options}{stop_bits} {where} {shlex.quote(str(link))}"


class Announcer:
    """Speaks to people in their language, or one JSON object a line."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._lang = language(None, os.environ)

    def ready(self, world: World, link: Path, assumed: Sequence[Assumed]) -> None:
        """The port is there."""
        for device in world.devices:
            self._device(device, world.line, link)
        for answer in assumed:
            self._assumed(answer)

    def _device(self, device: ProfileDevice, line: LineSettings, link: Path) -> None:
        command = mbpoll_line(device, line, link)
        if self._json:
            said = {"serving": device.name, "link": str(link), "slave": device.slave, "line": str(line), "try": command}
            self._object(said)
            return
        self._tell(
            f"正在提供 {device.name}: {link} (从站 {device.slave:02X}h, {line}); 试试: {command}",
            f"serving {device.name} on {link} (slave {device.slave:02X}h, {line}); try: {command}",
        )

    def _assumed(self, answer: Assumed) -> None:
        if self._json:
            self._object({"assumed": {answer.option: answer.value}, "profile": answer.profile})
            return
        self._tell(
            f"{answer.profile}: 假定 {answer.option}={answer.value}; 可用 --option {answer.option}=... 指定",
            f"{answer.profile}: {answer.option}={answer.value} is assumed; --option {answer.option}=... says otherwise",
        )

    def truth(self, record: TruthRecord) -> None:
        """Something happened to the lift."""
        if self._json:
            self._object(msgspec.structs.asdict(record))
            return
        details = " ".join(f"{name}={_plain(value)}" for name, value in record.data.items())
        _say(f"{record.t_ns / 1e9:9.3f} s  {record.kind}  {details}".rstrip())

    def effect(self, stimulus: Stimulus, effect: Effect) -> None:
        """What became of a stimulus."""
        if self._json:
            self._object({"stimulus": stimulus, "effect": effect})
            return
        said = pick(_EFFECTS[effect], self._lang)
        _say(f"{stimulus.value}: {said}")

    def _tell(self, zh: str, en: str) -> None:
        _say(pick(Text(zh, en), self._lang))

    @staticmethod
    def _object(said: dict[str, object]) -> None:
        _say(msgspec.json.encode(said).decode())


def _say(line: str) -> None:
    if sys.stdout is None:
        return
    sys.stdout.write(f"{line}\n")  # typer.echo would go past the key panel, which stands in for standard output
    sys.stdout.flush()


def _plain(value: float | int | str | bool | list[str]) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
