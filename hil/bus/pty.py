"""A segment's end as a Linux pty behind a stable symlink: any program's serial port, in real time, paced per frame.

What a UART does and a pty does not is made up for here. The kernel strips the parity bit, so that setting the same
8E1 twice fails with EINVAL: the speed is unsettled through the master as soon as a user has spoken, which makes the
next setting a change again. Exclusive use (TIOCEXCL), settings and unread bytes survive the last close of a pty: a
new pty takes the symlink's place then. Replies to a user that has gone are not kept for the next one.
"""

import asyncio
import errno
import fcntl
import os
import select
import struct
import termios
import tty
from pathlib import Path
from typing import Final

from hil import BenchError
from hil.bus.segment import Segment

_TIOCGPTN: Final = 0x80045430
_TIOCSPTLCK: Final = 0x40045431
"""Linux asm-generic/ioctls.h: number of a pty's slave; lock or unlock it."""
_ISPEED, _OSPEED = 4, 5
"""Places in the list that termios.tcgetattr gives."""
_CHUNK_BYTES: Final = 4096
_LINGER_LOOKS: Final = 50
_LINGER_LOOK_S: Final = 0.01
"""How often, and how far apart, to look whether somebody who had followed the old link comes to a pty let go."""


class _Pty:
    """A pty whose slave was never opened: raw, unlocked, no hang-up pending."""

    def __init__(self) -> None:
        self.spoken = False
        self.master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(self.master, _TIOCSPTLCK, struct.pack("i", 0))
        (number,) = struct.unpack("i", fcntl.ioctl(self.master, _TIOCGPTN, bytes(4)))
        self.node = f"/dev/pts/{number}"
        tty.setraw(self.master, termios.TCSANOW)

    def read(self) -> bytes | None:
        """What a user wrote, b"" for nothing, None once nobody has the slave open any more."""
        try:
            return os.read(self.master, _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno == errno.EIO:
                return None
            raise

    def write(self, data: bytes) -> None:
        """Hand bytes to the user; what does not fit into a reader's full buffer is lost, as in a UART."""
        try:
            os.write(self.master, data)
        except BlockingIOError:
            pass

    def unsettle(self) -> None:
        """Make the user's settings differ from what it will set next; a pty's speed means nothing."""
        settings = termios.tcgetattr(self.master)
        if settings[_OSPEED] != termios.B50:
            settings[_ISPEED] = settings[_OSPEED] = termios.B50
            termios.tcsetattr(self.master, termios.TCSANOW, settings)

    def is_hung_up(self) -> bool:
        """True while the slave was opened once and nobody has it open."""
        poll = select.poll()
        poll.register(self.master, select.POLLIN)
        return any(event & select.POLLHUP for _, event in poll.poll(0))

    def close(self) -> None:
        os.close(self.master)


class PtyPort:
    """Serves a segment at `link`, on which its user is called `name`.

    Needs a running asyncio loop; `close` removes the symlink.
    """

    def __init__(self, segment: Segment, link: Path, name: str = "pty") -> None:
        self.link = link
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._let_go: dict[_Pty, asyncio.TimerHandle] = {}
        self._pty = _Pty()
        try:
            _publish(link, self._pty.node)
        except BenchError:
            self._pty.close()
            raise
        self._end = segment.attach(name, self._heard)
        self._loop.add_reader(self._pty.master, self._readable)

    def join(self, segment: Segment) -> None:
        """Serve another segment from now on; the user sees nothing of it."""
        self._end.detach()
        self._end = segment.attach(self._name, self._heard)

    def _readable(self) -> None:
        data = self._pty.read()
        if data is None:
            self._renew()
        elif data:
            self._pty.spoken = True
            self._pty.unsettle()
            self._end.send(data)

    def _heard(self, data: bytes, _t_ns: int) -> None:
        if self._pty.spoken and not self._pty.is_hung_up():
            self._pty.write(data)

    def _renew(self) -> None:
        """The last user closed the port: forget all about it, unless the next one was quicker than we are."""
        old = self._pty
        old.unsettle()
        if old.is_hung_up():
            self._serve(_Pty())
            self._linger(old, _LINGER_LOOKS)

    def _serve(self, pty: _Pty) -> None:
        """Put `pty` in the place of the present one."""
        _publish(self.link, pty.node)
        self._loop.remove_reader(self._pty.master)
        self._pty = pty
        self._loop.add_reader(pty.master, self._readable)

    def _linger(self, old: _Pty, looks: int) -> None:
        """Close `old` in a while: who had followed the link just before gets it back, if nobody uses the new one."""
        if looks and old.is_hung_up():
            self._let_go[old] = self._loop.call_later(_LINGER_LOOK_S, self._linger, old, looks - 1)
            return
        self._let_go.pop(old, None)
        if old.is_hung_up() or self._pty.spoken:
            old.close()
            return
        unused = self._pty
        self._serve(old)
        unused.close()

    def close(self) -> None:
        """Take the port away; its user sees a hang-up, as of a pulled adapter."""
        self._end.detach()
        self._loop.remove_reader(self._pty.master)
        for old, timer in self._let_go.items():
            timer.cancel()
            old.close()
        self._let_go.clear()
        if self.link.is_symlink() and str(self.link.readlink()) == self._pty.node:
            self.link.unlink()
        self._pty.close()


def _publish(link: Path, node: str) -> None:
    """Point `link` at `node` in one step. A stale link is replaced; anything that is not a link is left alone."""
    if link.exists() and not link.is_symlink():
        raise BenchError(f"{link}: exists and is not a virtual port's link; choose another path")
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(node)
        fresh.replace(link)
    except OSError as error:
        raise BenchError(f"{link}: cannot make the virtual port's link: {error.strerror}") from error
