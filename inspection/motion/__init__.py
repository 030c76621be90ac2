"""Set points: limits, chunks, trajectories."""
