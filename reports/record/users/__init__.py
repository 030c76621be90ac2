"""Who may do what at the station: users on record, each act on one an event in the chain."""
