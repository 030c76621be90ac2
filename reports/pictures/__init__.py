"""The pictures beside the record, and for how long."""
