"""How a shift's time was spent, and its alarms."""
