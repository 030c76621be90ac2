"""What annotations say of pictures, whatever tool wrote them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeAlias

from inspection.decision import Box

Outline: TypeAlias = tuple[tuple[float, float], ...]
"""Corners as x, y in picture pixels."""
_ROUNDING: Final = 0.05
"""Pixels: what shares of a picture with five decimals may be off; it must not widen a box by a pixel."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that an annotation marks in a picture."""

    kind: str
    """Its class's name, as written."""
    box: Box | None = None
    """Left, top, width, height in the picture's pixels, not cut at its borders; None: somewhere."""
    outlines: tuple[Outline, ...] = ()
    """What encloses exactly its pixels; empty where only the box is known."""

    @classmethod
    def boxed(cls, kind: str, left: float, top: float, right: float, bottom: float) -> Self:
        """A mark of which only the box is known, by its borders in pixels."""
        return cls(kind, _around([(left, top), (right, bottom)]))

    @classmethod
    def outlined(cls, kind: str, outlines: Sequence[Outline]) -> Self:
        """A mark of which the pixels are known. ``outlines`` are not empty, each of one corner at least."""
        corners = [corner for outline in outlines for corner in outline]
        return cls(kind, _around(corners), tuple(outlines))


def _around(corners: Iterable[tuple[float, float]]) -> Box:
    across, down = zip(*corners, strict=True)
    left, top = math.floor(min(across) + _ROUNDING), math.floor(min(down) + _ROUNDING)
    right, bottom = math.ceil(max(across) - _ROUNDING), math.ceil(max(down) - _ROUNDING)
    return left, top, max(right - left, 0), max(bottom - top, 0)


@dataclass(frozen=True, slots=True)
class AnnotatedPicture:
    """One picture, and all that its annotations say."""

    path: Path
    marks: tuple[Mark, ...] = ()
    """Defects only: none of them has a name that says good. Empty: the picture shows a good part."""
    mask: Path | None = None
    """A picture of its defects' pixels, in the layouts that have one."""
    group: str = ""
    """What it has in common with its near-copies; empty where nothing tells."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """What a folder of annotated pictures says."""

    layout: str
    """Its name, as its users know it."""
    pictures: tuple[AnnotatedPicture, ...]
    """Sorted by their paths."""
    left_out: tuple[Path, ...] = ()
    """Pictures that no annotation names: they may show anything."""
