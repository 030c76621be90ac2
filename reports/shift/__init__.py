"""What a shift did, out of the record."""
