"""Every word the console says, in each of its languages."""
