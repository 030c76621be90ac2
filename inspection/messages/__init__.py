"""What engine, station and alarms say to people: codes with parameters, and their words in each language."""
