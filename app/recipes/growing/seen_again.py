"""What a recipe is taught again by: its view is seen as it was, aligned and masked."""

from typing import Final

import cv2
import numpy as np

from app.recipes.growing.joining import STAYS
from app.recipes.recipe_file import Taught
from inspection.errors import RecipeError
from inspection.pictures.sight.learning import Asked
from inspection.pictures.sight.sight import PLAIN

_ALL: Final = 255


def asked_as_before(taught: Taught) -> Asked:
    """How the one view of ``taught`` was asked to be seen.

    Raises:
        RecipeError: It has a mask, and pictures of several sizes, so nobody knows of which one the mask is.
    """
    view = taught.recipe.views[0]
    judged = taught.sights.get(view.name, PLAIN).judged
    if judged is None:
        return Asked(motion=view.registration)
    if taught.recipe.quality.size is None:
        raise RecipeError(
            f"the mask of view {view.name!r} cannot be laid on pictures of several sizes",
            part=STAYS,
            todo="teach the recipe anew, with pictures of one size",
        )
    whole_width, whole_height = taught.recipe.quality.size
    left, top, width, height = view.region or (0, 0, whole_width, whole_height)
    mask = np.full((whole_height, whole_width), _ALL, np.uint8)
    mask[top : top + height, left : left + width] = cv2.resize(
        judged, (width, height), interpolation=cv2.INTER_NEAREST
    )
    return Asked(motion=view.registration, mask=mask)
