"""The vision side of the handshake. Pure: no I/O, no clock of its own."""
