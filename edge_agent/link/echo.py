"""Our own transmission, read back: some RS-485 adapters keep their receiver on while they send.

An echo is never an answer. A whole one is a frame that equals the request, wherever it stands; what is left of a
partial or corrupted one is junk to the deframer, and recognised here only to be counted by its name.
"""

from typing import Final

_PARTIAL_AT_LEAST: Final = 3
_SURE_AT_LEAST: Final = 4
"""Slave, function and address, or count and CRC: more of a request than an answer has in common with it."""
_NOISE: Final = 4
_EQUAL_AT_LEAST: Final = 5
"""Of a frame's eight bytes: an answer shares the slave and the function with its request, and little else."""


def has_echo(data: bytes, request: bytes) -> bool:
    """Whether the head or the tail of an echo is among the bytes."""
    return request[:_SURE_AT_LEAST] in data or request[-_SURE_AT_LEAST:] in data


def looks_like_echo(data: bytes, request: bytes) -> bool:
    """Whether junk is what remains of an echo: all of it among other bytes, a piece of it, or some bytes altered."""
    if request in data or (len(data) >= _PARTIAL_AT_LEAST and data in request):
        return True
    if len(data) <= len(request) + _NOISE and has_echo(data, request):
        return True
    equal = sum(one == other for one, other in zip(data, request, strict=False))
    return len(data) == len(request) and equal >= _EQUAL_AT_LEAST
