"""What nothing is taught from: odd ones, near-copies, pictures of a wrong size."""
