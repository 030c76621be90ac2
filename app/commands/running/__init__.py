"""Commands that speak with the running engine."""
