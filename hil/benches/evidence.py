"""What is seen from outside the agent, as every bench writes it into the trace."""

from hil.bus.segment import Tapped
from hil.trace import Lane, Record, Trace, payload_json
from sim.truth import TruthRecord


class Evidence:
    """Listens to the lift's truth, to the wire, and to what an MQTT subscriber receives."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def truth(self, record: TruthRecord) -> None:
        """Something happened to the lift."""
        self._trace.add(record.t_ns, Lane.TRUTH, record.kind.value, record.data)

    def tapped(self, one: Tapped) -> None:
        """A transmission, at its last stop bit, by who drove it."""
        self._trace.add(one.t_end_ns, Lane.WIRE, one.source, {"start_ns": one.t_start_ns, "hex": one.data.hex()})

    def message(self, t_ns: int, topic: str, payload: bytes, *, retain: bool, client: str = "") -> None:
        """A publication, by the last part of its topic."""
        data = {"topic": topic, "client": client, "retain": retain, "payload": payload_json(payload)}
        self._trace.add(t_ns, Lane.MQTT, topic.rpartition("/")[2], data)

    def again(self, record: Record) -> None:
        """What another trace holds."""
        self._trace.add(record.t_ns, record.lane, record.name, record.data)
