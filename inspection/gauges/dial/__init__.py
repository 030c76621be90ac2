"""Dials: the scale and its tilt, the taught picture found in the live one, and proposals for a person."""
