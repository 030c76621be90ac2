"""What defects of a shift look like: for each type a part, and a small picture of it."""
