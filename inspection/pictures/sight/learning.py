"""Learning a view's sight from its good pictures: the taught position, and what they usually show."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from inspection.errors import RecipeError
from inspection.levels import Picture
from inspection.pictures.sight.filling import Known
from inspection.pictures.sight.registration import Grey, shrunk, small_shape
from inspection.pictures.sight.sight import PLAIN, Sight, cut_out, masked_in_words
from inspection.pictures.sight.taught_position import TaughtPosition, evenly, learn_position
from inspection.recipe import Motion, View

MOST_USUAL_PX: Final = 320
"""Of the longer side of what good parts usually show: what is filled has no detail that could be missed."""
MOST_MASK_PX: Final = 1024
"""Of the longer side of a mask as it is kept."""
_MOST_LOOKED_AT: Final = 25
"""Pictures of which the usual is the median."""
_A_CELL: Final = 8 / 320
"""Of the finest map, as a share of the side of a picture at the usual working size: parts that lie closer
together than that are seen by the same cells."""
_LEAST_JUDGED: Final = 0.01
"""Share of a view that a mask must leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person wants of how a view is seen."""

    motion: Motion | None = None
    where_it_pays: bool = False
    """Align only parts that lie farther apart than the features tell; ``motion`` is then not looked at."""
    mask: Known | None = None
    """Of a whole picture, not 0 where it is judged."""
    kept_mask: Known | None = None
    """Of the view's region, as an earlier version of the recipe keeps it; ``mask`` takes its place."""

    @property
    def nothing(self) -> bool:
        """Whether parts are judged where they lie, and everywhere."""
        return not (self.where_it_pays or self.motion or self.mask is not None or self.kept_mask is not None)

    def looked_at_again(self, pictures: int) -> int:
        """How many of so many good pictures are read once more, at most, to learn it."""
        return 0 if self.nothing else min(pictures, _MOST_LOOKED_AT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A view's sight, and what was found."""

    sight: Sight
    position: TaughtPosition | None
    not_aligned: str = ""
    """Why parts are not aligned, where that was left to what is found."""

    def seen_so(self, view: View) -> View:
        """``view``, saying that it is seen so."""
        motion = None if self.sight.registration is None else self.sight.registration.motion
        return view.model_copy(update={"registration": motion, "masked": self.sight.judged is not None})

    @property
    def in_words(self) -> str:
        """For whoever teaches; empty where parts are judged as they lie, and everywhere."""
        said = [self.not_aligned] if self.not_aligned else []
        if self.position is not None:
            said.append(self.position.in_words)
        if self.sight.judged is not None:
            said.append(masked_in_words(self.sight.judged))
        return "; ".join(said)


class SightLearner:
    """Learns one view's sight while its good pictures are read for the first time."""

    def __init__(self, view: View, asked: Asked) -> None:
        """Learn what is asked for ``view``; its own ``registration`` and ``masked`` are not looked at."""
        self._view = view
        self._asked = asked
        self._small: list[Grey] = []
        self._shape: tuple[int, ...] = ()

    def add(self, picture: Picture) -> None:
        """One good picture, whole.

        Raises:
            RecipeError: It is of another shape than the mask, or than the pictures before it.
        """
        if self._asked.nothing:
            return
        self._shape = self._shape or picture.shape
        wanted = self._shape if self._asked.mask is None else self._asked.mask.shape
        if picture.shape[:2] != wanted[:2]:
            raise RecipeError(
                f"a picture has {picture.shape[1]} x {picture.shape[0]} pixels, the "
                f"{'others' if self._asked.mask is None else 'mask'} {wanted[1]} x {wanted[0]}",
                part="nothing was taught",
                todo="give pictures of one size, and a mask drawn on one of them",
            )
        self._small.append(shrunk(picture, small_shape(picture.shape)))

    def learn(
        self,
        pictures: Sequence[Picture],
        *,
        groups: Sequence[Hashable] | None = None,
        names: Sequence[str] | None = None,
    ) -> Learned:
        """The sight.

        Args:
            pictures: The same again, whole.
            groups: See ``learn_position``.
            names: Of the pictures.

        Raises:
            RecipeError: They cannot be aligned, or the mask leaves nothing to be judged.
        """
        asked, position, not_aligned = self._asked, None, ""
        if asked.where_it_pays:
            position, not_aligned = self._where_it_pays(groups)
        elif asked.motion is not None:
            position = learn_position(self._small, asked.motion, groups=groups, names=names)
        judged = asked.kept_mask if asked.mask is None else kept_mask(asked.mask, self._view)
        if position is None and judged is None:
            return Learned(sight=PLAIN, position=None, not_aligned=not_aligned)
        sight = Sight(registration=None if position is None else position.registration, judged=judged)
        usual = self._usual(pictures, sight)
        return Learned(sight=replace(sight, usual=usual), position=position, not_aligned=not_aligned)

    def _where_it_pays(self, groups: Sequence[Hashable] | None) -> tuple[TaughtPosition | None, str]:
        """The position where parts lie far apart; else why they are judged where they lie."""
        try:
            found = learn_position(self._small, Motion.TURN, groups=groups)
            rim = math.radians(found.spread_deg) / 2.0
            if max(found.spread, rim) < _A_CELL:
                return None, (
                    f"parts are not aligned: the good ones lie within {found.spread:.1%} of the picture and "
                    f"{found.spread_deg:.1f} degrees, closer together than a cell of the features"
                )
            if rim < _A_CELL / 2.0:
                found = learn_position(self._small, Motion.SHIFT, groups=groups)
        except RecipeError as error:
            return None, f"parts are not aligned: {error.what}"
        return found, ""

    def _usual(self, pictures: Sequence[Picture], sight: Sight) -> Picture:
        shown = []
        for index in evenly(len(self._small), _MOST_LOOKED_AT):
            picture = pictures[index]
            if sight.registration is not None:
                picture = sight.registration.find(picture).aligned(picture)
            shown.append(at_most(cut_out(picture, self._view), MOST_USUAL_PX))
        return np.asarray(np.rint(np.median(np.stack(shown), axis=0)), np.uint8)


def kept_mask(mask: Known, view: View) -> Known:
    """What of a mask of a whole picture is kept for a view: 255 where it is judged.

    Raises:
        RecipeError: It leaves next to nothing.
    """
    judged = np.where(cut_out(mask, view) > 0, 255, 0).astype(np.uint8)
    if (share := float((judged > 0).mean())) < _LEAST_JUDGED:
        raise RecipeError(
            f"the mask leaves {share:.1%} of view {view.name!r} to be judged",
            part="nothing was taught",
            todo="draw white what is judged, and black what may vary",
        )
    return at_most(judged, MOST_MASK_PX, interpolation=cv2.INTER_NEAREST)


def at_most(picture: Picture, side_px: int, *, interpolation: int = cv2.INTER_AREA) -> Picture:
    """A picture whose longer side has no more than so many pixels."""
    scale = side_px / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), np.uint8)
