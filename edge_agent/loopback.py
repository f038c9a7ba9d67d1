"""Whether a host is this machine: plain MQTT is allowed to nobody else."""

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Whether a host of a broker's address is this machine by its very name, without asking anybody."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address("" if host is None else host).is_loopback
    except ValueError:
        return False
