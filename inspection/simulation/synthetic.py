"""Spoils a photograph of a good part, to teach what a defect may look like before many were seen.

Three kinds, because none alone looks like what a line will bring: a drawn defect (``transplant``); a piece of
this or another good part where it does not belong (Li et al., "CutPaste", CVPR 2021, arXiv:2104.04015); a
blot with a ragged rim, darker or brighter than the surface (after Zavrtanik et al., "DRÆM", ICCV 2021,
arXiv:2108.07610). Judged by such defects alone a model would learn our drawing; beside real ones they help it
not to overlook what the few real ones do not show.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from inspection.part import Picture
from inspection.simulation.defects import Mask, Plane
from inspection.simulation.transplant import with_defects

_TRIES: Final = 12
_LEAST_CHANGE: Final = 6.0
"""Grey levels; what changes a pixel by less is not seen."""
_LEAST_PIXELS: Final = 9
_SIZES: Final = (0.03, 0.5)
"""Of a blot, as a share of the picture's shorter side; small ones as often as large ones (log-uniform)."""


def spoiled(
    picture: Picture, rng: np.random.Generator, *, others: Sequence[Picture]
) -> tuple[Picture, Mask] | None:
    """Put one defect on a copy of ``picture``.

    Args:
        picture: a good part, RGB, uint8, (height, width, 3).
        rng: the same state makes the same defect.
        others: good parts of the same size, to take pieces from; may be empty.

    Returns:
        The new picture, and (height, width), 255 where the defect shows. None where none showed in a dozen
        tries, as on a picture that is all black.
    """
    for _ in range(_TRIES):
        if rng.random() < 1.0 / 3.0:
            changed, put = with_defects(picture, rng)
            mask = put[0].mask if put else np.zeros(picture.shape[:2], np.uint8)
        else:
            cover = _blot(rng, *picture.shape[:2])
            paint = _piece(picture, rng, others) if rng.random() < 0.5 else _shade(picture, rng)
            blended = picture + (paint - picture) * cover[..., None]
            changed = np.clip(np.rint(blended), 0.0, 255.0).astype(np.uint8)
            mask = _shown(picture, changed)
        if np.count_nonzero(mask) >= _LEAST_PIXELS:
            return changed, mask
    return None


def _shown(before: Picture, after: Picture) -> Mask:
    """Where the change is seen; smoothed, so that grain does not tear holes into it."""
    change = np.abs(after.astype(np.float32) - before).mean(axis=2)
    return np.where(cv2.GaussianBlur(change, (0, 0), 1.0) >= _LEAST_CHANGE, 255, 0).astype(np.uint8)


def _piece(picture: Picture, rng: np.random.Generator, others: Sequence[Picture]) -> Plane:
    """A part, this or another, shifted, perhaps upside down, in a little more or less light."""
    drawn = 0 if rng.random() < 0.5 else int(rng.integers(1 + len(others)))
    source = picture if drawn == 0 else others[drawn - 1]
    height, width = source.shape[:2]
    shifted = np.roll(source, (int(rng.integers(height)), int(rng.integers(width))), axis=(0, 1))
    if rng.random() < 0.5:
        shifted = shifted[::-1, ::-1]
    return shifted.astype(np.float32) * np.float32(rng.uniform(0.7, 1.3))


def _shade(picture: Picture, rng: np.random.Generator) -> Plane:
    """The surface itself, darker or brighter, evenly or in patches."""
    change = rng.choice((-1.0, 1.0)) * rng.uniform(0.1, 0.7)
    height, width = picture.shape[:2]
    texture = np.ones((height, width), np.float32)
    if rng.random() < 0.6:
        texture += np.float32(0.4) * _noise(rng, height, width, cell_px=rng.uniform(1.5, 8.0))
    shaded: Plane = picture * (np.float32(1.0) + np.float32(change) * texture[..., None])
    return shaded


def _blot(rng: np.random.Generator, height: int, width: int) -> Plane:
    """How much of the surface is covered, 0 to 1: an ellipse with a ragged, more or less soft rim."""
    size_px = min(height, width) * float(np.exp(rng.uniform(*np.log(_SIZES))))
    angle, ratio = rng.uniform(0.0, np.pi), rng.uniform(0.25, 1.0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y - rng.uniform(0.0, height), x - rng.uniform(0.0, width)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    radius = np.hypot(along, across / ratio) / (size_px / 2.0)
    ragged = 1.0 - radius + 0.5 * _noise(rng, height, width, cell_px=max(3.0, size_px / 3.0))
    cover: Plane = np.clip(ragged / rng.uniform(0.05, 0.4), 0.0, 1.0).astype(np.float32)
    return cover


def _noise(rng: np.random.Generator, height: int, width: int, *, cell_px: float) -> Plane:
    """Smooth noise, standard normal at its nodes, which lie ``cell_px`` apart."""
    rows, columns = max(2, round(height / cell_px) + 1), max(2, round(width / cell_px) + 1)
    nodes = rng.normal(0.0, 1.0, (rows, columns)).astype(np.float32)
    smooth: Plane = cv2.resize(nodes, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return smooth
