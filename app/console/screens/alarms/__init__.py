"""The Alarms screen: those that stand, what to do about each, and those that there were."""
