"""A Mosquitto of one's own on a free loopback port, and a wire that can swallow everything.

Without Mosquitto the tests that need it skip and name the command that installs it; in CI they fail.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
INSTALL = "apt-get install mosquitto mosquitto-clients"
_DIRS = "/usr/sbin:/usr/local/sbin:/sbin"
_READY_WITHIN_S = 10.0


def tool(name: str, install: str = INSTALL) -> str:
    """The path of a program; without it skip, or under CI fail, naming the command that installs it."""
    found = shutil.which(name) or shutil.which(name, path=_DIRS)
    if found is None:
        missing = f"{name} is not installed: {install}"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    return found


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class Mosquitto:
    """A broker process. `lines` are added to its configuration; `start` after `kill` uses the same port."""

    def __init__(self, directory: Path, *lines: str, anonymous: bool = True) -> None:
        self.port = free_port()
        self._binary = tool("mosquitto")
        self._log = directory / "mosquitto.log"
        self._config = directory / "mosquitto.conf"
        head = [f"listener {self.port} {LOOPBACK}", f"allow_anonymous {str(anonymous).lower()}", "persistence false"]
        if os.geteuid() == 0:
            head.append("user root")  # else it drops to a user who may not read the test's files
        self._config.write_text("\n".join([*head, *lines, ""]))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the agent's configuration names it."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def start(self) -> "Mosquitto":
        """Start, and return once it accepts connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([self._binary, "-c", str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((LOOPBACK, self.port), 1).close()
            except OSError:
                time.sleep(0.01)
            else:
                return self
        self.kill()
        raise AssertionError(f"mosquitto did not start:\n{self._log.read_text()}")

    def kill(self) -> None:
        """End it without a word to anybody; safe to call twice."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

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
