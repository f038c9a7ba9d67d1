"""What must survive: alarms, events and lift states, in one SQLite file with one writer."""
