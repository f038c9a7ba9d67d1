"""Benches: what a scenario can be played on. Each says what it can do and how exact it is."""
