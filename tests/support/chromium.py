"""A page as a browser shows it: opened in headless Chromium, its document after the scripts have run."""

import subprocess
from pathlib import Path

from tests.support.mosquitto import tool

_FLAGS = (
    "--headless",
    "--no-sandbox",  # as root it wants that
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--virtual-time-budget=4000",
    "--window-size=1280,1200",
)


def opened(page: Path, view: str, scratch: Path) -> str:
    """The document of `page` with `view` behind its `#`, as HTML; `scratch` is an empty folder."""
    command = [tool("chromium", "apt-get install chromium"), *_FLAGS, f"--user-data-dir={scratch}"]
    address = f"{page.resolve().as_uri()}#{view}"
    done = subprocess.run([*command, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
