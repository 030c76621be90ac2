"""The life of one part, and the station around it."""
