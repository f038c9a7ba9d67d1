"""Fills .venv from one hashed lock and shows how far it is; instant when nothing has changed.

Standard library only: it runs before anything is installed. The stamp in .venv is a copy of what was installed
(lock and pyproject.toml), written last, so that an interrupted installation is simply done again.
"""

import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
COVERED_BY = {"demo": ("demo", "dev"), "dev": ("dev",)}
"""The dev lock is a superset of the demo lock, with equal versions."""
PACKAGE_LINE = re.compile(r"(?:Collecting |Processing (?:\S*/)?|Requirement already satisfied: )(?P<package>\S+)")
"""pip begins one such line for each package, depending on where it finds it."""


def lock_of(name: str) -> Path:
    """The lock file of this name."""
    return ROOT / "locks" / f"{name}.txt"


def stamp_of(name: str) -> Path:
    """The copy of what was installed."""
    return VENV / f".installed-{name}"


def wanted_stamp(name: str) -> str:
    """What the stamp says when this lock is installed as it stands now."""
    return lock_of(name).read_text() + (ROOT / "pyproject.toml").read_text()


def installed(name: str) -> bool:
    """Is `name`, or a lock that covers it, in .venv as it stands now?"""
    stamps = ((stamp_of(cover), cover) for cover in COVERED_BY[name])
    return usable_venv() and any(stamp.is_file() and stamp.read_text() == wanted_stamp(c) for stamp, c in stamps)


def usable_venv() -> bool:
    """Does .venv have a supported Python that starts?"""
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", check], check=False, capture_output=True).returncode == 0


def pins(name: str) -> int:
    """How many packages a lock names."""
    return sum(line[:1].isalnum() for line in lock_of(name).read_text().splitlines())


def pip(*arguments: str) -> Iterator[str]:
    """Run pip and give its lines as they come. Raises SystemExit with its last lines when it fails."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off", *arguments]
    lines: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            yield lines[-1]
    if process.returncode:
        raise SystemExit("\n".join(["", *lines[-8:], "the installation failed: see pip's lines above"]))


def show(text: str) -> None:
    """One progress line: rewritten in place on a terminal, one line each elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text[:78]}", end="", flush=True)
    else:
        print(text, flush=True)


def install(name: str) -> None:
    """Make .venv if need be, install the lock, then the project itself (editable, nothing fetched)."""
    if not usable_venv():
        show(f"making .venv with Python {sys.version.split()[0]}")
        venv.create(VENV, clear=VENV.exists(), symlinks=True, with_pip=True)
    total, count = pins(name), 0
    for line in pip("--require-hashes", "-r", str(lock_of(name))):
        if found := PACKAGE_LINE.match(line):
            count += 1
            show(f"[{min(count, total)}/{total}] {found['package']}")
        elif line.startswith("Installing collected"):
            show(f"[{total}/{total}] unpacking")
    show("installing liftwarden itself")
    for _ in pip("--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)):
        pass
    stamp_of(name).write_text(wanted_stamp(name))
    show(f"ready: {VENV.name} holds locks/{name}.txt\n")


def main(name: str) -> None:
    """Install `name` unless it is there; a person gets one line, never a traceback."""
    try:
        if not installed(name):
            install(name)
    except OSError as error:
        raise SystemExit(f"\ncannot install into {VENV.name}: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("\ninterrupted; run it again to go on") from None


if __name__ == "__main__":
    main(sys.argv[1])
