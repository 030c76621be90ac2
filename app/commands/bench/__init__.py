"""``passgate bench``: what is measured, by what it asks."""
