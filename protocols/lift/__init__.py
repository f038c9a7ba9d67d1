"""The vendor-neutral vocabulary: items, snapshots, floors, and the event catalogue."""
