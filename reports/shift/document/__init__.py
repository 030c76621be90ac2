"""The shift report that a plant prints: what is in it, its words, and the files that it is written to."""
