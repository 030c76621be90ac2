"""The pieces of the Run screen: each paints what it is told, and knows nothing else."""
