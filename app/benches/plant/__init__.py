"""``passgate bench sync``: a record pushed to a plant over a network that breaks off all the time."""
