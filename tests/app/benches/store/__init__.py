"""Tests of ``app.benches.store``."""
