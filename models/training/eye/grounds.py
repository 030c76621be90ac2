"""What an eye's lessons are drawn on: whole pictures, or, where a person asks for detail, crops of them.

A defect of a few pixels is lost where a picture of five megapixels is scaled to what the eye usually looks
at. So a person may say how large the smallest defect is that has to be found. The working size follows: such
a defect spans a cell of the finest map. The eye then judges the whole picture at that size (the tower takes
it apart and gives the maps of one pass), but it learns on crops of the usual size, so training takes as long
as ever, and memory holds some hundred crops instead of as many large pictures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from inspection.files.one_by_one import OneByOne
from inspection.part import Picture
from models.memory.embedding import resized, working_size
from models.memory.settings import MOST_AREA_PX
from models.training.eye.lessons import at, draw, light_of

SPAN_PX: Final = 8.0
"""What the smallest defect that has to be found spans at working size: a cell of the finest map."""
_DETAIL: Final = 1.5
"""The larger of the usual sizes is tried where the pictures have so many times the smaller one's pixels."""
_THIN: Final = 0.5
"""The root of a defect's area, as a share of its extent, from which on it is a lesson: that of a bar
four times as long as wide."""
_LEAST_PX: Final = 3.0
"""But no lesson is smaller, for nothing smaller shows on the tower's maps."""
_MOST_CROPS: Final = 400
"""Of all pictures together; 240 MB at the usual working size."""
_MOST_OF_ONE: Final = 8
_MOST_PX: Final = MOST_AREA_PX * 15 // 16
"""No working area is larger, so that it is none either once both sides are multiples of a stride."""
_COMPARED_PX: Final = 200_000_000
"""Of spoiled pictures so many pixels at working size are looked at when eye and memory are compared."""

Size = tuple[int, int]
"""Height and width in pixels."""


class Grounds(Protocol):
    """Good pictures, as lessons are drawn on them and as they are judged."""

    @property
    def sizes(self) -> Sequence[Size]:
        """The working sizes that can be tried."""
        ...

    @property
    def source(self) -> NDArray[np.int64]:
        """Of which picture each ground for lessons is."""
        ...

    @property
    def light(self) -> float:
        """How much the pictures' light differs (:func:`~models.training.eye.lessons.light_of`)."""
        ...

    @property
    def least_px(self) -> float | None:
        """The least root of a lesson's area, in pixels at working size, as a person's statement has it."""
        ...

    @property
    def cells(self) -> int | None:
        """How many cells of the finest map the smallest defect touches; None where nobody said how small."""
        ...

    @property
    def spoiled_pictures(self) -> int:
        """How many :meth:`spoiled` gives at most."""
        ...

    def lesson_size(self, working: Size) -> Size:
        """The size at which lessons are looked at, where pictures are judged at a working size."""
        ...

    def of_lessons(self, working: Size) -> Sequence[Picture]:
        """What lessons are drawn on, where pictures are judged at a working size."""
        ...

    def judged(self, working: Size) -> Sequence[Picture]:
        """The pictures at a working size."""
        ...

    def spoiled(
        self, working: Size, rng: np.random.Generator, *, least_px: float
    ) -> tuple[list[int], Sequence[Picture]]:
        """The pictures, some of them at least, with a defect drawn on each: which they are, and their looks.

        In the light of the good ones: what tells other light would be taken for what tells defects.
        """
        ...


def area_for(detail_px: float, sizes: Sequence[Size], *, least: int) -> int:
    """The working area at which a defect spans a cell of the finest map, as far as one may be so large.

    No picture is enlarged for it.

    Args:
        detail_px: The defect's extent in pixels of the picture.
        sizes: The pictures' heights and widths, in pixels.
        least: The area that is taken at least.
    """
    area = float(np.median([height * width for height, width in sizes]))
    return max(least, min(_MOST_PX, int(area * min(1.0, SPAN_PX / detail_px) ** 2)))


