"""Faults on purpose: of the line, of the wire, of the handshake."""
