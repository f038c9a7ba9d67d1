"""The machine that was measured on, as a result needs it: a number without its machine means nothing."""

import datetime as dt
import os
import platform
from pathlib import Path
from typing import Final

from hil.bench.results import Machine

_MODEL_KEYS: Final = ("model name", "Model", "Hardware")
"""What /proc/cpuinfo calls the processor: x86, then the names ARM boards use."""


def this_machine() -> Machine:
    """This machine, now."""
    return Machine(
        date=f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        kernel=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        load_1min=round(os.getloadavg()[0], 2),
    )


def _cpu_model() -> str:
    pairs = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    fields = {key.strip(): value.strip() for key, _, value in pairs}
    return next((fields[key] for key in _MODEL_KEYS if fields.get(key)), platform.machine())