class WholePictures:
    """Lessons are drawn on whole pictures: all are held, at the largest working size."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        *,
        sizes: Sequence[Size],
        least_px: float | None = None,
        cells: int | None = None,
    ) -> None:
        """Hold ``pictures`` at the last of ``sizes``, the largest."""
        self.sizes, self.least_px, self.cells = sizes, least_px, cells
        self._shown = at(pictures, sizes[-1])
        self.source = np.arange(len(pictures), dtype=np.int64)
        self.light = light_of([float(picture.mean()) for picture in self._shown])
        self.spoiled_pictures = len(pictures)

    def lesson_size(self, working: Size) -> Size:
        """The working size."""
        return working

    def of_lessons(self, working: Size) -> Sequence[Picture]:
        """The pictures at a working size."""
        return self.judged(working)

    def judged(self, working: Size) -> Sequence[Picture]:
        """The pictures at a working size."""
        return at(self._shown, working)

    def spoiled(
        self, working: Size, rng: np.random.Generator, *, least_px: float
    ) -> tuple[list[int], Sequence[Picture]]:
        """Each picture with a defect, as far as one shows on it."""
        shown = self.judged(working)
        drawn = list(draw(shown, rng, bad=len(shown), good=0, least_px=least_px, light=None))
        return [one.source for one in drawn], [one.picture for one in drawn]


class Crops:
    """Lessons are drawn on crops, as many of each picture; whole ones are read when they are judged."""

    def __init__(
        self,
        pictures: Sequence[Picture],
        *,
        working: Size,
        most: Size,
        least_px: float,
        cells: int,
        rng: np.random.Generator,
    ) -> None:
        """Cut crops out of all pictures, each of which is read once.

        Args:
            pictures: They are read when asked for.
            working: The one working size at which they are judged.
            most: Height and width of a crop, less where the working size is.
            least_px: The least root of a lesson's area.
            cells: How many cells of the finest map the smallest defect touches.
            rng: Says where.
        """
        self.sizes, self.least_px, self.cells = (working,), least_px, cells
        self._pictures = pictures
        self._size = height, width = min(most[0], working[0]), min(most[1], working[1])
        each = max(1, min(_MOST_OF_ONE, _MOST_CROPS // len(pictures)))
        self._crops: list[Picture] = []
        self._corners: list[tuple[int, int]] = []
        levels = []
        for picture in pictures:
            shown = resized(picture, *working)
            levels.append(float(shown.mean()))
            for _ in range(each):
                top = int(rng.integers(working[0] - height + 1))
                left = int(rng.integers(working[1] - width + 1))
                self._corners.append((top, left))
                self._crops.append(shown[top : top + height, left : left + width].copy())
        self.source = np.repeat(np.arange(len(pictures), dtype=np.int64), each)
        self.light = light_of(levels)
        self._each = each
        affordable = max(1, _COMPARED_PX // math.prod(working))
        self.spoiled_pictures = min(len(pictures), affordable)

    def lesson_size(self, working: Size) -> Size:
        """That of the crops."""
        return self._size

    def of_lessons(self, working: Size) -> Sequence[Picture]:
        """The crops."""
        return self._crops

    def judged(self, working: Size) -> Sequence[Picture]:
        """The pictures at a working size, read when asked for."""
        return OneByOne(self._pictures, lambda picture: resized(picture, *working))

    def spoiled(
        self, working: Size, rng: np.random.Generator, *, least_px: float
    ) -> tuple[list[int], Sequence[Picture]]:
        """Some pictures, evenly chosen, with a defect on a crop of each, as far as one shows there."""
        evenly = np.linspace(0, len(self._pictures) - 1, self.spoiled_pictures).round().astype(int)
        chosen = [index * self._each + int(rng.integers(self._each)) for index in evenly.tolist()]
        drawn = list(
            draw(
                [self._crops[crop] for crop in chosen],
                rng,
                bad=len(chosen),
                good=0,
                least_px=least_px,
                light=None,
            )
        )

        def laid_in(place: int) -> Picture:
            crop = chosen[drawn[place].source]
            whole = resized(self._pictures[int(self.source[crop])], *working).copy()
            (top, left), spoiled = self._corners[crop], drawn[place].picture
            whole[top : top + spoiled.shape[0], left : left + spoiled.shape[1]] = spoiled
            return whole

        sources = [int(self.source[chosen[one.source]]) for one in drawn]
        return sources, OneByOne(range(len(drawn)), laid_in)


def grounds_of(
    pictures: Sequence[Picture],
    *,
    areas: tuple[int, int],
    multiple: int,
    detail_px: float | None,
    rng: np.random.Generator,
    only: Size | None = None,
) -> Grounds:
    """What lessons are drawn on.

    Args:
        pictures: Good ones.
        areas: The usual working area, and the largest at which pictures are held whole: it is tried as well
            where they have so much detail.
        multiple: Both sides of a working size are multiples of it.
        detail_px: The extent of the smallest defect that has to be found; None: that is not known.
        rng: Says where crops are cut.
        only: The working size, where another eye's is to be taken; None: it is to be chosen.
    """
    usual, large = areas
    sizes = [(picture.shape[0], picture.shape[1]) for picture in pictures]
    detail = float(np.median([height * width for height, width in sizes]))
    if only is not None:
        tried = [math.prod(only)]
    elif detail_px is not None:
        tried = [area_for(detail_px, sizes, least=usual)]
    else:
        tried = [usual] + ([min(large, int(detail))] if detail >= _DETAIL * usual else [])
    working = [only or working_size(sizes, area_px=area, multiple=multiple) for area in tried]
    if detail_px is None:
        return WholePictures(pictures, sizes=working)
    spans_px = detail_px * math.sqrt(math.prod(working[0]) / detail)
    least_px, cells = max(_LEAST_PX, _THIN * spans_px), (max(1, round(spans_px / SPAN_PX)) + 1) ** 2
    if tried[0] <= large:
        return WholePictures(pictures, sizes=working, least_px=least_px, cells=cells)
    side = max(multiple, round(math.sqrt(usual) / multiple) * multiple)
    return Crops(pictures, working=working[0], most=(side, side), least_px=least_px, cells=cells, rng=rng)
