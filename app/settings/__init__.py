"""What a station's settings say, where they come from, and what is wrong with them in words."""
