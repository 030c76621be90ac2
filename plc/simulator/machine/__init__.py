"""The machine: belt, diverter, interlocks, lamps, and the parts that ride on it."""
