"""Teaches the net that gives a second opinion on a display's places, from rendered displays alone."""
