"""Our own transmission, read back: some RS-485 adapters keep their receiver on while they send.

An echo is never an answer. A whole one is a frame that equals the request, wherever it stands. What is left of a
partial or corrupted one is junk to the deframer. It is recognised here: to be counted by its name, not for an answer.
"""

from typing import Final

_PARTIAL_AT_LEAST: Final = 3
_SURE_AT_LEAST: Final = 4
"""Slave, function and address, or count and CRC: more of a request than an answer has in common with it."""
_NOISE: Final = 4
"""Bytes of noise that come with a piece of an echo."""
_EQUAL_AT_LEAST: Final = 6
"""Of a frame's eight bytes: an answer shares the slave and the function with its request, and little else."""


def looks_like_echo(data: bytes, request: bytes) -> bool:
    """Whether junk is what remains of an echo: head or tail, with a little noise, or some bytes altered."""
    size = len(data)
    if size >= _PARTIAL_AT_LEAST and data in (request[:size], request[-size:]):
        return True
    start, end = echo_in(data, request)
    if end and size - (end - start) <= _NOISE:
        return True
    equal = sum(one == other for one, other in zip(data, request, strict=False))
    return size == len(request) and equal >= _EQUAL_AT_LEAST


def echo_in(data: bytes, request: bytes) -> tuple[int, int]:
    """Where the head or the tail of an echo is, right at the beginning or behind a little noise; (0, 0) if nowhere."""
    for size in range(len(request), _SURE_AT_LEAST - 1, -1):
        for piece in (request[:size], request[-size:]):
            start = data.find(piece, 0, _NOISE + size)
            if start >= 0:
                return start, start + size
    return 0, 0
