"""A Mosquitto of one's own on a free loopback port; it keeps nothing unless it is told to."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Self

from hil import BenchError

LOOPBACK: Final = "127.0.0.1"
INSTALL: Final = "apt-get install mosquitto mosquitto-clients"
SYSTEM_DIRS: Final = "/usr/sbin:/usr/local/sbin:/sbin"
"""Where distributions put Mosquitto; not on every user's PATH."""
_READY_WITHIN_S: Final = 10.0
_LOOK_S: Final = 0.01


def find_mosquitto() -> str | None:
    """The Mosquitto binary of this machine."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path=SYSTEM_DIRS)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def configuration(port: int, *lines: str, anonymous: bool = True) -> str:
    """Mosquitto's configuration file for one loopback port."""
    head = [f"listener {port} {LOOPBACK}", f"allow_anonymous {str(anonymous).lower()}"]
    if os.geteuid() == 0:
        head.append("user root")  # else it drops to a user who may not read our files
    return "\n".join([*head, *lines, ""])


class Mosquitto:
    """A broker process. `lines` are added to its configuration; `start` after `kill` uses the same port.

    Raises BenchError, which names the command that installs it, when there is none.
    """

    def __init__(self, directory: Path, *lines: str, anonymous: bool = True) -> None:
        binary = find_mosquitto()
        if binary is None:
            raise BenchError(f"mosquitto is not installed: {INSTALL}")
        self.port = free_port()
        self._binary = binary
        self._log = directory / "mosquitto.log"
        self._config = directory / "mosquitto.conf"
        self._config.write_text(configuration(self.port, *lines, anonymous=anonymous))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the agent's configuration names it."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Start, and return once it accepts connections. Raises BenchError with what it said."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._binary, "-c", str(self._config)], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((LOOPBACK, self.port), 1).close()
            except OSError:
                time.sleep(_LOOK_S)
            else:
                return self
        self.kill()
        raise BenchError(f"mosquitto did not start:\n{self._log.read_text()}")

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a word to anybody; safe to call twice."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None
