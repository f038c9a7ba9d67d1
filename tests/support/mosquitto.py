"""A Mosquitto of one's own on a free loopback port, and a wire that can swallow everything.

Without Mosquitto the tests that need it skip and name the command that installs it; in CI they fail.
"""

import contextlib
import os
import select
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hil.mosquitto import INSTALL, LOOPBACK, SYSTEM_DIRS, free_port
from hil.mosquitto import Mosquitto as OwnMosquitto

__all__ = ["LOOPBACK", "Hole", "Mosquitto", "free_port", "serving", "tool"]


def tool(name: str, install: str = INSTALL) -> str:
    """The path of a program; without it skip, or under CI fail, naming the command that installs it."""
    found = shutil.which(name) or shutil.which(name, path=SYSTEM_DIRS)
    if found is None:
        missing = f"{name} is not installed: {install}"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


class Mosquitto(OwnMosquitto):
    """One's own Mosquitto, or a skip; with its clients."""

    def __init__(self, directory: Path, *lines: str, anonymous: bool = True) -> None:
        tool("mosquitto")
        super().__init__(directory, "persistence false", *lines, anonymous=anonymous)

    def publish(self, topic: str, payload: bytes, *options: str) -> None:
        """Publish with `mosquitto_pub`."""
        command = [tool("mosquitto_pub"), "-h", LOOPBACK, "-p", str(self.port), "-q", "1", "-t", topic, "-s", *options]
        subprocess.run(command, input=payload, check=True, timeout=10)


Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(serve: Serve) -> Iterator[int]:
    """A loopback port whose every connection `serve` handles in a thread; the end waits for all of them."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError):
                serve(self.request)

    with socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class Hole:
    """A relay in front of a broker. While `open_` is False every byte vanishes and nobody is told."""

    def __init__(self, port: int) -> None:
        self.open_ = True
        self._to = port

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Its URL, until the context ends."""
        with serving(self._relay) as port:
            yield f"mqtt://{LOOPBACK}:{port}"

    def _relay(self, near: socket.socket) -> None:
        with socket.create_connection((LOOPBACK, self._to)) as far:
            while True:
                for source in select.select((near, far), (), ())[0]:
                    data = source.recv(4096)
                    if not data:
                        return
                    if self.open_:
                        (far if source is near else near).sendall(data)
