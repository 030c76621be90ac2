"""The threshold on a score, from the scores of good pictures alone, and what it promises. Pure.

**What is asked.** Of good parts that were not taught, one from each new group (another part, another
position, another batch), at most the share ``asked`` may score above the threshold.

**What is counted.** With every picture a group of its own it is the split-conformal threshold (Vovk,
Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005; Papadopoulos and others, ECML 2002): the
lowest of n scores that (count above + 1) / (n + 1) <= asked allows. Pictures of one group are alike, so that
many of them say little more about a *new* group than one does. A picture of a group of m counts as
1 / (1 + (m - 1) · ICC) of an independent one, by Kish's design effect ("Survey Sampling", 1965), and these
shares stand where the counts stood. At either end that is a known procedure: with ICC 0 the split-conformal
one over all pictures; with ICC 1 hierarchical conformal prediction, where each group counts once and which
holds without any assumption on how groups differ (Lee, Barber and Willett, "Distribution-free inference with
hierarchical data", arXiv:2306.06342; Dunn, Wasserman and Ramdas, "Distribution-free prediction sets for
two-layer hierarchical models", JASA 2022, arXiv:1809.07441). In between it is an approximation: simulations
in the tests hold what is found against what is asked.

**How alike** the pictures of a group are, the ICC, is the variance component between groups of a one-way
analysis of variance on the scores' normal scores (van der Waerden), so that neither a scale nor one far score
decides. F is divided by its own median, which makes the estimate median-unbiased: it is too low as often as
too high, however few the groups.

**Too few.** With n pictures nothing finer than 1 / (n + 1) can be promised, with G groups that differ nothing
finer than 1 / (G + 1); the threshold is then the highest score. Where pictures would have sufficed, had they
been independent, it moves beyond that score to the upper prediction limit of a random-effects model (a t
quantile with Satterthwaite's degrees of freedom, Biometrics Bulletin 2, 1946). That limit does assume normal
scores; of five groups whose levels lie as an exponential's it let 7 % pass it where 5 % were asked. Nor does
it reach for less than (1 / (independent + 1))²: finer than its own resolution squared a small sample says
nothing, and t stays below about 3, where Student's of two groups would leave no defect above it.
``beyond`` says that it was taken, ``groups_needed`` how many groups would make it needless.

**Which scores.** Of a picture, by what was learned without its group (:mod:`models.memory.left_out`).
Jackknife+ (Barber, Candès, Ramdas and Tibshirani, "Predictive inference with the jackknife+", Annals of
Statistics 2021, arXiv:1905.02928) would judge a new picture by all the left-out memories at once, and still
promise no more than twice the share. It is not needed for what only falls as more is learned, and a
nearest-neighbour distance does: were the new group among the taught ones, all distances would be
exchangeable; the new one's own is the full memory's, and the others' are at most what was measured without
it. Folds are safe by the same argument, but each is a smaller memory, and reads higher.

**How to use it.** A picture is good up to and including ``score``; who rejects from a score on takes the next
larger float. ``rejected(100)`` is what to tell people.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from inspection.certification.beta_binomial import central_interval

_ROUNDING: Final = 1e-9
"""What sums of a few hundred shares are right to, relatively."""

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_NotNegative = Annotated[float, Field(ge=0.0)]


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A threshold with all that is known of it. Scores are in whatever unit they came in."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    score: float
    """The highest score that still counts as good."""
    asked: _Share
    """The share of good parts that may score above it."""
    expected: _Share
    """The share of new groups' good parts that is expected above it, averaged over what might have been
    taught: at most ``asked`` where so many can tell."""
    pictures: Annotated[int, Field(ge=1)]
    groups: Annotated[int, Field(ge=1)]
    independent: Annotated[float, Field(gt=0.0)]
    """As how many independent pictures they count: between ``groups`` and ``pictures``."""
    alike: _Share
    """The share of the variance that lies between groups (intraclass correlation); 0 where every picture is
    a group, since it cannot be told then, and nothing depends on it."""
    between: _NotNegative
    """The deviation of the groups' levels from each other."""
    within: _NotNegative
    """The deviation of pictures from their group's level."""
    beyond: bool
    """Whether it lies beyond the highest score, as far as normally distributed groups ask."""

    @classmethod
    def of(cls, scores: NDArray[np.float64], groups: Sequence[Hashable], asked: float) -> Self:
        """Find the threshold.

        Args:
            scores: (pictures,), finite: of good pictures, each by what was learned without its group.
            groups: Of each picture.
            asked: The share of good parts that may be rejected, 0 to 1.

        Raises:
            ValueError: There are no scores, or not as many as groups; or one is not finite.

        >>> found = Threshold.of(np.arange(99.0), range(99), 0.05)
        >>> found.score, found.expected, found.rejected(100)
        (94.0, 0.05, (0, 12))
        >>> alike = Threshold.of(np.repeat(np.arange(33.0), 3), np.repeat(np.arange(33), 3).tolist(), 0.05)
        >>> alike.score, round(alike.independent), alike.groups_needed
        (32.0, 33, 19)
        """
        places = _places(scores, groups)
        sizes = np.bincount(places)
        singletons = len(sizes) == len(scores)
        alike = 0.0 if singletons else _alike(scores, places)
        between, within = _deviations(scores, places)
        counts = (1.0 / (1.0 + (sizes - 1.0) * alike))[places]
        independent = float(counts.sum())
        order = np.argsort(scores, kind="stable")
        ordered = scores[order]
        # of equal scores the last one tells how many lie above
        last = np.searchsorted(ordered, ordered, side="right") - 1
        above = np.maximum(independent - np.cumsum(counts[order])[last], 0.0)
        shares = (above + 1.0) / (independent + 1.0)
        enough = np.flatnonzero(shares <= asked * (1.0 + _ROUNDING))
        score, expected, beyond = float(ordered[-1]), float(shares[-1]), False
        if len(enough):
            score, expected = float(ordered[enough[0]]), float(shares[enough[0]])
        elif len(sizes) > 1:
            # finer than the first, no group is to blame; finer than the second, so few groups say nothing
            share = max(asked, 1.0 / (len(scores) + 1.0), 1.0 / (independent + 1.0) ** 2)
            limit = _prediction_limit(scores, places, share)
            if share < expected * (1.0 - _ROUNDING) and limit > score:
                score, expected, beyond = limit, share, True
        total = math.hypot(between, within)
        return cls(
            score=score,
            asked=asked,
            expected=min(expected, 1.0),
            pictures=len(scores),
            groups=len(sizes),
            independent=independent,
            alike=alike,
            between=math.sqrt(alike) * total,
            within=math.sqrt(1.0 - alike) * total,
            beyond=beyond,
        )

    @property
    def kept(self) -> bool:
        """Whether what was asked is what is expected: enough was taught to tell."""
        return self.expected <= self.asked * (1.0 + _ROUNDING)

    @property
    def groups_needed(self) -> int | None:
        """The least number of groups like these that can promise ``asked``; None where none can: next to 0.

        Where groups are as different as can be, 1 / asked - 1: of G groups the highest is a new one in one
        of G + 1 cases.
        """
        if self.asked <= _ROUNDING:
            return None
        each = self.independent / self.groups
        return max(1, math.ceil((1.0 / self.asked - 1.0) / each * (1.0 - _ROUNDING)))

    def rejected(self, parts: int, *, together: int = 1, sure: float = 0.95) -> tuple[int, int]:
        """Between how many of some further good parts are rejected, both counts included.

        It is the beta-binomial interval of the ``independent`` pictures and the further parts: exact where
        every picture is a group and no two scores are equal, and by the design effect where not.

        Args:
            parts: How many there are, 0 or more.
            together: How many of them come from one new group.
            sure: How often the interval holds, above 0 and below 1.
        """
        effect = 1.0 + (together - 1) * self.alike
        counted = math.ceil(parts / effect)
        low, high = central_interval(
            counted,
            above=self.expected * (self.independent + 1.0),
            below=max((1.0 - self.expected) * (self.independent + 1.0), _ROUNDING),
            sure=sure,
        )
        scale = parts / max(counted, 1)
        return math.floor(low * scale), min(parts, math.ceil(high * scale))


