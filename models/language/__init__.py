"""Language models: the base, legal decoding, the words of the instructions."""
