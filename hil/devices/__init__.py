"""Device models: a register profile, the plant behind it, and the firmware's own habits."""
