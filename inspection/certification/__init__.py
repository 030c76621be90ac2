"""How many defective parts may escape, proven by counting."""
