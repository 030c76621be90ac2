"""The words for instruments: how dials, displays, lamps, levels and codes are described, and what was read.

Plain data, in the picture's pixels. Readers (``inspection.gauges``) and recipes speak it; it knows neither.
"""
