"""Gauges outside of a line: labels by people, how well what they show is read, gauges as part of a recipe."""
