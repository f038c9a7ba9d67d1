"""Scenarios: what happens to a lift and what must come of it, as data; played on any bench, judged from one trace."""

from hil import UsageError


class ScenarioError(UsageError):
    """A scenario does not say what it must, or asks for what is not there: what, where, what to do."""
