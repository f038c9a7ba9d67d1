"""Faults as data, named by their catalogue ids, each with a random stream of its own.

What all families share is here: when a fault fires (`when.py`), who is armed (`armed.py`), what is done by hand
(`deeds.py`, `doing.py`). The uplink's, the host's and the port's are here too, the wire's in `hil/bus/faults`.
"""
