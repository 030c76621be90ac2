"""A cumulative sum that finds a lasting rise, and how often it is wrong: Page's CUSUM. Pure.

After each part its normal score is added, less an allowance, and the sum never falls below 0 (Page,
"Continuous inspection schemes", Biometrika 41, 1954). It is one-sided: scores that rise are what ends in good
parts rejected.

- **The allowance** is what n taught parts leave open of where the next ones lie, and ``BEYOND`` more. The
  mean of n normal scores is known to 1/√n, and a chart that takes it for exact raises false alarms for ever
  where it was unlucky in its parts. With the 95 % bound of that mean, 19 in 20 taught recipes keep what is
  promised (the exceedance criterion: Albers and Kallenberg, "Estimation in Shewhart control charts", Metrika
  59, 2004; Gandy and Kvaloy, "Guaranteed conditional performance of control charts via bootstrap methods",
  Scandinavian Journal of Statistics 40, 2013).
- **The decision interval** comes from the wanted average run length: parts between false alarms, on average.
  Siegmund's approximation gives it ("Sequential Analysis", Springer 1985, 2.52). Scores are cut off at what
  the witnesses can tell, which makes false alarms rarer still.
"""

import math
from dataclasses import dataclass
from typing import Final, Self

RUN_LENGTH: Final = 100_000
"""Parts between two false alarms of one view, on average: some ten shifts of a line that takes three seconds
a part."""
BEYOND: Final = 0.125
"""Of the allowance, in deviations of taught parts: half of the lasting rise, beyond what taught parts leave
open, that is to be found soonest."""
_AT_MOST_OPEN: Final = 1.645
"""The one-sided 95 % bound of a standard normal number."""
_OVERSHOOT: Final = 1.166
"""By how much the sum passes its limit on average, twice over: Siegmund's correction."""


@dataclass(frozen=True, slots=True)
class Chart:
    """How a sum is made and when it speaks."""

    allowance: float
    """In deviations of taught parts; taken from each normal score."""
    limit: float
    """The sum from which the scores have risen: the decision interval."""

    @classmethod
    def for_witnesses(cls, witnesses: int, *, run_length: float = RUN_LENGTH) -> Self:
        """The chart that promises ``run_length`` parts between false alarms, for so many taught witnesses."""
        return cls(
            allowance=_AT_MOST_OPEN / math.sqrt(witnesses) + BEYOND,
            limit=decision_interval(BEYOND, run_length=run_length),
        )

    def after(self, total: float, normal_score: float) -> float:
        """The sum after one more part; never below 0, and never far above the limit.

        What lasts for hours would otherwise take hours to be forgotten when it is over.
        """
        return min(max(0.0, total + normal_score - self.allowance), 1.5 * self.limit)


def average_run_length(allowance: float, limit: float) -> float:
    """Parts until a sum of standard normal numbers, each less ``allowance``, first reaches ``limit``."""
    reach = limit + _OVERSHOOT
    twice = 2.0 * allowance
    return (math.exp(twice * reach) - twice * reach - 1.0) / (twice * allowance)


def decision_interval(allowance: float, *, run_length: float) -> float:
    """The limit at which the average run length is ``run_length``, to a thousandth."""
    low, high = 0.0, 1.0
    while average_run_length(allowance, high) < run_length:
        high *= 2.0
    while high - low > 1e-3:
        middle = (low + high) / 2.0
        if average_run_length(allowance, middle) < run_length:
            low = middle
        else:
            high = middle
    return high
