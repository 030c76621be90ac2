"""Drift: whether parts that pass still look as those that were taught did. Pure."""
