"""Draws dials and displays of many designs with their true values; shares nothing with what reads them."""
