"""Learning a view's sight from its good pictures: the taught position, and what they usually show."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from inspection.errors import RecipeError
from inspection.levels import Picture
from inspection.pictures.sight.filling import Known
from inspection.pictures.sight.registration import Grey, shrunk, small_shape
from inspection.pictures.sight.sight import PLAIN, Sight, cut_out
from inspection.pictures.sight.taught_position import TaughtPosition, evenly, learn_position
from inspection.recipe import Motion, View

MOST_USUAL_PX: Final = 320
"""Of the longer side of what good parts usually show: what is filled has no detail that could be missed."""
MOST_MASK_PX: Final = 1024
"""Of the longer side of a mask as it is kept."""
_MOST_LOOKED_AT: Final = 25
"""Pictures of which the usual is the median."""
_LEAST_JUDGED: Final = 0.01
"""Share of a view that a mask must leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person wants of how a view is seen."""

    motion: Motion | None = None
    mask: Known | None = None
    """Of a whole picture, not 0 where it is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A view's sight, and what was found."""

    sight: Sight
    position: TaughtPosition | None

    def seen_so(self, view: View) -> View:
        """``view``, saying that it is seen so."""
        motion = None if self.sight.registration is None else self.sight.registration.motion
        return view.model_copy(update={"registration": motion, "masked": self.sight.judged is not None})

    @property
    def in_words(self) -> str:
        """For whoever teaches; empty where parts are judged as they lie, and everywhere."""
        said = [] if self.position is None else [self.position.in_words]
        if (judged := self.sight.judged) is not None:
            said.append(f"{float((judged > 0).mean()):.0%} of the view is judged, the rest is masked")
        return "; ".join(said)


class SightLearner:
    """Learns one view's sight while its good pictures are read for the first time."""

    def __init__(self, view: View, asked: Asked) -> None:
        """Learn what is asked for ``view``; its own ``registration`` and ``masked`` are not looked at."""
        self._view = view
        self._asked = asked
        self._small: list[Grey] = []
        self._shape: tuple[int, ...] = ()

    @property
    def looks_again(self) -> int:
        """How many of the pictures it reads once more."""
        plain = self._asked.motion is None and self._asked.mask is None
        return 0 if plain else min(len(self._small), _MOST_LOOKED_AT)

    def add(self, picture: Picture) -> None:
        """One good picture, whole.

        Raises:
            RecipeError: It is of another shape than the mask, or than the pictures before it.
        """
        if self._asked.motion is None and self._asked.mask is None:
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
        asked, position = self._asked, None
        if asked.motion is None and asked.mask is None:
            return Learned(sight=PLAIN, position=None)
        if asked.motion is not None:
            position = learn_position(self._small, asked.motion, groups=groups, names=names)
        judged = None if asked.mask is None else kept_mask(asked.mask, self._view)
        sight = Sight(registration=None if position is None else position.registration, judged=judged)
        return Learned(sight=replace(sight, usual=self._usual(pictures, sight)), position=position)

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
