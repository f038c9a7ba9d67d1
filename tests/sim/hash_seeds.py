"""The same script in processes whose sets and dictionaries are hashed differently."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_HERE = Path(__file__).parent


def printed(script: str, hash_seeds: Iterable[str]) -> set[str]:
    """What it prints, with each PYTHONHASHSEED; it may import what stands beside this file."""
    path = os.pathsep.join([str(_HERE), str(_HERE.parents[1])])
    return {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for hash_seed in hash_seeds
    }
