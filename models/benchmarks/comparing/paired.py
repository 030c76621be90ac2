"""Compares judges that saw the same pictures: the ratio of what each gets wrong, with an interval.

What is wrong is 1 − AUROC. The interval is a bootstrap of two steps, splits and then what stands together
within a split; all judges see the same draw (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
chapter 8, on data with structure). docs/measurements/memory.md has the protocol.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DRAWS: Final = 2_000
FEWEST_GROUPS: Final = 10
"""Where a split's test side has fewer, pictures are drawn by kin: of so few, a draw says nothing."""


@dataclass(frozen=True, kw_only=True)
class SplitScores:
    """The test side of one split: a row for each picture."""

    groups: Sequence[str]
    kin: Sequence[str]
    defective: NDArray[np.bool_]
    scores: Mapping[str, NDArray[np.float64]]
    """By judge."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How much of the better plain judge's mistakes a judge still makes; below 1 it is better."""

    better: str
    """The plain judge with the fewer mistakes on average over the splits."""
    figure: float
    low: float
    high: float
    """The interval's ends."""


def ratio_of_mistakes(
    splits: Sequence[SplitScores],
    *,
    judge: str,
    plain: Sequence[str],
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Ratio:
    """Compare a judge with the better one of plain ones, over some splits.

    Args:
        splits: Each has good and defective pictures, and scores of all judges.
        judge: Whose mistakes are above the line.
        plain: Of these, the one with the fewer mistakes is below; in each draw anew, which favours them.
        level: Of the interval.
        draws: How many times splits and pictures are drawn.
        seed: Of the draws.

    Raises:
        ValueError: A split lacks one of the two kinds of picture.
    """
    if any(split.defective.all() or not split.defective.any() for split in splits):
        raise ValueError("both good and defective pictures are needed on each split")
    rng = np.random.default_rng(seed)
    names = (judge, *plain)
    wins = [{name: _wins(split, name) for name in names} for split in splits]
    alike = [np.ones((1, len(split.defective))) for split in splits]
    on_all = np.mean([_mistakes(*split) for split in zip(splits, wins, alike, strict=True)], axis=0)[:, 0]
    total = np.zeros((len(names), draws))
    for _ in splits:  # so many splits are drawn, with replacement
        which = rng.integers(len(splits), size=draws)
        for number, split in enumerate(splits):
            rows = np.nonzero(which == number)[0]
            weights = _drawn(split, len(rows), rng)
            total[:, rows] += _mistakes(split, wins[number], weights)
    ratios = total[0] / total[1:].min(axis=0)
    low, high = np.quantile(ratios, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Ratio(
        better=plain[int(on_all[1:].argmin())],
        figure=float(on_all[0] / on_all[1:].min()),
        low=float(low),
        high=float(high),
    )


def _wins(split: SplitScores, judge: str) -> NDArray[np.float64]:
    """(good, defective): 1 where the defective picture scores higher, a half for a tie."""
    scores = split.scores[judge]
    good, bad = scores[~split.defective][:, None], scores[split.defective][None]
    return np.asarray((bad > good) + 0.5 * (bad == good), np.float64)


def _mistakes(
    split: SplitScores, wins: Mapping[str, NDArray[np.float64]], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """1 − AUROC where each picture counts as often as it was drawn.

    No set tells less than half a pair from none, so none counts as half a pair.

    Args:
        split: The pictures.
        wins: By judge.
        weights: (draws, pictures).

    Returns:
        (judges, draws)
    """
    of_good, of_bad = weights[:, ~split.defective], weights[:, split.defective]
    pairs = of_good.sum(1) * of_bad.sum(1)
    right = [((of_good @ of_judge) * of_bad).sum(1) / pairs for of_judge in wins.values()]
    return np.asarray(np.maximum(1.0 - np.stack(right), 0.5 / pairs), np.float64)


def _drawn(split: SplitScores, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How often each picture is drawn: (draws, pictures); both kinds of picture in each draw."""
    units = split.groups if len(set(split.groups)) >= FEWEST_GROUPS else split.kin
    names, unit_of = np.unique(np.asarray(units), return_inverse=True)
    weights = np.zeros((draws, len(unit_of)))
    lacking = np.arange(draws)
    while len(lacking):
        counts = rng.multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=len(lacking))
        weights[lacking] = counts[:, unit_of]
        both = weights[:, split.defective].any(1) & weights[:, ~split.defective].any(1)
        lacking = np.nonzero(~both)[0]
    return weights
