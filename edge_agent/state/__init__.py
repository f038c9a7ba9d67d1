"""From samples to snapshots: decoding by profile, precedence between devices, age and validity."""
