"""``passgate bench store``: a record of a factory's size, made, asked, verified and written to."""
