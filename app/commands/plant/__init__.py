"""Commands about many stations: ``passgate sync``, and shift reports out of the plant's database."""
