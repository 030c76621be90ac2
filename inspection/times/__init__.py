"""Clocks, local times, shifts."""
