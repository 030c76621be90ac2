"""Speed and memory, measured on the programs as they are shipped; never in a timed test."""
