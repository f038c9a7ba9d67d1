"""Whether a frame answers the request in flight. RTU has no number that says so: every part of the frame has to fit."""

import enum

from protocols.modbus.frames import EXCEPTION, SHORTEST
from protocols.modbus.pdu import ReadRequest, encode_request

_EXCEPTION_LEN = SHORTEST + 1


class Match(enum.Enum):
    """What a frame with a good CRC is to a request."""

    ANSWER = "answer"
    EXCEPTION = "exception"
    ECHO = "echo"
    FOREIGN = "foreign"
    WRONG_FUNCTION = "wrong_function"
    WRONG_COUNT = "wrong_count"


def match(request: ReadRequest, adu: bytes) -> Match:
    """Judge a whole frame with a good CRC against `request`; FOREIGN is anything from another slave."""
    if adu == encode_request(request):
        return Match.ECHO
    if len(adu) < SHORTEST or adu[0] != request.slave:
        return Match.FOREIGN
    if adu[1] == request.function | EXCEPTION and len(adu) == _EXCEPTION_LEN:
        return Match.EXCEPTION
    if adu[1] != request.function:
        return Match.WRONG_FUNCTION
    if len(adu) != request.reply_len or adu[2] != request.data_len:
        return Match.WRONG_COUNT
    return Match.ANSWER
