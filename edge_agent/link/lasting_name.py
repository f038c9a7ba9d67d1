"""A port that comes back under another name: /dev/ttyUSB0 belongs to whichever adapter was plugged in first.

While a port named so is open, the name that lasts is remembered: by-id, which goes with an adapter that has a serial
number of its own, or else by-path, which goes with the USB socket (two adapters of one make without numbers share a
by-id name). From then on the port is opened through it, and another adapter that took the name is refused. A link
named in the configuration is taken at its word. Nothing is remembered over a restart.
"""

import os
from pathlib import Path

from edge_agent.link.tty_kernel import Host, has_own_serial_number
from edge_agent.ports import PortError


class LastingNames:
    """What is remembered, by configured port."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._links: dict[str, Path] = {}

    def path_of(self, port: str) -> str:
        """What to open for `port`. Raises PortError when its name may be another adapter's by now."""
        link = self._links.get(port)
        if link is None:
            return port
        if link.exists():
            return str(link)
        if not Path(port).exists():
            return port
        raise PortError(
            f"{port}: may be another adapter than before, for {link} is gone; plug that one in where it was,"
            " or name the new one in link.port and start anew"
        )

    def remember(self, port: str, opened: str) -> tuple[str, ...]:
        """`port` was opened at the path `opened`: learn its lasting name; what a person should know of it."""
        node = os.path.realpath(opened)
        if port not in self._links and not Path(port).is_symlink():
            link = self._link_to(node)
            if link is not None:
                self._links[port] = link
        link = self._links.get(port)
        if link is None:
            return ()
        if node != os.path.realpath(port) or not Path(port).exists():
            return (f"{port}: is {node} now, found again as {link}; name that in link.port",)
        return (f"{port}: may be another adapter's name after a restart; {link} would not: name that in link.port",)

    def _link_to(self, node: str) -> Path | None:
        directory = self._host.by_id if has_own_serial_number(node, self._host) else self._host.by_path
        links = (link for link in sorted(directory.glob("*")) if os.path.realpath(link) == node)
        return next(links, None)
