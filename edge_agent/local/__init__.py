"""The technician's way in: a Unix socket on the running agent, read-only, one JSON line each way."""
