"""``passgate bench``: what is measured, never believed: speed, memory, faults, damage."""
