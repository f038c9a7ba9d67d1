"""Nothing in protocols/modbus can build a command: every public way to bytes is walked with every function code."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

import edge_agent
import protocols.modbus
from protocols import ProtocolError
from protocols.modbus import frames, hpmont_cic, pdu
from protocols.modbus.crc import append_crc
from protocols.modbus.pdu import ReadFunction, ReadRequest

READ = pdu.encode_request(ReadRequest(1, ReadFunction.HOLDING, 0, 1))
REFUSED = b"\x01\x83"
"""Stands for no bytes at all."""
ALLOWED = {1, 2, 3, 4} | set(range(0x81, 0x100))
"""Reads, and the exceptions of answers."""


def _modules() -> Iterator[str]:
    for module in pkgutil.iter_modules(protocols.modbus.__path__, "protocols.modbus."):
        yield module.name


def _members(owner: object, module: str, prefix: str) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, member in inspect.getmembers(owner):
        if name.startswith("_") or getattr(member, "__module__", None) != module:
            continue
        if inspect.isclass(member):
            yield from _members(member, module, f"{prefix}{name}.")
        elif callable(member):
            yield prefix + name, member


def _makers_of_bytes() -> set[str]:
    found: set[str] = set()
    for module in _modules():
        for name, member in _members(importlib.import_module(module), module, f"{module.rpartition('.')[2]}."):
            returned = get_type_hints(inspect.unwrap(member)).get("return")
            if returned is not None and "bytes" in str(returned):
                found.add(name)
    return found


def test_the_ways_to_bytes_are_those_walked_here() -> None:
    """A new encoder fails here until it is walked below. `append_crc` is arithmetic on bytes that others made."""
    assert _makers_of_bytes() == {
        "crc.append_crc",
        "frames.join",
        "pdu.encode_request",
        "pdu.encode_reply",
        "pdu.encode_exception",
        "hpmont_cic.RequestEar.hear",
        "hpmont_cic.AnswerEar.asks",
        "hpmont_cic.AnswerEar.hear",
        "hpmont_cic.to_answer",
    }


@pytest.mark.parametrize(
    "encode",
    [
        lambda function: frames.join(1, bytes((function,)) + b"\x00\x00\x00\x01"),
        lambda function: pdu.encode_request(ReadRequest(1, function, 0, 1)),
        lambda function: pdu.encode_reply(ReadRequest(1, function, 0, 1), (1,)),
        lambda function: pdu.encode_exception(1, function, 1),
        lambda function: hpmont_cic.AnswerEar().asks(append_crc(bytes((1, function, 0, 0, 0, 1)))),
        lambda function: hpmont_cic.to_answer(READ, append_crc(bytes((1, function, 2, 0, 7)))) or REFUSED,
        lambda function: b"".join(hpmont_cic.RequestEar().hear(append_crc(bytes((1, function, 0, 0, 1))))) or REFUSED,
    ],
    ids=["join", "encode_request", "encode_reply", "encode_exception", "cic_asks", "cic_answer", "cic_hear"],
)
def test_no_function_but_a_read_or_an_exception_can_be_built(encode: Callable[[int], bytes]) -> None:
    built: set[int] = set()
    for function in range(0x100):
        try:
            built.add(encode(function)[1])
        except ProtocolError:
            continue
    assert built
    assert built <= ALLOWED


def test_a_request_for_anything_else_is_refused_in_words() -> None:
    for function in {-1, 0x103, *range(0x100)} - {1, 2, 3, 4}:
        with pytest.raises(ProtocolError, match="only reads"):
            pdu.encode_request(ReadRequest(1, function, 0, 1))


def test_every_read_can_be_asked_for() -> None:
    asked = {pdu.encode_request(ReadRequest(1, function, 0, 1))[1] for function in ReadFunction}
    assert asked == {1, 2, 3, 4}


BUILDERS = {"protocols.modbus.crc.append_crc", "protocols.modbus.frames.join"}
THROUGH_PYMODBUS = {"tcp.py", "tcp_connection.py"}


def test_the_agent_makes_no_frames_of_its_own() -> None:
    """It takes requests from `pdu` and never touches the frame builders or pymodbus.

    Modbus/TCP goes through pymodbus's client: there every packet is compared with `pdu`'s before it leaves (`TcpTurn`).
    """
    for path in Path(edge_agent.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            source = node.module if isinstance(node, ast.ImportFrom) and node.module else ""
            for name in (source, *names, *(f"{source}.{name}" for name in names)):
                banned = name in BUILDERS or (name.startswith("pymodbus") and path.name not in THROUGH_PYMODBUS)
                assert not banned, f"{path}: {name}"
