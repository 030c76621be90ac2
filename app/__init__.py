"""The programs people start: command line, engine, API, console."""
