"""What people order and what latches, on record: it holds over restarts."""
