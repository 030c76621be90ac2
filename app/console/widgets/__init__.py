"""What every screen is made of: the theme, signs, basic pieces."""
