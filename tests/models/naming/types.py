"""Drawn places of drawn types, as directions are: one row for each extent, shorter than 1."""

import numpy as np
from numpy.typing import NDArray

from models.naming.directions import EXTENTS

Floats = NDArray[np.float32]


def centres_of(rng: np.random.Generator, types: int, channels: int = 60) -> Floats:
    """One centre for each type and extent: (types, extents, channels)."""
    return rng.normal(size=(types, len(EXTENTS), channels)).astype(np.float32)


def drawn(
    rng: np.random.Generator, centres: Floats, each: int, *, noise: float | tuple[float, ...]
) -> tuple[Floats, NDArray[np.intp]]:
    """So many places of each type around its centre; ``noise`` may differ between the extents."""
    kinds = np.repeat(np.arange(len(centres)), each)
    spread = np.broadcast_to(noise, len(EXTENTS))[:, None]
    places = centres[kinds] + spread * rng.normal(size=(len(kinds), *centres.shape[1:]))
    return (places / np.linalg.norm(places, axis=-1).max()).astype(np.float32), kinds
