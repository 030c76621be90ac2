"""Modbus TCP: register map, handshake, link and a simulated PLC. Implements ``Line``."""
