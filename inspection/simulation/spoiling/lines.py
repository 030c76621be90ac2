"""Scratches and cracks: thin lines, from a pixel wide."""

import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.shapes import Path, stroke
from inspection.simulation.spoiling.site import Site


def scratch(site: Site, rng: np.random.Generator) -> Plane:
    """A long line, slightly bent, now and then broken; bright, dark, or a groove with one flank of each."""
    length = site.size_px
    along = np.linspace(-0.5, 0.5, int(np.clip(length / 2.0, 8, 40)))
    bow = rng.uniform(-0.1, 0.1) * length * (1.0 - 4.0 * along**2)
    wander = np.cumsum(rng.normal(0.0, 0.1, along.size)) * rng.random()
    angle = rng.uniform(0.0, np.pi)
    path = _turned(np.stack([along * length, bow + wander - wander.mean()], axis=1), angle) + site.centre
    depth = np.interp(along, np.linspace(-0.5, 0.5, 5), rng.uniform(0.55, 1.0, 5))
    if length >= 16.0 and rng.random() < 0.35:  # the tool jumped
        depth[_gaps(rng, along)] = 0.0
    width = float(np.exp(rng.uniform(0.0, np.log(np.clip(length / 25.0, 1.01, 4.0)))))
    line = stroke(site, path, depth, width)
    contrast = np.float32(site.contrast(rng, thin=True))
    change = contrast * line
    if site.good.levels is None and rng.random() < 0.35:
        flank = np.array([-np.sin(angle), np.cos(angle)]) * (width + 0.3)
        change -= np.float32(0.7) * contrast * stroke(site, path + flank, depth, width)
    after: Plane = site.before + change[..., None]
    return after


def crack(site: Site, rng: np.random.Generator) -> Plane:
    """A jagged dark line that thins out, with branches, and one lip in the light where it is wide enough."""
    stride = max(1.5, min(9.0, site.size_px / rng.uniform(8.0, 18.0)))
    width = float(np.clip(site.size_px / 50.0, 1.0, 3.0))
    trunk = _jagged(rng, site.size_px, stride) + site.centre
    thins = np.linspace(1.0, 0.6, len(trunk))
    line = stroke(site, trunk, thins, width)
    for _ in range(int(rng.integers(1, 4))):
        if len(trunk) < 5:
            break
        root = int(rng.integers(len(trunk) // 5, 4 * len(trunk) // 5))
        heading = trunk[min(root + 2, len(trunk) - 1)] - trunk[root]
        turn = float(np.arctan2(heading[1], heading[0])) + rng.choice((-1.0, 1.0)) * rng.uniform(0.4, 1.1)
        branch = _jagged(rng, site.size_px * rng.uniform(0.15, 0.35), stride, angle=turn)
        branch += trunk[root] - branch[0]
        weaker = np.linspace(0.9, 0.5, len(branch))
        line = np.maximum(line, stroke(site, branch, weaker, max(1.0, width - 1.0)))
    contrast = np.float32(-abs(site.contrast(rng, thin=True)))
    if site.good.levels is not None:  # a cut in the bright, a bridge in the dark
        contrast = np.float32(site.contrast(rng))
    change = contrast * line
    if site.good.levels is None and rng.random() < 0.5:
        lip = stroke(site, trunk + (0.8 + width / 2.0), thins, 1.0)
        change -= np.float32(0.3) * contrast * lip * (1 - line)
    after: Plane = site.before + change[..., None]
    return after


def _turned(path: Path, angle: float) -> Path:
    cos, sin = np.cos(angle), np.sin(angle)
    turned: Path = path @ np.array([[cos, sin], [-sin, cos]])
    return turned


def _gaps(rng: np.random.Generator, along: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which points of a broken line leave no mark: one to three stretches of it."""
    gap = np.zeros(along.shape, bool)
    for _ in range(int(rng.integers(1, 4))):
        gap |= np.abs(along - rng.uniform(-0.35, 0.35)) < rng.uniform(0.03, 0.1)
    return gap


def _jagged(rng: np.random.Generator, length: float, stride: float, angle: float | None = None) -> Path:
    """A walk of about ``length`` in sharp turns, about the origin."""
    steps = max(3, round(length / stride))
    sideways = np.cumsum(rng.normal(0.0, 0.75 * stride, steps + 1))
    sideways -= np.linspace(sideways[0], sideways[-1], steps + 1)
    forward = np.linspace(-0.5, 0.5, steps + 1) + rng.uniform(-0.3, 0.3, steps + 1) / steps
    heading = rng.uniform(0.0, 2.0 * np.pi) if angle is None else angle
    return _turned(np.stack([forward * length, sideways], axis=1), heading)
