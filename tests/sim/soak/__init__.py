"""A thousand lift-years with random faults; what `make soak` runs (docs/soak.md)."""
