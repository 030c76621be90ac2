"""A line to test against: what demo, benches and tests share, and no product needs."""
