"""The program of the simulated PLC: its side of the handshake, tracking of parts, interlocks, set points."""
