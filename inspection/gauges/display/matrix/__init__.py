"""Reads characters of 5 x 7 dots: their ink, their lattice, their glyphs, and what they say together."""
