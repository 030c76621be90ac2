"""From a file's bytes to pixels: which kinds are read, which are refused, and at what depth."""
