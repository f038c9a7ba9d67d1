"""Faults of the terminal's surroundings as data: of its uplink and of its host, named by their catalogue ids.

Those of the wire are in `hil/bus/faults`; `when.py` says when any of them fires.
"""
