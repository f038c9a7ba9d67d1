"""What to say of a run to which nobody came: when it was, and when it would be worth while."""

from sim.building import Traffic

_DAY_S = 86_400


def nobody_came(traffic: Traffic, lasted_s: int) -> str:
    """One sentence with its remedy."""
    start_s = round(traffic.starts_at_h * 3600)
    said = f"nobody came from {_clock(start_s)} to {_clock(start_s + lasted_s)}"
    busiest = max(traffic.day, key=lambda period: period.passengers_per_hour, default=None)
    rate = traffic.passengers_per_hour if busiest is None else busiest.passengers_per_hour
    if not rate:
        return f"{said}: nobody ever comes to this building; see passengers_per_hour in its file"
    if busiest is None:
        return f"{said}: {rate:g} people an hour come on average; let it last longer with --for"
    end_h = min((period.from_h for period in traffic.day if period.from_h > busiest.from_h), default=24.0)
    start, end = _clock(round(busiest.from_h * 3600)), _clock(round(end_h * 3600))
    return f"{said}; the day is busiest from {start} to {end}: try --from-hour {start}"


def _clock(seconds: int) -> str:
    """The time of day; midnight at the end of a day is 24:00, and later days are told."""
    day = max(0, seconds - 1) // _DAY_S
    minutes = (seconds - day * _DAY_S) // 60
    clock = f"{minutes // 60}:{minutes % 60:02d}"
    return f"{clock} of day {day + 1}" if day else clock
