"""Registration: where a part lies against the taught position, or why that cannot be told.

Normalised cross-correlation finds the shift and the turn wherever they lie (Lewis, "Fast template matching",
Vision Interface 1995; phase correlation was tried first, and hears the noise of parts with little structure);
from there the enhanced correlation coefficient is maximised (Evangelidis and Psarakis, "Parametric image
alignment using enhanced correlation coefficient maximization", PAMI 30(10), 2008), which ignores brightness
and contrast and gives fractions of a pixel. Both look at a small grey picture less its own blur, so that
light falling off to one side is no structure to align on.

What was taught decides what is believed: a part that fits the taught one worse than the good parts do, or
lies farther away than they make likely, is refused, and nothing is judged where the part is not.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from inspection.decision import Box, Frozen
from inspection.errors import PositionError
from inspection.levels import Picture
from inspection.messages.codes import Code
from inspection.messages.telling import say
from inspection.recipe import Motion

LONG_SIDE: Final = 256
"""Pixels of the longer side at which parts are aligned: a twentieth of such a pixel is found, which is less
than half a pixel of a picture of five million."""
_LIGHT: Final = 16
"""Structure is what is left without a blur of the long side over this: shading and reflections go with it."""
_COARSE: Final = 0.25
"""Of that size, at which shifts and turns are looked for one by one."""
_STEP_DEG: Final = 4.0
"""Turns that are tried; between two of them the coefficient climbs to the right one."""
_REACH: Final = 0.25
"""Share of the sides beyond which no shift is looked for: half a picture and more would not be compared."""
MOST_TURN_DEG: Final = 20.0
_ROUNDS: Final = cv2.TermCriteria_COUNT | cv2.TermCriteria_EPS, 40, 1e-5
_FAINT: Final = 0.05
"""Share of the taught part's contrast below which a picture shows nothing to align."""
_BLUR: Final = 5
"""Pixels that the coefficient is smoothed over, so that it rises from farther off."""

Grey = NDArray[np.uint8]
"""(rows, columns)"""
Matrix = NDArray[np.float64]
"""(2, 3): (x, y, 1) of the taught position to (x, y) on the picture as it was taken, in pixels."""


class Bounds(Frozen):
    """How far from the taught position, and how unlike it, a part may be and still be judged."""

    shift: Annotated[FiniteFloat, Field(gt=0.0, le=_REACH)]
    """Along either side, as a share of it."""
    turn_deg: Annotated[FiniteFloat, Field(ge=0.0, le=MOST_TURN_DEG)]
    correlation: Annotated[FiniteFloat, Field(ge=0.0, lt=1.0)]
    """The least enhanced correlation coefficient."""


