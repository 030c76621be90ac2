"""SQL: the record of every part, the picture archive, shift reports. Implements ``Store``."""
