"""What the snapshots mean: facts, the car's track, occupancy, and the rules of `docs/detection.md`.

Everything here is a pure function of (state, snapshot, configuration); time is the snapshot's own.
"""
