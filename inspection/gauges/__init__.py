"""Reads instruments off pictures by geometry: no I/O, no threads, no clock but for how long it took.

The weights of the net that has an opinion of displays are the one file that is read, once.

A reader takes a picture (uint8, height x width x 3, RGB, never written into) and a description, and answers
with a ``Reading``: it never raises for what a picture holds. A wrong number that looks right is the worst
that can happen; what is in doubt is unreadable, with its reason.
"""