def _places(scores: NDArray[np.float64], groups: Sequence[Hashable]) -> NDArray[np.int64]:
    """The place of each picture's group, counted in the order in which groups first come."""
    if not len(scores) or len(scores) != len(groups) or not np.isfinite(scores).all():
        raise ValueError(f"{len(scores)} scores, all to be finite, and {len(groups)} groups")
    order = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    return np.array([order[group] for group in groups], dtype=np.int64)


def _squares(values: NDArray[np.float64], places: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    """The mean of each group, and the sum of squares within groups."""
    means = np.bincount(places, values) / np.bincount(places)
    return means, float(np.square(values - means[places]).sum())


def _alike(scores: NDArray[np.float64], places: NDArray[np.int64]) -> float:
    """The intraclass correlation, median-unbiased, of some groups not all of one picture; 1 for one group."""
    from scipy.special import fdtri, ndtri

    sizes = np.bincount(places)
    pictures, groups = len(scores), len(sizes)
    if groups == 1:
        return 1.0  # nothing is known of another one
    _, inverse, equal = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(equal) - (equal - 1) / 2.0)[inverse]
    normal = ndtri(ranks / (pictures + 1.0))
    means, within = _squares(normal, places)
    between = float((sizes * np.square(means - normal.mean())).sum())
    if between <= _ROUNDING * pictures:
        return 0.0
    if within <= _ROUNDING * pictures:
        return 1.0
    typical = (pictures - np.square(sizes).sum() / pictures) / (groups - 1)
    median = float(fdtri(groups - 1, pictures - groups, 0.5))
    ratio = between / (groups - 1) / (within / (pictures - groups)) / median
    return float(np.clip((ratio - 1.0) / (ratio - 1.0 + typical), 0.0, 1.0))


def _deviations(scores: NDArray[np.float64], places: NDArray[np.int64]) -> tuple[float, float]:
    """Of a new group's picture: the root of the two parts of its variance, by unweighted group means.

    The first belongs to the groups' means, the second to what a single picture varies more than such a mean.
    """
    sizes = np.bincount(places)
    pictures, groups = len(scores), len(sizes)
    means, within = _squares(scores, places)
    of_means = float(means.var(ddof=1)) if groups > 1 else 0.0
    of_pictures = within / (pictures - groups) if pictures > groups else 0.0
    return math.sqrt(of_means), math.sqrt((1.0 - float(np.mean(1.0 / sizes))) * of_pictures)


def _prediction_limit(scores: NDArray[np.float64], places: NDArray[np.int64], share: float) -> float:
    """Where a picture of a new group lies above in ``share`` of cases, were all scores normal."""
    from scipy.special import stdtrit

    groups, free = int(places.max()) + 1, len(scores) - int(places.max()) - 1
    between, within = _deviations(scores, places)
    # the new group's own level and that of the mean over the known ones
    first, second = between**2 * (1.0 + 1.0 / groups), within**2
    if first + second <= 0.0:
        return float(scores.max())
    degrees = (first + second) ** 2 / (first**2 / (groups - 1) + second**2 / max(free, 1))
    mean = float(_squares(scores, places)[0].mean())
    return mean + float(stdtrit(degrees, 1.0 - share)) * math.sqrt(first + second)
