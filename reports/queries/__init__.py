"""What people ask of the record a page at a time, as API and commands show it."""
