"""What the recipe commands do: teach, adapt, certify, judge, evaluate; and where recipes lie."""
