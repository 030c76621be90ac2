"""One part with several taught appearances: a memory for each, of which the nearest counts."""
