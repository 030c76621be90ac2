"""Shifts whose figures stand, and who has signed them: rows that follow from events of the chain."""
