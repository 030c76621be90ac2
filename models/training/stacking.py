"""From opinions to one score: the direction of the whole picture, and the weight of each opinion.

Wolpert, "Stacked generalization", Neural Networks 1992: the weights come from opinions on pictures that none
of the models had seen.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.adaptation import Direction, Rule


def direction_between(good: Tensor, bad: Tensor, shrinkage: float) -> Direction:
    """Fisher's linear discriminant, of length 1 in deviations, so that folds compare.

    The covariance within the kinds is shrunk towards the identity; with fewer pictures than channels its
    inverse is had through a matrix as large as there are pictures (Woodbury).
    """
    everything = torch.cat([good, bad]).double()
    deviation = everything.std(0).clamp_min(1e-3)
    good_mean, bad_mean = good.double().mean(0), bad.double().mean(0)
    apart = (bad_mean - good_mean) / deviation
    rest = torch.cat([good - good_mean, bad - bad_mean]) / deviation
    ridge = shrinkage / (1.0 - shrinkage) * len(rest)
    inner = rest @ rest.T + ridge * torch.eye(len(rest), dtype=torch.float64)
    weights = apart - rest.T @ torch.linalg.solve(inner, rest @ apart)
    weights = weights / weights.norm().clamp_min(1e-12) / deviation
    return Direction(weights=weights.float(), offset=float((good_mean + bad_mean) / 2.0 @ weights))


def level_of(
    seen: NDArray[np.float64], defective: NDArray[np.bool_], fold_of: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Where good pictures lie for the models that judged each picture: the middling held-out one of its fold.

    Models of different folds have different zeros, which would pass for a difference between pictures.

    Returns:
        (pictures, 3)
    """
    level = np.tile(np.median(seen[~defective], axis=0), (len(seen), 1))
    for fold in set(fold_of.tolist()):
        good = ~defective & (fold_of == fold)
        if good.any():
            level[fold_of == fold] = np.median(seen[good], axis=0)
    return level


def rule_of(
    seen: NDArray[np.float64],
    level: NDArray[np.float64],
    peaks: NDArray[np.float64],
    defective: NDArray[np.bool_],
    overkill: float,
) -> Rule:
    """Weights, threshold and level from opinions of models that had not seen the pictures.

    The threshold is from the opinions as they are: the final models' zero is as unsure as that of a fold.
    """
    weights = logistic(seen - level, defective)
    score = seen @ weights
    centre = float(np.median(score[~defective]))
    spread = max(float(score[~defective].std()), 1e-6)
    unseen = np.sort((score[~defective] - centre) / spread)
    # the conformal quantile, as the memory's
    rank = min(math.ceil((len(unseen) + 1) * (1 - overkill)), len(unseen))
    of_memory, of_whole, of_cells = (float(weight) for weight in weights / spread)
    return Rule(
        memory=of_memory,
        whole=of_whole,
        cells=of_cells,
        offset=-centre / spread,
        threshold=max(float(unseen[rank - 1]), 1.0),
        cell_level=float(np.quantile(peaks[~defective], 0.9)),
    )


def logistic(seen: NDArray[np.float64], defective: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression, none negative: an opinion that points the wrong way is left out.

    Newton's method; both kinds weigh the same; a ridge of one picture's weight on standardised opinions keeps
    them finite where the kinds part cleanly.
    """
    deviation = seen.std(axis=0).clip(1e-6)
    standard = (seen - seen.mean(axis=0)) / deviation
    share = np.where(defective, 0.5 / defective.sum(), 0.5 / (~defective).sum()) * len(seen)
    used = list(range(seen.shape[1]))
    while True:
        design = np.column_stack([standard[:, used], np.ones(len(seen))])
        ridge = np.diag([1.0] * len(used) + [1e-6])
        beta = np.zeros(design.shape[1])
        for _ in range(30):
            likely = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
            slope = design.T @ (share * (defective - likely)) - ridge @ beta
            curve = (design.T * (share * likely * (1.0 - likely))) @ design + ridge
            beta = beta + np.linalg.solve(curve, slope)
        worst = int(np.argmin(beta[:-1]))
        if beta[worst] >= 0.0:
            break
        used.pop(worst)
        if not used:  # no opinion is worth anything: the memory's stays
            used, beta = [0], np.array([1.0, 0.0])
            break
    weights = np.zeros(seen.shape[1])
    weights[used] = beta[:-1]
    scaled: NDArray[np.float64] = weights / deviation
    return scaled
