"""The API process: what faces the clients, and how little each may take."""
