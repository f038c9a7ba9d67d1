"""Faults that happen by themselves: causes with rates, the occasion each waits for, and who ends what it did."""
