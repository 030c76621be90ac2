"""What implements the port Inspector: reflex, our model, a foreign one."""
