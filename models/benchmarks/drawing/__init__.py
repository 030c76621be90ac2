"""Draws defects on good pictures, for the bench alone: no code is shared with what the station learns from."""
