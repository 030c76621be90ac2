"""The challenge: known parts, good and defective ones, show that the station still sees what it must."""
