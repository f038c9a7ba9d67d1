"""Raised, acknowledged, cleared, ended.

An alarm belongs to one stop of the car. It is cleared when people can leave: a door fully open in the
zone for `clear_open_s`, or a completed normal trip with a door opening; an empty-looking car never clears it.
It ends when it is both cleared and acknowledged by the platform; until the acknowledgement it is emitted again.
"""

import enum

import msgspec

from edge_agent.clock import ns
from edge_agent.config_types import EntrapmentConfig
from edge_agent.detect.track import Track, open_for_ns
from protocols.upstream.messages import Phase, Stamp, Text, Trapped


class Progress(enum.Enum):
    """Where people stand: still trapped, or able to leave."""

    OPEN = "open"
    CLEARED = "cleared"


class OpenAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that has not ended."""

    event_id: str
    code: str
    begin: Stamp
    severity: int
    confidence: float
    evidence: Text
    trapped: Trapped
    full_openings: int
    significant_moves: int
    progress: Progress = Progress.OPEN
    cleared: Stamp | None = None
    acknowledged: bool = False
    restored: bool = False

    @property
    def phase(self) -> Phase:
        """Where it stands, as the platform is told."""
        if self.progress is Progress.CLEARED:
            return Phase.ENDED if self.acknowledged else Phase.CLEARED
        return Phase.ACKNOWLEDGED if self.acknowledged else Phase.RAISED


def people_can_leave(alarm: OpenAlarm, track: Track, t_ns: int, config: EntrapmentConfig) -> bool:
    """The clear rule. A door that is only known not to be closed may be jammed ajar: that is no way out."""
    held_open = track.at_limit and track.counted_this_opening and open_for_ns(track, t_ns) >= ns(config.clear_open_s)
    opened = track.full_openings > alarm.full_openings
    return held_open or (opened and track.significant_moves > alarm.significant_moves)


def clear(alarm: OpenAlarm, at: Stamp, why: Text) -> tuple[OpenAlarm, list[Phase]]:
    """The alarm once people can leave, and the phases to announce; `why` becomes its evidence."""
    cleared = msgspec.structs.replace(alarm, progress=Progress.CLEARED, cleared=at, evidence=why)
    return cleared, [Phase.CLEARED, Phase.ENDED] if alarm.acknowledged else [Phase.CLEARED]


def acknowledge(alarm: OpenAlarm) -> tuple[OpenAlarm, list[Phase]]:
    """The alarm once the platform has taken it on, and the phases to announce; a repeat announces nothing."""
    if alarm.acknowledged:
        return alarm, []
    known = msgspec.structs.replace(alarm, acknowledged=True)
    return known, [Phase.ACKNOWLEDGED] + ([Phase.ENDED] if alarm.progress is Progress.CLEARED else [])


def next_deadline(alarms: tuple[OpenAlarm, ...], track: Track, config: EntrapmentConfig) -> int | None:
    """When an open alarm is cleared if the door stays as it is."""
    if track.open_since_ns is None or all(alarm.progress is Progress.CLEARED for alarm in alarms):
        return None
    return track.open_since_ns + ns(config.clear_open_s)
