"""Regions of pixels: from the run lengths of COCO to outlines that enclose exactly these pixels."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.pictures.labels.layouts.annotated import Mark, Outline

_MOST_PIXELS: Final = 2**30
"""As OpenCV reads at most."""


def from_runs(counts: Sequence[int], *, width: int, height: int) -> NDArray[np.uint8]:
    """(height, width), 1 where a run marks: runs go down the columns, the first one is not marked.

    Raises:
        ValueError: The runs do not fill the picture, or it is larger than any picture that is read.
    """
    if width * height > _MOST_PIXELS:
        raise ValueError(f"{width}x{height} pixels are no picture's")
    if any(count < 0 for count in counts) or sum(counts) != width * height:
        raise ValueError(f"its runs have {sum(counts)} pixels instead of {width}x{height}")
    marked = np.arange(len(counts)) % 2
    return np.repeat(marked.astype(np.uint8), counts).reshape(width, height).T


def counts_from_text(text: str) -> list[int]:
    """Run lengths as pycocotools writes them (``rleFrString``).

    5 bits of a number in each character, the sixth where more follow; from the fourth number on it is the
    difference to the last but one.

    Raises:
        ValueError: The text is cut off, or of other characters.
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"{character!r} is no part of compressed run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("its compressed run lengths are cut off")
    return counts


def marked(kind: str, region: NDArray[np.uint8], *, left: int = 0, top: int = 0) -> Mark:
    """The mark of a region; without a place where the region is empty. See :func:`outlines_of`."""
    if not region.any():
        return Mark(kind)
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(region))
    return Mark(kind, (x + left, y + top, width, height), outlines_of(region, left=left, top=top))


def outlines_of(region: NDArray[np.uint8], *, left: int = 0, top: int = 0) -> tuple[Outline, ...]:
    """Outlines that, filled one by one, give back the region; a piece with a hole is cut through it.

    Args:
        region: (height, width), not 0 where it is.
        left: Where in the picture its first column lies, in pixels.
        top: Where its first row lies.
    """
    region = np.ascontiguousarray(region)
    found, levels = cv2.findContours(region, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outlines: list[Outline] = []
    for number, contour in enumerate(found):
        _, _, hole, parent = levels[0][number]
        if parent >= 0:
            continue
        if hole < 0:
            outlines.append(tuple((float(x + left), float(y + top)) for x, y in contour[:, 0].tolist()))
            continue
        piece = np.zeros_like(region)
        cv2.drawContours(piece, found, number, 1, cv2.FILLED)
        piece &= (region > 0).astype(region.dtype)
        cut = int(found[hole][:, 0, 0].min()) + 1
        outlines += outlines_of(piece[:, : cut + 1], left=left, top=top)
        outlines += outlines_of(piece[:, cut + 1 :], left=left + cut + 1, top=top)
    return tuple(outlines)
