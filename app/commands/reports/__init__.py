"""What ``passgate report`` does beside the report itself."""
