"""What may be said of a comparison: an interval over splits, and whether a share is what was asked."""
