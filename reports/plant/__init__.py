"""The plant's one PostgreSQL, to which many stations push their records: made ready, and read by station."""
