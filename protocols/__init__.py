"""What the wire says: bytes to meaning and back, with no I/O, no clock and no state of a running system.

The agent and the simulator both read from here, so that the two cannot disagree.
"""


class ProtocolError(Exception):
    """Root of every error this package raises."""
