"""What people say of parts, on record: rows that follow from events, and the queue of held parts."""
