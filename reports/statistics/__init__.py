"""The statistics of a shift, pure: counts and values in, figures out; each names its source."""
