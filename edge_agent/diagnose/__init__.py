"""Tools that look into a serial line from outside the service: doctor, scan, sniff. The running service loads none."""
