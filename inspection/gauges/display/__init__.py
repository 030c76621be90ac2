"""Reads seven-segment and dot-matrix displays by the geometry of their segments and dots.

Of seven-segment displays a small net may settle a doubt or raise one (``opinion``).
"""
