"""The pieces of the Alarms screen."""
