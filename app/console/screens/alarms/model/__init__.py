"""What stands on the Alarms screen: pure, but for the list of the history that Qt asks row by row."""
