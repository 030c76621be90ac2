"""What was usual when a recipe was taught: how good parts scored, and how their pictures looked."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from statistics import NormalDist, fmean, pstdev
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from inspection.decision import SCORE_LIMIT, Frozen, Probability

MOST_QUANTILES: Final = 129
FEWEST_WITNESSES: Final = 5
"""Independent groups of taught parts. Fewer leave open where a further group lies by more than their own
scores could ever tell (:mod:`inspection.drift.cusum`)."""
_NORMAL: Final = NormalDist()


class UsualScores(Frozen):
    """The defect scores of good parts that had not taught what judged them."""

    quantiles: tuple[Probability, ...] = Field(min_length=2, max_length=MOST_QUANTILES)
    """At equal shares of the parts, from the least to the highest."""
    witnesses: int = Field(ge=FEWEST_WITNESSES)
    """How many of them bear witness by themselves: parts, or groups of them where they came in groups."""
    limit: Probability = SCORE_LIMIT
    """What a part that passes stays below."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.quantiles) != sorted(self.quantiles):
            raise ValueError("the quantiles are not in order")
        return self

    @classmethod
    def of(cls, scores: Sequence[float], *, witnesses: int, limit: float = SCORE_LIMIT) -> Self | None:
        """Those of ``scores``, in any order; None where they are too few to tell anything.

        Args:
            scores: Of good parts, or quantiles of them at equal shares, 0 to 1.
            witnesses: See there.
            limit: See there.
        """
        if len(scores) < 2 or witnesses < FEWEST_WITNESSES:
            return None
        ordered = sorted(scores)
        if len(ordered) > MOST_QUANTILES:
            last = len(ordered) - 1
            ordered = [ordered[round(last * i / (MOST_QUANTILES - 1))] for i in range(MOST_QUANTILES)]
        return cls(quantiles=tuple(ordered), witnesses=witnesses, limit=limit)

    def normal_score(self, score: float) -> float:
        """Where the score of a part that passed lies among those of taught parts that would have passed.

        It is its normal score (van der Waerden's: the standard normal quantile of its rank), so that for
        parts as the taught ones it has mean 0 and deviation 1 whatever their scores are like. None is taken
        for rarer than one in twice the witnesses, as nothing finer is known.

        Args:
            score: 0 to 1, at most ``limit``.
        """
        finest = 0.5 / self.witnesses
        passing = self._share_below(self.limit) if self.limit < self.quantiles[-1] else 1.0
        share = self._share_below(score) / passing
        return _NORMAL.inv_cdf(min(max(share, finest), 1.0 - finest))

    def _share_below(self, score: float) -> float:
        """The share of taught parts with a lower score; within one step of the outermost it ends."""
        last = len(self.quantiles) - 1
        low, high = bisect_left(self.quantiles, score), bisect_right(self.quantiles, score)
        if high > low:  # as high as some
            rank = (low + high - 1) / 2
        elif low == 0 or low > last:
            rank = 0.0 if low == 0 else float(last)
        else:
            before, after = self.quantiles[low - 1], self.quantiles[low]
            rank = low - 1 + (score - before) / (after - before)
        return (0.5 + rank / last * (self.witnesses - 1)) / self.witnesses


class Look(Frozen):
    """What a picture looks like, whatever it shows."""

    light: float
    """Mean grey level, 0 to 255."""
    focus: float
    """See ``inspection.pictures.quality.focus_measure``."""
    x: float
    y: float
    """Where its edges lie, on average: in shares of the width and the height, from the upper left."""


class Figure(Frozen):
    """One figure over the taught pictures."""

    mean: Annotated[float, Field(allow_inf_nan=False)]
    deviation: Annotated[float, Field(ge=0.0, allow_inf_nan=False)]

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Mean and deviation of at least one value."""
        return cls(mean=fmean(values), deviation=pstdev(values))


class UsualLooks(Frozen):
    """How the taught pictures of one view looked."""

    pictures: int = Field(ge=1)
    light: Figure
    focus: Figure
    x: Figure
    y: Figure

    @classmethod
    def of(cls, looks: Sequence[Look]) -> Self | None:
        """That of all of them; None where there is none."""
        if not looks:
            return None
        return cls(
            pictures=len(looks),
            light=Figure.of([look.light for look in looks]),
            focus=Figure.of([look.focus for look in looks]),
            x=Figure.of([look.x for look in looks]),
            y=Figure.of([look.y for look in looks]),
        )


class UsualView(Frozen):
    """What was usual for one view of a recipe."""

    view: str
    scores: UsualScores | None = None
    """None where it is not known, or of too few; the view is not watched then."""
    looks: UsualLooks | None = None
    """None where it is not known."""
