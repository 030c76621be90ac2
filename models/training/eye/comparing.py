"""Compares two ways to judge: both on one scale, and the error of their difference. Pure."""

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.metrics import evaluate
from models.memory.calibration import LEAST_SPREAD

_RESAMPLED: Final = 200


def from_good(scores: NDArray[np.float64], good: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put scores on the scale of some good parts': their mean 0, their deviation 1.

    So that what two models say of two halves can be compared; both sides of a comparison have to be put so,
    or the one that is not seems worse by the difference of its zeros.
    """
    told: NDArray[np.float64] = (scores - good.mean()) / max(float(good.std()), LEAST_SPREAD)
    return told


def difference(
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