WIDEST: Final = Bounds(shift=_REACH, turn_deg=MOST_TURN_DEG, correlation=0.0)
"""What is looked through before anything is known of the parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a part lies."""

    matrix: Matrix
    correlation: float
    """How well it fits the taught part there, up to 1."""

    def aligned(self, picture: Picture) -> Picture:
        """The picture with the part in the taught position; what the camera did not see is made up."""
        size = (picture.shape[1], picture.shape[0])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        aligned = cv2.warpAffine(picture, self.matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(aligned, np.uint8)

    def aligned_mask(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask of the picture as it was taken, where it lies on the aligned one; 0 where nothing is."""
        size = (mask.shape[1], mask.shape[0])
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(mask, self.matrix, size, flags=flags), np.uint8)

    def box_as_taken(self, box: Box, *, shape: tuple[int, ...]) -> Box:
        """A box on the aligned picture as the upright box around it on the picture as it was taken."""
        left, top, width, height = box
        corners = np.array(
            [[left, top], [left + width, top], [left, top + height], [left + width, top + height]]
        )
        # a corner lies between pixels, whose middles the matrix maps
        there = (corners - 0.5) @ self.matrix[:, :2].T + self.matrix[:, 2] + 0.5
        most = np.array([shape[1], shape[0]])
        low = np.clip(np.rint(there.min(0)), 0, most - 1).astype(int)
        high = np.clip(np.rint(there.max(0)), low + 1, most).astype(int)
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


@dataclass(frozen=True)
class Registration:
    """The taught position of one view's part, and what is believed of where another one lies."""

    reference: Grey
    """The taught part at small size: the median of the good ones in their middling position."""
    motion: Motion
    bounds: Bounds

    def find(self, picture: Picture) -> Placement:
        """Where the part lies on a picture, RGB, uint8, (height, width, 3).

        Raises:
            PositionError: The picture shows nothing to align, or nothing that fits the taught part well
                enough, or that lies farther from its place than was taught.
        """
        return self.find_small(shrunk(picture, self.reference.shape), shape=picture.shape)

    def find_small(self, small: Grey, *, shape: tuple[int, ...]) -> Placement:
        """As ``find``, of a picture of that shape that was shrunk to the reference's size already."""
        seen = structure(small)
        found = self._climbed(seen) if seen.std() > _FAINT * self._taught.std() else None
        if found is None:
            raise _refused(Code.PART_NOT_THERE)
        matrix, correlation = found
        shift, turn = moved_by(matrix, self.reference.shape)
        bounds = self.bounds
        if correlation < bounds.correlation:
            raise _refused(Code.PART_UNLIKE_TAUGHT, found=correlation, wanted=bounds.correlation)
        if shift > bounds.shift or turn > bounds.turn_deg:
            raise _refused(
                Code.PART_OUT_OF_PLACE,
                shift=shift,
                turn=turn,
                most_shift=bounds.shift,
                most_turn=bounds.turn_deg,
            )
        return Placement(matrix=enlarged(matrix, small.shape, shape), correlation=correlation)

    def fit_at(self, small: Grey, matrix: Matrix) -> float:
        """How well a small picture fits where ``matrix`` says that the part lies, not where it fits best."""
        size = (self.reference.shape[1], self.reference.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        there = cv2.warpAffine(structure(small), matrix, size, flags=flags)
        seen = cv2.warpAffine(np.full(small.shape, 255, np.uint8), matrix, size, flags=flags) == 255
        a, b = (cv2.GaussianBlur(one, (_BLUR, _BLUR), 0)[seen] for one in (self._taught, there))
        spread = float(a.std() * b.std())
        return float(((a - a.mean()) * (b - b.mean())).mean() / spread) if spread > 0.0 else 0.0

    def bounded(self, bounds: Bounds) -> Self:
        """The same part within other bounds."""
        return type(self)(self.reference, self.motion, bounds)

    @cached_property
    def _taught(self) -> NDArray[np.float32]:
        return structure(self.reference)

    @cached_property
    def _everywhere(self) -> NDArray[np.uint8]:
        return np.full(self.reference.shape, 255, np.uint8)

    @cached_property
    def _starts(self) -> tuple[tuple[float, NDArray[np.float32]], ...]:
        """Turns and the reference turned so, at a coarser size."""
        most = 0.0 if self.motion is Motion.SHIFT else max(self.bounds.turn_deg, _STEP_DEG)
        steps = math.ceil(most / _STEP_DEG)
        coarse = cv2.resize(self._taught, None, fx=_COARSE, fy=_COARSE, interpolation=cv2.INTER_AREA)
        size = (coarse.shape[1], coarse.shape[0])
        turns = [step * _STEP_DEG for step in range(-steps, steps + 1)]
        return tuple(
            (turn, cv2.warpAffine(coarse, _turned(turn, coarse.shape), size, flags=cv2.WARP_INVERSE_MAP)
             .astype(np.float32, copy=False))
            for turn in turns
        )  # fmt: skip

    def _climbed(self, seen: NDArray[np.float32]) -> tuple[Matrix, float] | None:
        """The best fit from the likeliest start, and from no motion where that leads nowhere."""
        best: tuple[Matrix, float] | None = None
        for start in (self._likeliest(seen), np.eye(2, 3)):
            found = self._climb(seen, start)
            if found is not None and (best is None or found[1] > best[1]):
                best = found
            if best is not None and best[1] >= max(self.bounds.correlation, 0.5):
                break
        return best

    def _likeliest(self, seen: NDArray[np.float32]) -> Matrix:
        coarse = cv2.resize(seen, None, fx=_COARSE, fy=_COARSE, interpolation=cv2.INTER_AREA)
        down, across = (math.ceil(self.bounds.shift * side) + 1 for side in coarse.shape)
        around = cv2.copyMakeBorder(coarse, down, down, across, across, cv2.BORDER_CONSTANT, value=0.0)
        tried = []
        for turn, reference in self._starts:
            fits = cv2.matchTemplate(around, reference, cv2.TM_CCORR_NORMED)
            _, fit, _, (x, y) = cv2.minMaxLoc(fits)
            tried.append((fit, turn, x - across, y - down))
        _, turn, x, y = max(tried)
        # ``_starts`` maps a turned place to the taught one; here the taught one is mapped to where it lies
        matrix = _turned(-turn, seen.shape)
        matrix[:, 2] += (x / _COARSE, y / _COARSE)
        return matrix

    def _climb(self, seen: NDArray[np.float32], start: Matrix) -> tuple[Matrix, float] | None:
        kind = cv2.MOTION_TRANSLATION if self.motion is Motion.SHIFT else cv2.MOTION_EUCLIDEAN
        try:
            correlation, matrix = cv2.findTransformECC(
                self._taught, seen, start.astype(np.float32), kind, _ROUNDS, self._everywhere, _BLUR
            )
        except cv2.error:  # it runs off, or nothing is there
            return None
        found = np.asarray(matrix, np.float64)
        if not (math.isfinite(correlation) and np.isfinite(found).all()):
            return None
        return found, float(correlation)


def small_shape(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns at which pictures of a shape are aligned."""
    scale = LONG_SIDE / max(shape[:2])
    return max(round(shape[0] * scale), 16), max(round(shape[1] * scale), 16)


def shrunk(picture: Picture, to: tuple[int, ...]) -> Grey:
    """A picture in grey at the size at which it is aligned."""
    size = (to[1], to[0])
    return cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA).astype(
        np.uint8, copy=False
    )


def structure(small: Grey) -> NDArray[np.float32]:
    """A small grey picture less its own blur."""
    levels = small.astype(np.float32)
    blurred = cv2.GaussianBlur(levels, (0, 0), max(small.shape) / _LIGHT)
    return np.asarray(levels - blurred, np.float32)


def enlarged(matrix: Matrix, small: tuple[int, ...], full: tuple[int, ...]) -> Matrix:
    """A matrix between small pictures as one between full ones: middles of pixels lie on middles."""
    scale = np.array([full[1] / small[1], full[0] / small[0]])
    linear = matrix[:, :2] * scale[:, None] / scale[None, :]
    middle = (scale - 1.0) / 2.0  # of the small picture's first pixel, on the full one
    offset = scale * matrix[:, 2] + middle - linear @ middle
    return np.column_stack([linear, offset])


def moved_by(matrix: Matrix, shape: tuple[int, ...]) -> tuple[float, float]:
    """By how much a part's middle is shifted along a side, as a share of it, and its turn in degrees."""
    middle = np.array([(shape[1] - 1) / 2, (shape[0] - 1) / 2])
    shift = np.abs(matrix[:, :2] @ middle + matrix[:, 2] - middle) / (shape[1], shape[0])
    return float(shift.max()), abs(math.degrees(math.atan2(matrix[1, 0], matrix[0, 0])))


def _refused(code: Code, **params: float) -> PositionError:
    said = say(code, params)
    return PositionError(said, part="the part goes to manual review", code=code, params=params)


def _turned(degrees: float, shape: tuple[int, ...]) -> Matrix:
    """Turns about the middle, clockwise on the picture."""
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    return np.asarray(cv2.getRotationMatrix2D(middle, -degrees, 1.0), np.float64)
