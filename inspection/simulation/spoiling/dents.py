"""Dents: nothing was taken away or put on, only the slope is another one, so the light falls otherwise."""

import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.shapes import noise, turned
from inspection.simulation.spoiling.site import Site


def dent(site: Site, rng: np.random.Generator) -> Plane:
    """A hollow or a bump in light from one side: one slope bright, the other dark, as much of each."""
    along, across = turned(site, rng.uniform(0.0, np.pi))
    ratio = np.float32(rng.uniform(0.6, 1.0))
    radius = np.hypot(along, across / ratio) / np.float32(site.size_px / 2.0)
    # from a smooth hollow to one with a flat floor and steep sides
    steep = np.float32(rng.uniform(2.0, 5.0))
    depth = np.exp(-((np.float32(1.3) * radius) ** steep))
    if site.size_px >= 24.0 and rng.random() < 0.5:  # not every hammer is round
        depth *= 1 + np.float32(0.15) * noise(rng, *site.shape, cell_px=site.size_px / 4.0)
    light = rng.uniform(0.0, 2.0 * np.pi)
    slope_y, slope_x = np.gradient(depth)
    slope = slope_x * np.float32(np.cos(light)) + slope_y * np.float32(np.sin(light))
    slope /= max(float(np.abs(slope).max()), 1e-6)
    gain = np.float32(abs(site.contrast(rng)) / max(site.level, 24.0))
    gain = min(gain, np.float32(0.95), np.float32(max(255.0 - site.level, 24.0) / max(site.level, 24.0)))
    after: Plane = site.before * (1 + gain * slope[..., None])
    return after
