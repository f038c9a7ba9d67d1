"""The plant in sim/ held against references that are not its own; `make verify` runs it, docs/verification.md tells.

Every check runs the plant's own parts. What the plant cannot show yet is listed as open; a check is never bent.
"""
