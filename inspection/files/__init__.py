"""Files read one by one and written whole or not at all."""
