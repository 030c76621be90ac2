"""Whether the record is whole."""
