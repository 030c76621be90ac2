"""What labelled pictures teach beside the memory, and whether it is worth having."""
