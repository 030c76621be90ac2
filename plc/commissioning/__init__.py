"""``passgate plc probe``: whether a PLC does what the handshake needs."""
