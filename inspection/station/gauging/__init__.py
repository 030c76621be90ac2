"""Gauges read beside the vision pass: in a thread of their own, by the part's deadline, and never longer."""
