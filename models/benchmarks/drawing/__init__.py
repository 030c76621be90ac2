"""Draws defects on good pictures, for the bench alone: it shares no code with what the station learns from."""
