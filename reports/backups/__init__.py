"""Copies of a record: made while its station runs, proven, and restored."""
