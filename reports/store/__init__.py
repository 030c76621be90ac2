"""The store that the station writes to: the database, and a spool where it cannot."""
