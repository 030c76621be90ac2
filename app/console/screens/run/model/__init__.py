"""What stands where on the Run screen at a moment. Pure: no Qt."""
