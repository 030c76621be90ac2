"""What is wrong with what a person wrote, in words."""
