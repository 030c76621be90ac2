"""Figures of a judge: curves, rates, types, words."""
