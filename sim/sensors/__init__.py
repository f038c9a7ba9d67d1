"""The sensor layer: what the inputs of registers say, between the plant's perfect signals and the devices.

A bench names imperfections for each item of the vocabulary. What an item says at an instant is a function of that
instant, of what really happened and of the seed: whoever looks, and however often. Looking costs the plant no events.
"""

from sim import SimError


class SensorError(SimError, ValueError):
    """The sensors cannot be as stated: mend what is named."""
