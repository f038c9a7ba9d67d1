"""Whether a profile's printed frames are evidence for it: whole, an answer to what was asked, and read as they say."""

from collections.abc import Iterator
from typing import Final

from protocols import ProtocolError
from protocols.modbus.crc import crc16, crc_ok
from protocols.modbus.frames import EXCEPTION
from protocols.modbus.pdu import ReadRequest, decode_reply, parse_request
from protocols.nearest import hint
from protocols.profiles.field import compile_field
from protocols.profiles.place import FIRST_PLACE, placed
from protocols.profiles.schema import Framing, Profile, ReplyOrder, Row, Vector

Problem = tuple[tuple[str | int, ...], str]
_SHORTEST: Final = 4


def vector_problems(profile: Profile) -> Iterator[Problem]:
    """Everything that is wrong with them: where, what, what to do."""
    for index, vector in enumerate(profile.vectors):
        frame_problems = list(_frames(vector)) or list(_answers(vector))
        found = frame_problems or list(_says(vector, profile))
        yield from ((("vectors", index, *where), what) for where, what in found)


def _frames(vector: Vector) -> Iterator[Problem]:
    for name, text in (("request", vector.request), ("reply", vector.reply)):
        adu = b"" if text is None else bytes.fromhex(text)
        if text is not None and len(adu) < _SHORTEST:
            yield (name,), "is no whole frame; give slave, function, data and CRC"
        elif text is not None and not crc_ok(adu):
            right = crc16(adu[:-2]).to_bytes(2, "little").hex(" ").upper()
            yield (name,), f"its CRC is wrong, {right} would be right; a misprint is no evidence, leave it out"


def _answers(vector: Vector) -> Iterator[Problem]:
    if vector.reply is None:
        return
    asked, answered = bytes.fromhex(vector.request), bytes.fromhex(vector.reply)
    if answered[0] != asked[0]:
        yield ("reply",), f"comes from slave {answered[0]}, and {asked[0]} was asked; a misprint is no evidence"
    if answered[1] & ~EXCEPTION != asked[1]:
        yield ("reply",), f"answers function {answered[1]:02X}h, and {asked[1]:02X}h was asked; leave it out"


def _says(vector: Vector, profile: Profile) -> Iterator[Problem]:
    if not vector.says:
        return
    if vector.reply is None or profile.framing is not Framing.RTU:
        yield ("says",), "only the answer to a read in RTU frames says something; remove it"
        return
    rows = {row.name: row for row in placed(profile, FIRST_PLACE).rows}
    try:
        request = parse_request(bytes.fromhex(vector.request))
        if not isinstance(request, ReadRequest):
            raise ProtocolError("answers no read, so it says nothing of rows; remove says")
        words = decode_reply(request, bytes.fromhex(vector.reply))
    except ProtocolError as error:
        yield ("reply",), str(error)
        return
    if profile.reply_order is ReplyOrder.DESCENDING:
        words = words[::-1]
    for name, raw in vector.says.items():
        if name not in rows:
            yield ("says", name), f"no row {name!r}; {hint(name, rows)}"
        elif (read := _raw(rows[name], request.address, words, profile)) != raw:
            yield ("says", name), f"the frame has {'nothing' if read is None else read} there, not {raw}"


def _raw(row: Row, first: int, words: tuple[int, ...], profile: Profile) -> int | None:
    offset = row.address - first
    if offset < 0 or offset + row.words > len(words):
        return None
    return compile_field(row, offset, profile.faults).raw(words)
