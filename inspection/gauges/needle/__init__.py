"""Finds the needle on a dial's face, by cues that must agree."""
