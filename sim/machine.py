"""Contactor and brake of the machine: command and feedback, as functions of the car's motion and its start.

At a start from a landing, and at a re-levelling, the contactor is told to close, then the brake is told to lift, and
the car moves once it has lifted. At a stop the brake drops first, then the contactor, and then the door begins to open:
contactors hang on the chain. In an emergency stop both lose their voltage with the chain. Slow runs (creeping,
inspection) begin with the brake lifted: the lead before them is not modelled. Without mains or controller only a
rescuer's hand lifts the brake. The times are assumptions (sim/building.py, Drive).
"""

from typing import Final, NamedTuple, final

from sim.agenda import to_ns
from sim.building import Drive
from sim.motion import Braking, Buffered, Motion, Rest, Run, Runaway, Settling, Stall
from sim.trouble import Fault


class MachineSignals(NamedTuple):
    """What is commanded, and what is fed back."""

    contactor_command: bool = False
    contactor_closed: bool = False
    brake_command: bool = False
    brake_open: bool = False


_RUNNING: Final = MachineSignals(True, True, True, True)
_BY_HAND: Final = MachineSignals(brake_open=True)
_OFF: Final = MachineSignals()
_STANDING: Final = (Rest, Settling)
_DRIVEN: Final = (Run, Stall)


@final
class Machine:
    """The lags of one drive's contactor and brake, and what of their feedback is stuck."""

    def __init__(self, drive: Drive) -> None:
        self._contactor_ns: Final = to_ns(drive.contactor_lag_s)
        self._lift_ns: Final = to_ns(drive.brake_lift_s)
        self._drop_ns: Final = to_ns(drive.brake_drop_s)
        self._off_ns: Final = to_ns(drive.brake_drop_s + drive.contactor_hold_s)
        self.lead_ns: Final = self._lift_ns + self._contactor_ns
        """From the contactor's command to the lifted brake."""
        self.rest_ns: Final = self._off_ns + self._contactor_ns
        """From standstill to the dropped contactor."""
        self._brake_stuck: bool | None = None
        self._welds = False
        self._welded = False

    @property
    def fault(self) -> Fault | None:
        """What the controller finds wrong when it is about to start."""
        if self._welded:
            return Fault.CONTACTOR
        return None if self._brake_stuck is None else Fault.BRAKE

    def stick_brake(self, is_open: bool) -> None:
        """The brake's feedback stays as it is."""
        self._brake_stuck = is_open

    def weld(self, is_closed: bool) -> None:
        """The contactor stays closed once it is: now if it `is_closed`, or else after the next run."""
        self._welds, self._welded = True, self._welded or is_closed

    def stopped(self) -> None:
        """A run is over."""
        self._welded = self._welded or self._welds

    def mend(self) -> bool:
        """Contactor and brake are in order again; whether they were not."""
        was = self._welds or self._brake_stuck is not None
        self._brake_stuck, self._welds, self._welded = None, False, False
        return was

    def at(self, t_ns: int, motion: Motion, leaves_ns: int | None, *, is_alive: bool) -> MachineSignals:
        """What is commanded and fed back at `t_ns`; `leaves_ns`: when a car that is about to start will move."""
        proper = self._proper(t_ns, motion, leaves_ns) if is_alive else self._dark(t_ns, motion)
        if not self._welded and self._brake_stuck is None:
            return proper
        if self._welded:
            proper = proper._replace(contactor_closed=True)
        return proper if self._brake_stuck is None else proper._replace(brake_open=self._brake_stuck)

    def _proper(self, t_ns: int, motion: Motion, leaves_ns: int | None) -> MachineSignals:
        if leaves_ns is not None:
            left_ns = leaves_ns - t_ns
            if left_ns <= self.lead_ns:
                return MachineSignals(True, left_ns <= self._lift_ns, left_ns <= self._lift_ns)
        if isinstance(motion, _STANDING):
            since_ns = self.rest_ns if motion.ran_until_ns is None else t_ns - motion.ran_until_ns
            if since_ns >= self.rest_ns:
                return _OFF
            return MachineSignals(since_ns < self._off_ns, True, False, since_ns < self._drop_ns)
        if isinstance(motion, Braking | Buffered):
            since_ns = t_ns - motion.start_ns
            return MachineSignals(False, since_ns < self._contactor_ns, False, since_ns < self._drop_ns)
        if isinstance(motion, Runaway):
            return _RUNNING if t_ns < motion.drive_off_ns else _OFF
        return _RUNNING if t_ns < motion.end_ns and isinstance(motion, _DRIVEN) else _OFF

    @staticmethod
    def _dark(t_ns: int, motion: Motion) -> MachineSignals:
        is_lifted = t_ns < motion.end_ns and isinstance(motion, Run)
        return _BY_HAND if is_lifted else _OFF
