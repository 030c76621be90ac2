"""Puts one defect on a good picture, and makes sure that it shows."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.part import Picture
from models.benchmarks.drawing.kinds import KINDS

EXTENT: Final = (0.03, 0.25)
"""Smallest and largest extent, as a share of the picture's shorter side; equally many in each octave."""
LEAST_EXTENT_PX: Final = 8.0
"""On small pictures the share alone would ask for defects of a pixel."""
SHOWN_LEVELS: Final = 12
"""A pixel shows the defect where one of its channels differs by so many of 255 grey levels."""
SHOWN_PIXELS: Final = 20
"""So many pixels must show it, and"""
LEAST_CONTRAST: Final = 30.0
"""by so many grey levels on their average, or by one and a half deviations of the surface around, where that
is more: on a rough surface nobody could tell a fainter one from the surface."""
_DEVIATIONS: Final = 1.5
_TRIES: Final = 60
_STRONGER: Final = 1.3


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A picture with one defect on it, and the truth about it."""

    picture: Picture
    mask: NDArray[np.bool_]
    """(height, width): where the defect shows."""
    kind: str


def draw_defect(picture: Picture, *, seed: int, places: NDArray[np.bool_] | None = None) -> Drawn:
    """Draw one defect of a random kind, size, strength and place.

    Args:
        picture: A good one: RGB, uint8, (height, width, 3); it is not changed.
        seed: The same picture and seed give the same defect.
        places: (height, width), where its middle may lie; None: where all of it lies on the picture.

    Raises:
        ValueError: There is no place, or no defect shows there, however strong.
    """
    rng = np.random.default_rng(seed)
    shorter = min(picture.shape[:2])
    shares = np.exp(rng.uniform(*np.log(EXTENT)))
    extent_px = max(LEAST_EXTENT_PX, float(shares) * shorter)
    allowed = _inner(picture, extent_px) if places is None else places
    rows, columns = np.nonzero(allowed)
    if not len(rows):
        raise ValueError("there is no place for a defect on this picture")
    kind, strength = str(rng.choice(list(KINDS))), float(rng.uniform(0.25, 0.7))
    for attempt in range(_TRIES):
        at = int(rng.integers(len(rows)))
        middle = (int(rows[at]), int(columns[at]))
        after = _with(picture, kind, rng, middle, extent_px, strength)
        change = np.abs(after.astype(np.int16) - picture.astype(np.int16)).max(axis=2)
        mask = change >= SHOWN_LEVELS
        wanted = max(LEAST_CONTRAST, _DEVIATIONS * _roughness(picture, middle, extent_px))
        if np.count_nonzero(mask) >= SHOWN_PIXELS and change[mask].mean() >= wanted:
            return Drawn(picture=after, mask=mask, kind=kind)
        strength = min(1.0, strength * _STRONGER)
        if attempt % 6 == 5:  # at full strength: this kind does not show here (nothing is there to be pulled)
            kind, strength = str(rng.choice(list(KINDS))), float(rng.uniform(0.25, 0.7))
    raise ValueError(f"no defect of {extent_px:.0f} pixels shows on this picture")


def _inner(picture: Picture, extent_px: float) -> NDArray[np.bool_]:
    """Where the middle of a defect lies, all of which is on the picture."""
    margin = int(extent_px / 2.0) + 1
    allowed = np.zeros(picture.shape[:2], np.bool_)
    allowed[margin:-margin, margin:-margin] = True
    return allowed


def _roughness(picture: Picture, at: tuple[int, int], extent_px: float) -> float:
    """How far a surface varies around a place, in grey levels: unmoved by a few odd pixels."""
    half = round(extent_px)
    rows, columns = (slice(max(0, middle - half), middle + half + 1) for middle in at)
    grey = picture[rows, columns].mean(axis=2)
    return 1.4826 * float(np.median(np.abs(grey - np.median(grey))))


def _with(
    picture: Picture,
    kind: str,
    rng: np.random.Generator,
    at: tuple[int, int],
    extent_px: float,
    strength: float,
) -> Picture:
    """Draw into a square piece around ``at``, row and column; what hangs over the edge is cut off."""
    half = int(np.ceil(extent_px))
    padded = np.pad(picture, ((half, half), (half, half), (0, 0)), mode="reflect").astype(np.float32)
    piece = padded[at[0] : at[0] + 2 * half + 1, at[1] : at[1] + 2 * half + 1]
    changed = KINDS[kind](piece, rng, extent_px, strength)
    padded[at[0] : at[0] + 2 * half + 1, at[1] : at[1] + 2 * half + 1] = changed
    inner = padded[half : half + picture.shape[0], half : half + picture.shape[1]]
    return np.clip(np.rint(inner), 0, 255).astype(np.uint8)
