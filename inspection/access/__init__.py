"""Who may do what at a station, in words that every process may know."""
