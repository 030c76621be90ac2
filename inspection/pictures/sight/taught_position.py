"""Learning the taught position from good parts, and how far from it another one may lie.

Nobody says where the parts lie: they are aligned with one of them, their middling position is the taught
one, and the median of the aligned pictures is what later parts are aligned with. Whether that works on this
product is found out on it, by medians that the part in question is not in: good parts must fit there better
than anything in a wrong place, and parts that are moved by known amounts must be found where they were moved.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from inspection.errors import PositionError, RecipeError
from inspection.pictures.sight.registration import (
    MOST_TURN_DEG,
    WIDEST,
    Bounds,
    Grey,
    Matrix,
    Registration,
    moved_by,
)
from inspection.recipe import Motion

_PIVOTS: Final = 3
"""Pictures that are tried as the first one to align with."""
_TRIED_ON: Final = 8
"""Pictures that pivots are tried on, and that are moved by known amounts."""
_FOLDS: Final = 4
_MOST_IN_MEDIAN: Final = 49
_AS_FAR_AGAIN: Final = 2.0
"""Parts may lie twice as far from the taught position as the farthest taught one: of n parts the next one is
the farthest once in n + 1 times, and then mostly by little."""
_LEAST_SHIFT_PX: Final = 2.0
"""Of the small picture: so much is allowed however exactly the taught parts lay."""
_LEAST_TURN_DEG: Final = 0.5
_MOST_ERROR_PX: Final = 1.0
"""Of the small picture, at its corners: a known move must be found again at least so exactly."""
_TRIED_AT: Final = 0.75
"""Of the bounds: as far are parts moved."""
_DIRECTIONS: Final = 8
"""In which good parts are put in a wrong place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtPosition:
    """What was learned of where the good parts lie."""

    registration: Registration
    spread: float
    """The farthest taught part's shift from the middling position along a side, as a share of it."""
    spread_deg: float
    """And its turn."""
    unaligned: float
    """How well the middling good part fits the median of the others as they were taken."""
    aligned: float
    """And once all are aligned."""

    @property
    def in_words(self) -> str:
        """For whoever teaches."""
        bounds = self.registration.bounds
        turned = self.registration.motion is Motion.TURN
        lie = f"{self.spread:.1%} of the picture" + (f" and {self.spread_deg:.1f} degrees" if turned else "")
        most = f"{bounds.shift:.1%}" + (f" or {bounds.turn_deg:.1f} degrees" if turned else "")
        return (
            f"the good parts lie up to {lie} from their middling position; aligned they fit each other by "
            f"{self.aligned:.2f}, as taken by {self.unaligned:.2f}. A part farther away than {most}, or that "
            f"fits by less than {bounds.correlation:.2f}, goes to manual review"
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """One good part against the median of others."""

    small: Grey
    others: Registration
    matrix: Matrix
    correlation: float
    unaligned: float


def learn_position(
    small: Sequence[Grey],
    motion: Motion,
    *,
    groups: Sequence[Hashable] | None = None,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> TaughtPosition:
    """Learn from good pictures.

    Args:
        small: Of one size, as ``registration.shrunk`` makes them.
        motion: In which ways parts may lie differently.
        groups: One for each picture: pictures of one group are near-copies. None: each is its own group.
        names: Of the pictures, for the refusal of one that cannot be aligned.
        seed: Of the known moves.

    Raises:
        RecipeError: The parts show nothing to align by, or one of them does not fit the others.
    """
    pivot = _pivot(small, motion)
    first = [_lies(pivot, one)[0] for one in small]
    back: Matrix = np.asarray(cv2.invertAffineTransform(_middling(first)), np.float64)
    at_middling = [_after(matrix, back) for matrix in first]
    found = _cross_fitted(small, at_middling, motion, list(range(len(small))) if groups is None else groups)
    wrong = max(one.others.fit_at(one.small, matrix) for one, matrix in _misplaced(found))
    misfits = [number for number, one in enumerate(found) if one.correlation <= wrong]
    if 2 * len(misfits) > len(found):
        raise _shows_nothing(f"most of them fit each other no better than in a wrong place ({wrong:.2f})")
    for number in misfits:
        name = names[number] if names is not None else f"picture {number + 1}"
        raise RecipeError(
            f"{name} cannot be aligned with the other good pictures: where it fits best it fits by "
            f"{found[number].correlation:.2f}, and good parts in a wrong place fit by up to {wrong:.2f}",
            part="nothing was taught",
            todo="take it out; where parts are turned against each other, teach with --register turn",
        )
    moves = [moved_by(one.matrix, one.small.shape) for one in found]
    spread, spread_deg = (max(numbers) for numbers in zip(*moves, strict=True))
    bounds = Bounds(
        shift=min(_AS_FAR_AGAIN * spread + _LEAST_SHIFT_PX / min(small[0].shape), WIDEST.shift),
        turn_deg=min(_AS_FAR_AGAIN * spread_deg + _LEAST_TURN_DEG, MOST_TURN_DEG),
        correlation=max((min(one.correlation for one in found) + wrong) / 2.0, 0.0),
    )
    _refuse_unproven(found, bounds, motion, seed=seed)
    return TaughtPosition(
        registration=Registration(_median(small, at_middling), motion, bounds),
        spread=spread,
        spread_deg=spread_deg,
        unaligned=float(np.median([one.unaligned for one in found])),
        aligned=float(np.median([one.correlation for one in found])),
    )


def _pivot(small: Sequence[Grey], motion: Motion) -> Registration:
    """The picture that the others fit best, of a few."""
    tried = [small[index] for index in evenly(len(small), _TRIED_ON)]
    pivots = [Registration(small[index], motion, WIDEST) for index in evenly(len(small), _PIVOTS)]
    fits = [
        np.median([_lies(pivot, one)[1] for one in tried if one is not pivot.reference] or [0.0])
        for pivot in pivots
    ]
    return pivots[int(np.argmax(fits))]


def _lies(registration: Registration, one: Grey) -> tuple[Matrix, float]:
    """Where a part lies and how well it fits there; unmoved and not at all, where that cannot be told."""
    try:
        placed = registration.find_small(one, shape=one.shape)
    except PositionError:
        return np.eye(2, 3), 0.0
    return placed.matrix, placed.correlation


def _cross_fitted(
    small: Sequence[Grey], matrices: Sequence[Matrix], motion: Motion, groups: Sequence[Hashable]
) -> list[_Found]:
    """Each part against the median of the parts of other folds; whole groups are held out."""
    order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    folds = [order[group] % min(_FOLDS, len(order)) for group in groups]
    found: dict[int, _Found] = {}
    for fold in sorted(set(folds)):
        others = [i for i, of in enumerate(folds) if of != fold] or list(range(len(small)))
        some = [small[i] for i in others]
        aligned = Registration(_median(some, [matrices[i] for i in others]), motion, WIDEST)
        as_taken = Registration(_median(some, [np.eye(2, 3)] * len(some)), motion, WIDEST)
        for i in (i for i, of in enumerate(folds) if of == fold):
            unaligned = as_taken.fit_at(small[i], np.eye(2, 3))
            found[i] = _Found(small[i], aligned, *_lies(aligned, small[i]), unaligned)
    return [found[i] for i in range(len(small))]


def _middling(matrices: Sequence[Matrix]) -> Matrix:
    """The median of each number; of small turns that is a turn again, but for a thousandth."""
    return np.asarray(np.median(np.stack(matrices), axis=0))


def _after(second: Matrix, first: Matrix) -> Matrix:
    """Both as one: ``first``, then ``second``."""
    return np.column_stack([second[:, :2] @ first[:, :2], second[:, :2] @ first[:, 2] + second[:, 2]])


def _median(small: Sequence[Grey], matrices: Sequence[Matrix]) -> Grey:
    """The median of the aligned pictures."""
    size = (small[0].shape[1], small[0].shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    stack = np.stack(
        [
            cv2.warpAffine(small[i], matrices[i], size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for i in evenly(len(small), _MOST_IN_MEDIAN)
        ]
    )
    return np.asarray(np.rint(np.median(stack, axis=0)), np.uint8)


def _misplaced(found: Sequence[_Found]) -> list[tuple[_Found, Matrix]]:
    """Good parts in places where they are not: an eighth of the picture off, in all directions."""
    misplaced = []
    for one in (found[index] for index in evenly(len(found), _TRIED_ON)):
        rows, columns = one.small.shape
        for step in range(_DIRECTIONS):
            angle = 2.0 * np.pi * step / _DIRECTIONS
            matrix = one.matrix.copy()
            matrix[:, 2] += (np.cos(angle) * columns / 8, np.sin(angle) * rows / 8)
            misplaced.append((one, matrix))
    return misplaced


def _refuse_unproven(found: Sequence[_Found], bounds: Bounds, motion: Motion, *, seed: int) -> None:
    """Raise RecipeError where parts that are moved by known amounts, within the bounds, are not found."""
    draw = np.random.default_rng(seed)
    rows, columns = found[0].small.shape
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]], np.float64)
    errors = []
    for one in (found[index] for index in evenly(len(found), _TRIED_ON)):
        x, y, turned = draw.choice([-_TRIED_AT, _TRIED_AT], 3)
        turn = 0.0 if motion is Motion.SHIFT else turned * bounds.turn_deg
        known = cv2.getRotationMatrix2D(((columns - 1) / 2, (rows - 1) / 2), turn, 1.0)
        wanted: Matrix = np.asarray(known, np.float64)
        wanted[:, 2] += (x * columns * bounds.shift, y * rows * bounds.shift)
        there = _after(wanted, np.asarray(cv2.invertAffineTransform(one.matrix), np.float64))
        moved = cv2.warpAffine(one.small, there, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
        lies = _lies(one.others, np.asarray(moved, np.uint8))[0]
        errors.append(float(np.abs(_at(corners, lies) - _at(corners, wanted)).max()))
    if (error := float(np.median(errors))) > _MOST_ERROR_PX:
        raise _shows_nothing(
            f"moved by known amounts they are found {error:.1f} pixels of {max(rows, columns)} off"
        )


def _shows_nothing(why: str) -> RecipeError:
    return RecipeError(
        f"the good parts show no structure by which their position can be told: {why}",
        part="nothing was taught",
        todo="teach without --register, or let the picture show an edge or a corner of the part; where parts "
        "are turned against each other: --register turn",
    )


def _at(places: NDArray[np.float64], matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(places @ matrix[:, :2].T + matrix[:, 2])


def evenly(of: int, most: int) -> list[int]:
    """Up to so many places, evenly over all."""
    return sorted({round(place) for place in np.linspace(0, of - 1, min(of, most))})
