"""Tests of how a shift's time was spent."""
