"""Names by examples: what a defect of a product is called, from a few pictures that show each type."""
