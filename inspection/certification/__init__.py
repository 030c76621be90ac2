"""How many defective parts may escape, proven by counting; and what labelled parts say of a score."""
