"""The Qt operator console: a client of the engine's API that knows ``inspection``'s words, nothing else."""
