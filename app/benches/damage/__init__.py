"""Damaged recipe and adapter files: none may judge milder than the true one."""
