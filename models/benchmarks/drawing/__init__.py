"""Draws defects on good pictures, for the bench alone; shares no code with what the station learns from."""
