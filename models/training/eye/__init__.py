"""Trains an eye on defects drawn on a product's own good parts, and tells whether it is worth having."""
