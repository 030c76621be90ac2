"""What ``passgate record`` does beside verifying and finding: copies of the record, and its archive."""
