"""Alarms: what there is, and which stand."""
