"""``passgate demo``: the whole line on one machine, and its pictures for the docs."""
