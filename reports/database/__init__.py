"""The database: opened, migrated, written, read."""
