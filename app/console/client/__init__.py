"""What comes from the engine, and goes to it."""
