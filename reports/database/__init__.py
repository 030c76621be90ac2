"""The database: connected to, brought up to date, written and read in whole transactions."""
