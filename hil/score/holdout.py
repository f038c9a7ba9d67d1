"""The hold-out set: faults written by somebody who has not read the doctor, as a technician meets them.

Each builder's docstring says what the technician would see. Speeds, formats, addresses, registers, latencies, phases
and how bad it is come from the seed. Scores on these cases are reported; the doctor is not tuned to them.

A wrong format that keeps the byte grid harms no byte where the device is lenient: only the port's counters show it,
so that case has counters. A clock 2 to 3 % off is no fault (a UART bears nearly 5 %); 6 % is a wrong speed.
"""

from typing import Final

from hil.score import holdout_healthy, holdout_nodes, holdout_pair, holdout_settings, holdout_wires

CASES: Final = (
    *holdout_wires.CASES,
    *holdout_settings.CASES,
    *holdout_pair.CASES,
    *holdout_nodes.CASES,
    *holdout_healthy.CASES,
)
"""All cases; names are unique."""
