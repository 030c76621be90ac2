"""Modbus on the wire: telegrams, streams, TLS, function codes, what goes wrong with them."""
