"""Message schemas and topics between the terminal and the platform."""
