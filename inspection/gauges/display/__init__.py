"""Reads seven-segment and dot-matrix displays by the geometry of their segments and dots."""
