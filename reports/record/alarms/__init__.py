"""What became of alarms, read from the events that tell of it."""
