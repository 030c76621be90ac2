"""Where labelled parts put the threshold: by the held-out scores of defects and of good pictures, both.

**The rule.** Asked are shares: at most so many defects below the threshold (escapes), at most so many good
pictures from it on (overkill). Of the thresholds that keep the asked overkill that one is taken at which the
worse of the two is least, each measured by what was asked of it. Where both can be kept, both so have equal
room; where the asked escapes cannot be kept within the asked overkill, they are as few as it allows, and
what they would cost is said. Counts alone cannot tell where in a gap to cut, nor that a defect just above the
cut is nearly one that escapes; so each held-out score stands for the bell of those that might have been there
instead, of each kind's width by the normal reference rule (Silverman, "Density estimation for statistics and
data analysis", 1986). The threshold lies no farther from the highest good picture than a deviation of good
pictures: what comes may be less glaring than what was labelled.

**Few pictures.** With k of n held-out pictures on the wrong side of a cut that lies at one of their scores, a
further picture like them is there with a probability of at most (k + 1) / (n + 1) (split conformal
prediction; Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005). That share is what is
compared with what was asked, so ten labels never promise less than one escape in eleven. The scores are of
models that were learned without the picture's group, not of the one that will judge: with such folds the
statement can be off by a factor of two at worst, and seldom is (Barber, Candès, Ramdas and Tibshirani,
"Predictive inference with the jackknife+", Annals of Statistics 49, 2021).

**Few groups.** Pictures of one group are near-copies, and what comes may be of another one. So a bound is
told as well: that of Clopper and Pearson with a group as one draw, of which its share of pictures counts.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from inspection.certification.binomial import upper_bound

LEAST: Final = 0.1
"""Deviations of good pictures by which the threshold lies above the middling one at least: the confidence
falls between the two."""
_MARGIN: Final = 1.0
"""Deviations of good pictures beyond the highest one, at most."""
_STEPS: Final = 1_000
"""So many thresholds are tried, beside those just above each score."""
_LEAST_WIDTH: Final = 1e-6
"""Of a bell, in deviations of good pictures: keeps equal scores from dividing by zero."""
_DELTA: Final = 0.05
"""How often the bound for further groups may be wrong."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Share:
    """What held-out pictures of one kind say of a threshold."""

    asked: float
    found: int
    """Pictures on the wrong side."""
    pictures: int
    groups: int
    at_most: float
    """The share of pictures of further groups that is there at most, 95 % sure, each group being one draw."""

    @property
    def expected(self) -> float:
        """The probability that a further picture like them is on the wrong side, at most."""
        return _expected(self.found, self.pictures)

    @property
    def kept(self) -> bool:
        """Whether that is what was asked for, or less."""
        return self.expected <= self.asked


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A threshold, and what is to be expected at it."""

    value: float
    escapes: Share
    overkill: Share
    asked_escapes_cost: float | None
    """The overkill that is to be expected where the asked escapes are kept; None where there are too few
    labels to promise them at any threshold."""

    @property
    def in_words(self) -> str:
        """What to expect, for people; where it is not what was asked for, why, and what would help."""
        return "; ".join(
            [
                _told("defects are expected below the threshold", self.escapes),
                _told("good pictures are expected above it", self.overkill),
                *self._missed(),
            ]
        )

    def _missed(self) -> list[str]:
        found = []
        if not self.escapes.kept:
            asked = f"{_percent(self.escapes.asked)} escapes"
            if self.asked_escapes_cost is None:
                needed = math.ceil(1.0 / self.escapes.asked) - 1
                found.append(f"{asked} cannot be promised from so few: label at least {needed} defects")
            else:
                found.append(f"{asked} would cost {_percent(self.asked_escapes_cost)} overkill")
        if not self.overkill.kept:
            needed = math.ceil(1.0 / self.overkill.asked) - 1
            found.append(
                f"{_percent(self.overkill.asked)} overkill cannot be promised from so few: "
                f"take at least {needed} good pictures"
            )
        return found


def chosen(
    scores: Scores,
    defective: NDArray[np.bool_],
    groups: Sequence[Hashable],
    *,
    escapes: float,
    overkill: float,
) -> Threshold:
    """Choose the threshold by the rule above.

    Args:
        scores: (pictures,): held-out ones, on a scale where good pictures have a median of 0 and a deviation
            of 1.
        defective: (pictures,): both kinds occur.
        groups: One for each picture: near-copies share one.
        escapes: The asked share of defects below the threshold at most, above 0 and below 1.
        overkill: The asked share of good pictures from the threshold on, above 0 and at most a half.
    """
    good, bad = np.sort(scores[~defective]), np.sort(scores[defective])
    most = max(float(good[-1]) + _MARGIN, LEAST)
    steps = np.concatenate([np.linspace(LEAST, most, _STEPS), np.nextafter(scores, np.inf)])
    steps = np.unique(steps[(steps >= LEAST) & (steps <= most)])
    worse = np.maximum(_smoothed_below(bad, steps) / escapes, _smoothed_below(-good, -steps) / overkill)
    of_steps = _killed(good, steps)
    worse[of_steps > max(overkill, float(of_steps.min()))] = np.inf
    # where nothing tells them apart, as with good pictures that never vary, the farthest from those
    value = float(steps[worse == worse.min()][-1])
    cuts = np.nextafter(np.unique(scores), np.inf)
    keeping = _killed(good, cuts)[(np.searchsorted(bad, cuts) + 1) / (len(bad) + 1) <= escapes]
    return Threshold(
        value=value,
        escapes=_share(scores < value, defective, groups, asked=escapes),
        overkill=_share(scores >= value, ~defective, groups, asked=overkill),
        asked_escapes_cost=float(keeping.min()) if len(keeping) else _all_rejected(len(bad), escapes),
    )


def _killed(good: Scores, steps: Scores) -> Scores:
    """The share of further good pictures that is expected from each step on, at most."""
    killed: Scores = (len(good) - np.searchsorted(good, steps) + 1) / (len(good) + 1)
    return killed


def _smoothed_below(scores: Scores, steps: Scores) -> Scores:
    """The share of pictures below each step, each score being a bell by the normal reference rule."""
    from scipy.special import ndtr

    deviation, quartiles = float(scores.std()), float(np.subtract(*np.percentile(scores, [75, 25]))) / 1.34
    spread = min(deviation, quartiles) if quartiles > 0.0 else deviation
    width = max(1.06 * spread * len(scores) ** -0.2, _LEAST_WIDTH)
    below: Scores = ndtr((steps[:, None] - scores) / width).mean(axis=1)
    return below


def escapes_within(scores: Scores, defective: NDArray[np.bool_], *, overkill: float) -> float:
    """Give the smallest share of the defects below a threshold that keeps ``overkill`` on these pictures."""
    good = np.sort(scores[~defective])
    allowed = math.floor(overkill * len(good))
    return float((scores[defective] <= good[len(good) - 1 - allowed]).mean())


def _all_rejected(bad: int, escapes: float) -> float | None:
    """The overkill of a threshold below every score, where that keeps the asked escapes; else None."""
    return 1.0 if _expected(0, bad) <= escapes else None


def _expected(found: int, pictures: int) -> float:
    return (found + 1) / (pictures + 1)


def _share(
    wrong: NDArray[np.bool_], of_kind: NDArray[np.bool_], groups: Sequence[Hashable], *, asked: float
) -> Share:
    by_group: defaultdict[Hashable, list[bool]] = defaultdict(list)
    for index in np.flatnonzero(of_kind).tolist():
        by_group[groups[index]].append(bool(wrong[index]))
    draws = math.ceil(sum(sum(one) / len(one) for one in by_group.values()) - 1e-9)
    return Share(
        asked=asked,
        found=int((wrong & of_kind).sum()),
        pictures=int(of_kind.sum()),
        groups=len(by_group),
        at_most=upper_bound(draws, len(by_group), _DELTA),
    )


def _told(what: str, share: Share) -> str:
    return (
        f"{_percent(share.expected)} of the {what} (asked: {_percent(share.asked)}; found held out: "
        f"{share.found} of {share.pictures}; of further groups, 95 % sure, fewer than "
        f"{_percent(share.at_most)}, by {share.groups})"
    )


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"
