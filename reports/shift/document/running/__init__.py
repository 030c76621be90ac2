"""The tables of how the time was spent, of alarms, and of agreement."""
