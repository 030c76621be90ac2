"""Stains: noise-shaped blots, darker, brighter, of another texture or another colour.

After Zavrtanik et al., "DRÆM", ICCV 2021, arXiv:2108.07610: masks from noise, since real stains have no
outline that one could draw.
"""

import numpy as np

from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.shapes import blended, blob, covered, noise, softness_px
from inspection.simulation.spoiling.site import Site


def stain(site: Site, rng: np.random.Generator) -> Plane:
    """A blot: it dims or brightens what is below it, covers it, roughens it, or colours it."""
    cover = covered(blob(site, rng, ragged=rng.uniform(0.15, 0.45)), soft_px=softness_px(site, rng))
    contrast = np.float32(site.contrast(rng))
    if site.good.levels is not None:
        return blended(site, cover, site.before + contrast)
    ways = [_dimming, _covering, _roughening]
    if not site.good.colourless:
        ways.append(_colouring)
    paint = ways[int(rng.integers(len(ways)))](site, rng, contrast)
    return blended(site, cover, paint)


def _dimming(site: Site, rng: np.random.Generator, contrast: np.float32) -> Plane:
    """The surface stays to be seen below it, in less or more light, evenly or in patches."""
    gain = contrast / np.float32(max(site.level, 24.0))
    if rng.random() < 0.5:
        return site.before * (1 + gain)
    patches = 1 + np.float32(0.35) * noise(rng, *site.shape, cell_px=max(2.0, site.size_px / 5.0), octaves=2)
    paint: Plane = site.before * (1 + gain * patches[..., None])
    return paint


def _covering(site: Site, rng: np.random.Generator, contrast: np.float32) -> Plane:
    """Something of its own level lies on the surface; a little of what is below shines through."""
    through = np.float32(rng.uniform(0.0, 0.4))
    own = site.level + contrast + 2 * noise(rng, *site.shape, cell_px=1.0)
    paint: Plane = own[..., None] * (1 - through) + through * (site.before + contrast)
    return paint


def _roughening(site: Site, rng: np.random.Generator, contrast: np.float32) -> Plane:
    """Grains, brighter and darker ones, from fine to coarse."""
    grains = noise(rng, *site.shape, cell_px=rng.uniform(1.0, max(1.5, min(8.0, site.size_px / 4.0))))
    mean, amplitude = np.float32(0.25) * contrast, np.float32(0.7) * np.abs(contrast)
    paint: Plane = site.before + mean + amplitude * grains[..., None]
    return paint


def _colouring(site: Site, rng: np.random.Generator, contrast: np.float32) -> Plane:
    """Another colour at about the same brightness, as of oil, rust or heat."""
    tint = rng.normal(0.0, 1.0, 3)
    tint -= tint.mean()
    tint *= 1.2 * abs(float(contrast)) / max(float(np.abs(tint).mean()), 1e-6)
    paint: Plane = site.before + tint.astype(np.float32) + np.float32(0.3) * contrast
    return paint
