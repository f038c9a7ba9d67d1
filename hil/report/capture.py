"""`wire.pcapng`: the wire for Wireshark, as `liftwarden diag sniff --write` writes what it hears.

The trace's transmissions go through the listener of `diag sniff`, which pairs requests with answers and names what is
odd. A packet's time is its first bit, ns since the run began (so that the clock reads 1970).
"""

from pathlib import Path
from typing import Final

from edge_agent.diagnose.conversation import Conversation
from edge_agent.diagnose.pcapng import CaptureFile
from edge_agent.diagnose.sniff_capture import Capture
from hil.scenario.record import RunRecord
from hil.trace import Lane, Trace
from protocols.modbus.line import LineSettings
from protocols.profiles.lineup import common_line
from protocols.profiles.loader import load_profile

CAPTURE_FILE: Final = "wire.pcapng"


def write_capture(record: RunRecord, trace: Trace, folder: Path) -> None:
    """Write it in place of an older one; nothing if nothing was on the wire. Raises OSError, ProtocolError."""
    path = folder / CAPTURE_FILE
    path.unlink(missing_ok=True)
    if next(trace.of(Lane.WIRE), None) is None:
        return
    line = line_of(record)
    conversation = Conversation(line)
    with CaptureFile(path, record.bench, str(line), line.baud) as file:
        capture = Capture(file, 0)
        for one in trace.of(Lane.WIRE):
            data = bytes.fromhex(one.fields["hex"])
            _silence(conversation, capture, one.t_ns - line.wire_ns(len(data)))
            for heard in conversation.hear(data, one.t_ns):
                capture.add(heard)
        _silence(conversation, capture, trace.end_ns)
        for heard in conversation.end():
            capture.add(heard)
        capture.finish()


def line_of(record: RunRecord) -> LineSettings:
    """The line that the run's devices speak on. Raises BenchError or ProtocolError."""
    setup = record.scenario.world.setup(record.seed)
    return common_line([load_profile(device.profile) for device in setup.devices], setup.line)


def _silence(conversation: Conversation, capture: Capture, until_ns: int) -> None:
    """What the silence until then tells."""
    while (due_ns := conversation.next_deadline()) is not None and due_ns <= until_ns:
        for heard in conversation.tick(due_ns):
            capture.add(heard)
