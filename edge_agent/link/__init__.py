"""The RS-485 bus: the one master on it, its schedule, and what each slave's link is worth."""
