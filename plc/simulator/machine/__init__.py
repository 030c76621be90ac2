"""The machine: belt, diverter, lamps, and the parts that ride on it."""
