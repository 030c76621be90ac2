"""From opinions to one score: the direction of the whole picture, and which opinions are added up.

The weights of the sum are not learned. Opinions on a few held-out groups tell how each of them lies among
good pictures, but not how much to trust each on the next group: weights fitted to them (stacking) put most on
what told these groups apart, and were worse on others (docs/measurements/labels.md). That estimated
weights lose to equal ones is an old finding: Clemen, "Combining forecasts", Int. Journal of Forecasting 1989.

What the labels do decide is which of four sums it is, each of which could be right on a product: whether the
memory's score counts or its distance of the whole alone (on some products the patches, or an eye that knows
drawn defects, hold it back), and whether cells count (few labels may not have taught them anything). The
first of them stands unless another tells held-out defects better by more than the error over groups; all are
judged by models that had not seen the group. On magnetic-tile two of them once differed by 0.0005 held out,
and on other tiles by 0.03 the other way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.evaluation.metrics import evaluate
from models.memory.adaptation import Direction, Rule
from models.training.adapting.threshold import Threshold, chosen

Trust = tuple[float, float, float, float]
"""In memory, distance, direction and cells."""

TRUSTS: Final[tuple[Trust, ...]] = (
    (1.0, 0.0, 0.5, 1.0),
    (0.0, 1.0, 0.5, 1.0),
    (1.0, 0.0, 1.0, 0.0),
    (0.0, 1.0, 1.0, 0.0),
)
"""Beside cells the direction is the least steady from one group to the next, and so counts half. Without them
it is all that labels taught, and counts as much as what good parts taught."""
_PARTS: Final = 10
"""How often good groups are left out at most when the scale of a direction is told: ten-fold, where there are
more."""
_RESAMPLED: Final = 200
_LEAST_DEVIATION: Final = 1e-6
"""Keeps opinions that never vary from dividing by zero."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where the opinions of some models lie on good parts that they learned from, and how far they spread.

    A model of a fold knows fewer groups than the one that will judge, so that every picture lies farther from
    its good parts, and its zero is its own. Told in deviations of its own good parts, each by what was
    learned without its group, what it says compares with what any other model says.
    """

    mean: NDArray[np.float64]
    """(4,)"""
    deviation: NDArray[np.float64]
    """(4,), none of them 0"""

    @classmethod
    def of(cls, *, distance: tuple[float, float], whole: tuple[float, float], cells: float) -> Self:
        """Means and deviations; the memory's score is on such a scale already.

        The cells' deviation is not told: on what a net learned from it is smaller than on other parts.
        """
        return cls(
            mean=np.array([0.0, distance[0], whole[0], cells]),
            deviation=np.array([1.0, distance[1], whole[1], 1.0]).clip(_LEAST_DEVIATION),
        )

    def deviations(self, seen: NDArray[np.float64]) -> NDArray[np.float64]:
        """Put opinions, (…, 4), on this scale."""
        told: NDArray[np.float64] = (seen - self.mean) / self.deviation
        return told

    def of_opinions(self, rule: Rule) -> Rule:
        """The rule that says of opinions as they are what ``rule`` says of them on this scale."""
        weights = np.array([rule.memory, rule.distance, rule.whole, rule.cells]) / self.deviation
        of_memory, of_distance, of_whole, of_cells = weights.tolist()
        return Rule(
            memory=of_memory,
            distance=of_distance,
            whole=of_whole,
            cells=of_cells,
            offset=rule.offset - float(weights @ self.mean),
            threshold=rule.threshold,
            cell_level=rule.cell_level + float(self.mean[3]),
        )


def unseen_directions(
    whole: Tensor, defective: NDArray[np.bool_], groups: Sequence[Hashable], shrinkage: float
) -> tuple[float, float]:
    """Where good pictures lie, each by a direction that was learned without its group: mean and deviation.

    Args:
        whole: (pictures, pooled channels).
        defective: (pictures,): both kinds occur.
        groups: Of each picture.
        shrinkage: Of the direction.
    """
    order = {group: place for place, group in enumerate(dict.fromkeys(np.array(groups, object)[~defective]))}
    parts = np.array([order[group] % _PARTS if group in order else -1 for group in groups])
    scores = []
    for part in range(min(_PARTS, len(order))):
        out, known = ~defective & (parts == part), ~defective & (parts != part)
        bad = defective & (parts != part)
        if not known.any():
            continue
        direction = direction_between(
            whole[torch.from_numpy(known)],
            whole[torch.from_numpy(bad if bad.any() else defective)],
            shrinkage,
        )
        scores += [direction.score(one) for one in whole[torch.from_numpy(out)]]
    return (float(np.mean(scores)), float(np.std(scores))) if scores else (0.0, 1.0)


def weights_of(
    seen: NDArray[np.float64],
    defective: NDArray[np.bool_],
    trust: Trust = TRUSTS[0],
) -> NDArray[np.float64]:
    """How much an opinion counts: a deviation of held-out good pictures as much as it is trusted.

    Returns:
        (4,)
    """
    deviation = seen[~defective].std(axis=0).clip(_LEAST_DEVIATION)
    weights: NDArray[np.float64] = np.array(trust) / deviation
    return weights


def best_trust(
    seen: NDArray[np.float64],
    defective: NDArray[np.bool_],
    groups: Sequence[Hashable],
) -> Trust:
    """Which sum to take: the first of ``TRUSTS``, unless others tell held-out defects clearly better.

    Clearly is a difference in AUROC above its standard error by resampling groups (Efron, "Bootstrap
    methods", Annals of Statistics 7, 1979). Of several such sums the best is taken.
    """
    scores = {one: seen @ weights_of(seen, defective, one) for one in TRUSTS}
    told = {one: evaluate(score, defective).auroc for one, score in scores.items()}
    clearly = [
        one
        for one in TRUSTS[1:]
        if told[one] - told[TRUSTS[0]] > _error(scores[TRUSTS[0]], scores[one], defective, groups)
    ]
    return max(clearly, key=told.__getitem__, default=TRUSTS[0])


def _error(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    defective: NDArray[np.bool_],
    groups: Sequence[Hashable],
) -> float:
    """The standard error of the difference between the AUROC of two scores of the same pictures."""
    rng = np.random.default_rng(0)
    places: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        places[group].append(place)
    members = list(places.values())
    differences = []
    for _ in range(_RESAMPLED):
        drawn = np.concatenate([members[index] for index in rng.integers(len(members), size=len(members))])
        if 0 < defective[drawn].sum() < len(drawn):
            first, second = (evaluate(score[drawn], defective[drawn]).auroc for score in (one, other))
            differences.append(second - first)
    return float(np.std(differences)) if differences else np.inf


def rule_of(
    seen: NDArray[np.float64],
    peaks: NDArray[np.float64],
    defective: NDArray[np.bool_],
    groups: Sequence[Hashable],
    *,
    escapes: float,
    overkill: float,
    trust: Trust = TRUSTS[0],
) -> tuple[Rule, Threshold]:
    """Weights, threshold and cell level from opinions of models that had not seen the pictures.

    The opinions are told on the :class:`Scale` of those models, and so is what the rule is for.
    :mod:`models.training.adapting.threshold` has the rule by which it keeps the asked ``escapes`` and
    ``overkill``, and what is to be expected of it.
    """
    weights = weights_of(seen, defective, trust)
    score = seen @ weights
    centre = float(np.median(score[~defective]))
    spread = max(float(score[~defective].std()), _LEAST_DEVIATION)
    of_memory, of_distance, of_whole, of_cells = (float(weight) for weight in weights / spread)
    rule = Rule(
        memory=of_memory,
        distance=of_distance,
        whole=of_whole,
        cells=of_cells,
        offset=-centre / spread,
        threshold=1.0,
        cell_level=float(np.quantile(peaks[~defective], 0.9)),
    )
    held_out = rule.score(seen)  # rounded as scores will be
    threshold = chosen(held_out, defective, groups, escapes=escapes, overkill=overkill)
    return rule.model_copy(update={"threshold": threshold.value}), threshold
