"""The terminal's agent: what runs on the box."""


class AgentError(Exception):
    """Root of every error this package raises; the message is one line: what, where, what to do."""
