"""What no recipe is taught from, in words: pictures too small or too coarse, near-copies, and outliers."""

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray

from inspection.errors import RecipeError
from models.good_parts.near_copies import mostly_near_copies
from models.good_parts.outliers import FAR, oddness_of_places, outlyingness
from models.good_parts.sizes import Size, coarser, too_small

log = structlog.get_logger(__name__)

FEWEST_PICTURES: Final = 5
_NAMED: Final = 10
"""Pictures that a message names; it counts the others."""


def refuse_sizes(
    sizes: Sequence[Size], *, working: Size, strides: Sequence[int], names: Sequence[str] | None
) -> None:
    """Raise RecipeError for pictures that are too small and, where ``names`` are given, much coarser ones."""
    named = names or [f"picture {number + 1}" for number in range(len(sizes))]
    reasons = [too_small(size, working=working, strides=strides) for size in sizes]
    if small := [index for index, reason in enumerate(reasons) if reason]:
        raise RecipeError(
            f"too small: {listed(small, named)} ({reasons[small[0]]})",
            part="Nothing was taught",
            todo="Take pictures in which the part fills the view, or take these out",
        )
    if names is not None and (odd := coarser(sizes, working=working, strides=strides)):
        height, width = sizes[odd[0]]
        raise RecipeError(
            f"of another size than most: {listed(odd, named)} ({width} x {height} pixels), so coarse that "
            "details of the others cannot be seen there",
            part="Nothing was taught, since the station would then take pictures of any size",
            todo="Take out what another camera took; where all are meant, teach with --keep-outliers",
        )


def refuse_near_copies(
    features: NDArray[np.float32],
    shifted: NDArray[np.float32],
    *,
    at: Sequence[int],
    groups: Sequence[Hashable],
    names: Sequence[str],
) -> None:
    """Raise RecipeError where most pictures are near-copies of others, see ``mostly_near_copies``."""
    pair = mostly_near_copies(features, shifted, at=at, groups=groups)
    if pair is None:
        return
    first, second = (names[index] for index in pair)
    raise RecipeError(
        f"most of these pictures are near-copies: {first} and {second}, for one, differ less than the first "
        "does from itself moved by a single pixel",
        part="Nothing was taught, since the threshold would reject every part that lies a little otherwise",
        todo="Take one picture each of different parts, or put the near-copies of one part into one "
        "subfolder; where the parts do not differ more, teach with --keep-outliers",
    )


def refuse_outliers(
    features: NDArray[np.float32],
    *,
    cells: NDArray[np.float32],
    whole: NDArray[np.float64],
    names: Sequence[str],
) -> None:
    """Raise RecipeError for pictures far outside the others, the farthest first, see ``outlyingness``.

    Pictures that are odd at one place alone are named in a warning: it may be a defect, or a part's own way.
    """
    far = outlyingness(features, cells=cells, whole=whole)
    found = sorted((index for index in range(len(far)) if far[index] > FAR), key=lambda index: -far[index])
    if not found:
        _warn_of_odd_places(cells, names)
        return
    raise RecipeError(
        f"{listed(found, names)} {'lies' if len(found) == 1 else 'lie'} far outside the other good "
        "pictures: damaged, of another product, or without a part",
        part="Nothing was taught, since the threshold would follow the worst picture and let defects through",
        todo="Look, and take out what shows no good part; where all do, teach with --keep-outliers",
    )


def _warn_of_odd_places(cells: NDArray[np.float32], names: Sequence[str]) -> None:
    places = oddness_of_places(cells)
    if odd := sorted(np.flatnonzero(places > FAR).tolist(), key=lambda index: -places[index]):
        log.warning(
            f"{listed(odd, names)} {'looks' if len(odd) == 1 else 'look'} unlike the others at one place",
            todo="look: the threshold follows the worst good picture, so take out what shows a defect",
        )


def listed(indices: Sequence[int], names: Sequence[str]) -> str:
    """Name the first pictures of ``indices``, and count the others."""
    shown = ", ".join(names[index] for index in indices[:_NAMED])
    return shown + (f" and {len(indices) - _NAMED} more" if len(indices) > _NAMED else "")


def refuse_too_few(pictures: int, groups: Sequence[Hashable]) -> None:
    """Raise RecipeError where so many pictures, in such groups, are too few to teach and calibrate by."""
    if pictures < FEWEST_PICTURES:
        raise RecipeError(
            f"{pictures} good pictures are too few to teach from",
            part="nothing was taught",
            todo=f"take at least {FEWEST_PICTURES}, better 20 to 100",
        )
    if len(groups) != pictures:
        raise RecipeError(f"{len(groups)} groups were given for {pictures} pictures")
    if len(set(groups)) < 2:
        raise RecipeError(
            "All good pictures belong to one group, so nothing unseen is left to calibrate with",
            part="Nothing was taught",
            todo="Take pictures of several parts",
        )
