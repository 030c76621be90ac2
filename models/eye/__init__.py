"""The trained eye: a small net on the tower's maps, taught by defects drawn on a product's good parts."""
