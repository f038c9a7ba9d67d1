"""The RS-485 segment and its ends: in memory for virtual time, a pty for real time; bit by bit on copper."""
