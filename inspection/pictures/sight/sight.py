"""A view's sight: the one way from a picture as it was taken to what is judged of it, and back.

Whoever teaches, adapts, certifies, measures or judges sees through it, so that all see the same. A part is
first brought to the taught position, then the view's region is cut out, and what is not judged is filled:
what a person masked, and what an aligned picture does not show.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.decision import Box
from inspection.errors import RecipeError
from inspection.levels import Picture
from inspection.pictures.sight.filling import Known, filled
from inspection.pictures.sight.registration import Placement, Registration
from inspection.recipe import Motion, View


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What is judged of one picture."""

    picture: Picture
    """Aligned, cut to the view's region, and filled where it is not judged."""
    corner: tuple[int, int]
    """Left and top of the view's region."""
    placement: Placement | None
    """Where the part lay; None where it was not aligned."""
    taken: tuple[int, ...]
    """Shape of the picture as it was taken."""

    def box_as_taken(self, box: Box) -> Box:
        """A box of what is judged, in pixels of the picture as it was taken."""
        left, top, width, height = box
        whole = (self.corner[0] + left, self.corner[1] + top, width, height)
        return whole if self.placement is None else self.placement.box_as_taken(whole, shape=self.taken)

    def mask_as_seen(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A mask of the picture as it was taken, as one of what is judged."""
        whole = mask if self.placement is None else self.placement.aligned_mask(mask)
        (left, top), (height, width) = self.corner, self.picture.shape[:2]
        return np.ascontiguousarray(whole[top : top + height, left : left + width])


@dataclass(frozen=True, eq=False, kw_only=True)
class Sight:
    """How one view is seen. The plain one only cuts out the view's region."""

    registration: Registration | None = None
    """None: parts are judged where they lie."""
    judged: Known | None = None
    """Over the view's region, at a bounded size: not 0 where it is judged. None: everywhere."""
    usual: Picture | None = None
    """What good parts show in the view's region, at a bounded size; there wherever anything is filled."""
    _known: dict[tuple[int, int], Known] = field(default_factory=dict, repr=False)

    @property
    def plain(self) -> bool:
        """Whether it only cuts out the view's region."""
        return self.registration is None and self.judged is None

    @property
    def in_words(self) -> str:
        """What it does to a picture, for people; empty for the plain one."""
        said = []
        if self.registration is not None:
            bounds = self.registration.bounds
            turned = f" and {bounds.turn_deg:.1f} degrees" if self.registration.motion is Motion.TURN else ""
            said.append(
                f"parts are aligned: up to {bounds.shift:.1%} of the picture{turned} away, where they fit "
                f"the taught one by {bounds.correlation:.2f} or more"
            )
        if self.judged is not None:
            said.append(masked_in_words(self.judged))
        return "; ".join(said)

    def of(self, picture: Picture, view: View) -> Seen:
        """What is judged of a picture, RGB, uint8, (height, width, 3).

        Raises:
            PositionError: The part cannot be aligned, and must not be judged.
            RecipeError: The picture is too small for the view's region.
        """
        return self._seen(
            picture, view, None if self.registration is None else self.registration.find(picture)
        )

    def unplaced(self, picture: Picture, view: View) -> Seen:
        """The same without aligning it: for a picture without a part. Raises RecipeError."""
        return self._seen(picture, view, None)

    def of_nothing(self, view: View, *, size: tuple[int, int] | None) -> Seen:
        """What is judged of a grey picture of nothing: to be ready by.

        Args:
            view: Of the recipe.
            size: Width and height of the recipe's pictures; None where they are of any size, then it is large
                enough for the view's region.

        Raises:
            RecipeError: The view's region does not lie on pictures of that size.
        """
        if size is None:
            left, top, width, height = view.region or (0, 0, 0, 0)
            size = max(left + width, _USUAL[0]), max(top + height, _USUAL[1])
        return self.unplaced(np.full((size[1], size[0], 3), 127, np.uint8), view)

    def _seen(self, picture: Picture, view: View, placement: Placement | None) -> Seen:
        corner = (0, 0) if view.region is None else view.region[:2]
        if self.plain:
            return Seen(cut_out(picture, view), corner, None, picture.shape)
        whole = picture if placement is None else placement.aligned(picture)
        shown = cut_out(whole, view)
        known = self._judged_at(shown.shape[:2])
        if placement is not None:
            seen = placement.aligned_mask(np.full(picture.shape[:2], 255, np.uint8))
            rim = cv2.erode(
                seen, _RIM
            )  # what lies at the picture's border was mixed with the black beyond it
            known = cv2.bitwise_and(known, cut_out(np.asarray(rim, np.uint8), view)).astype(
                np.uint8, copy=False
            )
        assert self.usual is not None
        return Seen(filled(shown, known, self.usual), corner, placement, picture.shape)

    def _judged_at(self, size: tuple[int, ...]) -> Known:
        """Where a view of that height and width is judged."""
        key = (size[0], size[1])
        if key not in self._known:
            self._known.clear()  # a station has one size
            self._known[key] = (
                np.full(key, 255, np.uint8)
                if self.judged is None
                else np.asarray(cv2.resize(self.judged, key[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
            )
        return self._known[key]

    def fits(self, view: View) -> bool:
        """Whether it is as the recipe says that the view is seen."""
        motion = None if self.registration is None else self.registration.motion
        return view.registration == motion and view.masked == (self.judged is not None)


PLAIN: Final = Sight()
_USUAL: Final = (640, 480)
"""Width and height of a picture of nothing."""
_RIM: Final = np.ones((5, 5), np.uint8)


def masked_in_words(judged: Known) -> str:
    """How much of a view is judged."""
    return f"{float((judged > 0).mean()):.0%} of the view is judged, the rest is masked"


def cut_out(picture: Picture, view: View) -> Picture:
    """The region of ``picture`` that ``view`` judges. Raises RecipeError where the picture is too small."""
    if view.region is None:
        return picture
    left, top, width, height = view.region
    found = picture[top : top + height, left : left + width]
    if found.shape[:2] != (height, width):
        raise RecipeError(
            f"view {view.name!r} looks at {view.region}, but the picture has "
            f"{picture.shape[1]} x {picture.shape[0]} pixels",
            part="the part goes to manual review",
            todo="set the camera to the size that was taught, or teach again",
        )
    return np.ascontiguousarray(found)
