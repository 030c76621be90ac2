"""One file for each step of the plant's schema; a released step is never edited."""
