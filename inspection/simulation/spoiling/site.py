"""The site of one defect: the piece of a good part's picture in which it is drawn."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.levels import Picture
from inspection.simulation.defects import Plane
from inspection.simulation.spoiling.good_part import GoodPart
from inspection.simulation.spoiling.seen import least_contrast

_REACH: Final = 0.65
"""How far a defect may reach from its centre, as a share of its size;"""
_AROUND: Final = 0.35
"""and how much is seen around it, at least"""
_AROUND_PX: Final = 10.0
_STRONGEST: Final = 120.0
"""Grey levels: a strong defect's contrast, where the grain allows fainter ones."""
_FAINTEST: Final = 1.2
"""A faint defect's contrast, as a multiple of the least that is seen."""
_HEADROOM: Final = 0.8
"""Share of its contrast by which a defect must be able to change the level where it is."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a defect is drawn. Kinds read it, and give back another ``before``."""

    good: GoodPart
    left: int
    top: int
    """Of the piece in the picture, pixels."""
    before: Plane
    """(height, width, channels): the piece; one channel where the picture is colourless, else three."""
    x: float
    y: float
    """The defect's centre in the piece, pixels."""
    size_px: float
    """Its longest extent, about."""

    @classmethod
    def at(cls, good: GoodPart, place: tuple[float, float], size_px: float) -> "Site":
        """Cut the piece around ``place`` (x, y in the picture's pixels) for a defect of ``size_px``."""
        height, width = good.picture.shape[:2]
        half = _REACH * size_px + max(_AROUND_PX, _AROUND * size_px)
        x, y = place
        left, top = max(0, int(x - half)), max(0, int(y - half))
        right, bottom = min(width, int(x + half) + 1), min(height, int(y + half) + 1)
        piece = good.picture[top:bottom, left:right, : 1 if good.colourless else 3]
        return cls(
            good=good,
            left=left,
            top=top,
            before=piece.astype(np.float32),
            x=x - left,
            y=y - top,
            size_px=size_px,
        )

    @property
    def centre(self) -> NDArray[np.float64]:
        """The defect's centre, (2,): x, y."""
        return np.array([self.x, self.y])

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the piece."""
        return self.before.shape[0], self.before.shape[1]

    @cached_property
    def grey(self) -> Plane:
        """(height, width): the piece's grey levels."""
        if self.before.shape[2] == 1:
            return self.before[..., 0]
        grey: Plane = self.before.mean(axis=2)
        return grey

    @cached_property
    def part(self) -> NDArray[np.bool_]:
        """(height, width): where the part is."""
        height, width = self.shape
        step = self.good.step
        most_y, most_x = self.good.part.shape
        rows = np.minimum((np.arange(height) + self.top) // step, most_y - 1)
        columns = np.minimum((np.arange(width) + self.left) // step, most_x - 1)
        part: NDArray[np.bool_] = self.good.part[rows[:, None], columns[None, :]]
        return part

    @cached_property
    def along_x(self) -> Plane:
        """(1, width): distance from the centre."""
        return np.arange(self.shape[1], dtype=np.float32)[None, :] - np.float32(self.x)

    @cached_property
    def along_y(self) -> Plane:
        """(height, 1): distance from the centre."""
        return np.arange(self.shape[0], dtype=np.float32)[:, None] - np.float32(self.y)

    @cached_property
    def level(self) -> float:
        """Grey level at the centre, grain left out."""
        return float(cv2.getRectSubPix(cv2.blur(self.grey, (3, 3)), (1, 1), (self.x, self.y))[0, 0])

    def cut(self, source: Picture, there: NDArray[np.float64], *, whole_pixels: bool = False) -> Plane:
        """Another place of a good part: as large as the site, by an affine map (2, 3) from site to source.

        What lies outside the source is mirrored into it.
        """
        height, width = self.shape
        found = cv2.warpAffine(
            np.ascontiguousarray(source[..., :1]) if self.good.colourless else source,
            there,
            (width, height),
            flags=(cv2.INTER_NEAREST if whole_pixels else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        piece: Plane = found.reshape(self.before.shape).astype(np.float32)
        return piece

    def beside(self, right: float, down: float) -> Plane:
        """The place so many pixels to the right and below: as large as the site."""
        there = np.array([[1.0, 0.0, self.left + round(right)], [0.0, 1.0, self.top + round(down)]])
        return self.cut(self.good.picture, there, whole_pixels=True)

    def contrast(self, rng: np.random.Generator, *, thin: bool = False) -> float:
        """Draw by how many grey levels a defect differs: from faint but visible to strong, log-uniform.

        On a picture of two levels it is what lies between them. Negative where it is darker than the surface;
        it is brighter only where there is room above, and the other way round.

        Args:
            rng: what draws.
            thin: it is a line or a speck, so that grain is not averaged out in it.
        """
        if (levels := self.good.levels) is not None:
            apart = levels.bright - levels.dark
            return apart if self.level < levels.dark + apart / 2.0 else -apart
        least = least_contrast(self.grey, self.part, size_px=self.size_px, thin=thin)
        faint = _FAINTEST * least
        size = float(np.exp(rng.uniform(np.log(faint), np.log(max(1.5 * faint, _STRONGEST)))))
        signs = [
            sign for sign, room in ((-1.0, self.level), (1.0, 255.0 - self.level)) if room >= _HEADROOM * size
        ]
        return size * float(rng.choice(signs or [-1.0 if self.level > 127.0 else 1.0]))
