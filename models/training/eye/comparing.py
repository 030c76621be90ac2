"""What eye and memory tell of good parts that neither was taught, with defects drawn on them: who is better.

Each fold of the good parts is judged by what the others taught. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.metrics import evaluate
from models.eye.rule import Opinions, Scales, Told, Views
from models.memory.calibration import LEAST_SPREAD

_RESAMPLED: Final = 200


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """One picture, and what the folds made of it that it is not in."""

    opinions: Opinions
    alone: float
    """The score of their memory without an eye."""
    source: int
    """Which of the good pictures it is, or was made of."""
    defective: bool


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Memory alone against eye and memory."""

    told: Told
    auroc_memory: float
    auroc_eye: float
    error: float
    """The standard error of the difference of both, over groups."""


NOTHING: Final = Compared(
    told=Told(whole=0.0, patches=0.0, eye=0.0), auroc_memory=0.5, auroc_eye=0.5, error=1.0
)
"""Where no defect could be drawn."""


def folds_of(groups: Sequence[Hashable], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each picture: whole groups, at random, as many pictures in each as it goes."""
    names = list(dict.fromkeys(groups))
    count = [0] * folds
    fold_of: dict[Hashable, int] = {}
    shuffled = [names[index] for index in np.random.default_rng(seed).permutation(len(names))]
    sizes = {name: sum(group == name for group in groups) for name in names}
    for name in sorted(shuffled, key=lambda one: -sizes[one]):
        fold_of[name] = count.index(min(count))
        count[fold_of[name]] += sizes[name]
    return np.array([fold_of[group] for group in groups], dtype=np.int64)


def compare(
    held_out: Sequence[HeldOut],
    *,
    folds: NDArray[np.int64],
    groups: Sequence[Hashable],
    rng: np.random.Generator,
) -> Compared:
    """Say what each view tells, and whether the eye makes the memory better.

    The weights by which one fold is judged come from what was told on the others, so that no defect decides
    over its own judge.

    Args:
        held_out: Good pictures, at least two of each fold, and the same with defects drawn on them.
        folds: Of each good picture, counted from 0; at least two.
        groups: Of each good picture.
        rng: Resamples groups.
    """
    fold_of = folds[[one.source for one in held_out]]
    truth = np.array([one.defective for one in held_out])
    if not truth.any():
        return NOTHING
    alone = np.array([one.alone for one in held_out])
    views: list[Views] = [Views(whole=0.0, patches=0.0, eye=0.0)] * len(held_out)
    for fold in np.unique(fold_of):
        inside = np.flatnonzero(fold_of == fold).tolist()
        good = [index for index in inside if not truth[index]]
        scales = Scales.of([held_out[index].opinions for index in good])
        for index in inside:
            views[index] = scales.views(held_out[index].opinions)
        alone[inside] = from_good(alone[inside], alone[good])
    clean = {one.source: index for index, one in enumerate(held_out) if not one.defective}

    def told_without(fold: int | None) -> Told:
        pairs = [
            (views[index], views[clean[one.source]])
            for index, one in enumerate(held_out)
            if one.defective and fold != fold_of[index]
        ]
        return _told(pairs) if pairs else told_without(None)

    together = np.zeros(len(held_out))
    for fold in np.unique(fold_of):
        judged = np.flatnonzero(fold_of == fold)
        told = told_without(int(fold))
        scores = np.array([views[index].combined(told) for index in judged.tolist()])
        together[judged] = from_good(scores, scores[~truth[judged]])
    of_picture = [groups[one.source] for one in held_out]
    before, after, error = _difference(alone, together, truth, of_picture, rng)
    return Compared(told=told_without(None), auroc_memory=before, auroc_eye=after, error=error)


def _told(pairs: Sequence[tuple[Views, Views]]) -> Told:
    """The share of pairs, of a part with a defect and the same without, that each view puts in that order."""

    def share(view: Callable[[Views], float]) -> float:
        return float(np.mean([view(bad) > view(good) for bad, good in pairs]))

    return Told(
        whole=share(lambda one: one.whole),
        patches=share(lambda one: one.patches),
        eye=share(lambda one: one.eye),
    )


def from_good(scores: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put scores on the scale of some good parts': their mean 0, their deviation 1.

    So that what two models say of two halves can be compared; both sides of a comparison have to be put so,
    or the one that is not seems worse by the difference of its zeros.
    """
    told: NDArray[np.float64] = (scores - good.mean()) / max(float(good.std()), LEAST_SPREAD)
    return told


def _difference(
    alone: NDArray[np.float64],
    together: NDArray[np.float64],
    truth: NDArray[np.bool_],
    groups: Sequence[Hashable],
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Both AUROC, and the standard error of their difference by resampling groups (Efron, 1979)."""
    names = list(dict.fromkeys(groups))
    members = {name: np.flatnonzero([group == name for group in groups]) for name in names}
    differences = []
    for _ in range(_RESAMPLED):
        chosen = np.concatenate(
            [members[names[index]] for index in rng.integers(len(names), size=len(names))]
        )
        if 0 < truth[chosen].sum() < len(chosen):
            first, second = (evaluate(one[chosen], truth[chosen]).auroc for one in (alone, together))
            differences.append(second - first)
    error = float(np.std(differences)) if differences else 1.0
    return evaluate(alone, truth).auroc, evaluate(together, truth).auroc, min(error, 1.0)
