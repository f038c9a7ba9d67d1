"""The simulated world: one lift, its building and its people, in integer nanoseconds. It knows no bus and no bytes."""


class SimError(Exception):
    """Root of every error this package raises."""
