"""The bench around the agent: virtual time, the bus, device models, an in-memory broker, served devices."""


class BenchError(Exception):
    """The bench cannot do what it was asked: what, where, what to do, in one line."""


class UsageError(BenchError):
    """The command was given something it does not understand."""
