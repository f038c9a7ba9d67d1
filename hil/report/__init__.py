"""What is kept of runs, one file a format: for people, for CI, for Wireshark and for Perfetto."""
