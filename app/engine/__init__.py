"""The engine: the program that owns PLC, cameras, model and store."""
