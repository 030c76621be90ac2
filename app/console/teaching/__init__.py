"""The window in which a person clicks what a dial is: its pivot, and marks with their values."""
