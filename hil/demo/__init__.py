"""The demo: one lift, a virtual serial port, the production terminal, a real broker and a rescue desk."""
