"""Shift reports and who answers for them, as programs tell each other."""
