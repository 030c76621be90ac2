"""The Run screen, which the operator sees all day."""
