"""A port in virtual time that answers by itself: no bus, no other end."""

from edge_agent.ports import BusPort, OnBytes, OnLost
from hil.loop import running_loop
from protocols.modbus.line import LineSettings


class AnsweringPort:
    """The opener and the port in one; what `write` does is the test's."""

    notes = ()
    grain_ns = 0
    takes_time = False

    async def __call__(self, _port: str, line: LineSettings, on_bytes: OnBytes, _on_lost: OnLost) -> BusPort:
        self.line, self._on_bytes = line, on_bytes
        return self

    def write(self, data: bytes) -> None:
        raise NotImplementedError

    def answer(self, data: bytes, after_ns: int) -> None:
        """Have it heard after so long."""
        t_ns = running_loop().now_ns + after_ns
        running_loop().call_at_ns(t_ns, self._on_bytes, data, t_ns)

    async def drained(self) -> None:
        return

    def deliver_input(self) -> None:
        return

    def uart_errors(self) -> None:
        return None

    def close(self) -> None:
        return
