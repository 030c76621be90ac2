"""Weights in files: where they come from, how they are sealed, whether they are sound."""
