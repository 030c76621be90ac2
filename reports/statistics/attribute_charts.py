"""The chart of shares: p-chart, with Laney's correction where the parts vary more than by chance.

p-chart with limits for each size: Montgomery, *Introduction to Statistical Quality Control*, 7th edition,
section 7.2.3; ISO 7870-2. Its limits hold where only chance makes the points differ. With many parts a point
everything makes them differ, and almost every point is beyond. D. B. Laney, "Improved Control Charts for
Attributes", Quality Engineering 14(4), 2002, therefore puts each point into standard deviations of its own,
takes the spread of these z from their moving ranges (``sigma_z``), and widens the limits by it: p′.

Both are told. The p-chart shows every point that chance does not explain, also where all points differ; p′
shows those that stand out of the points' own variation, but of few points one that is far out widens the
limits that it is judged by.

Where ``sigma_z`` is below 1, Laney's limits would be narrower than chance itself allows. They are not
narrowed here: parts that are alike and pass or fail each for itself cannot vary less than the binomial
distribution, so what lies below 1 is the uncertainty of a few points, or the counts are not of such parts.
Then p′ is the p-chart, and ``sigma_z`` is told as found.
"""

import math
from collections.abc import Sequence

import numpy as np

from inspection.decision import Frozen
from reports.statistics.rule_sets import RuleSet
from reports.statistics.run_rules import LIMIT, RULES, Signal, signals
from reports.statistics.variables_charts import D2


class AttributePoint(Frozen):
    """One point: some of so many. Control limits are 0 to 1."""

    count: int
    of: int
    share: float
    low: float
    """Of the p-chart."""
    high: float
    low_prime: float
    """Of p′."""
    high_prime: float


class AttributeChart(Frozen):
    """A chart of shares, as p-chart and as p′."""

    centre: float
    """All counted, of all."""
    sigma_z: float | None
    """Spread of the points, in standard deviations that chance alone would give; None with fewer than two
    points, or where none or all were counted."""
    points: tuple[AttributePoint, ...]
    rule_set: RuleSet
    """Without the rules that need points which are about normal (``Rule.needs_symmetry``)."""
    signals: tuple[Signal, ...]
    """Of the p-chart."""
    signals_prime: tuple[Signal, ...]
    """Of p′."""


def attribute_chart(counts: Sequence[tuple[int, int]], rule_set: RuleSet) -> AttributeChart | None:
    """The chart of shares; None without points.

    Args:
        counts: Of each point how many were counted, and of how many, in their order; those of none are left
            out.
        rule_set: Which points are called signals.

    >>> chart = attribute_chart([(12, 100), (8, 80), (6, 80), (20, 100)], RuleSet.NELSON_1984)
    >>> chart and (round(chart.centre, 4), round(chart.points[1].high, 4), round(chart.sigma_z, 2))
    (0.1278, 0.2398, 1.41)
    """
    sized = [(count, of) for count, of in counts if of]
    if not sized:
        return None
    centre = sum(count for count, _ in sized) / sum(of for _, of in sized)
    spreads = [math.sqrt(centre * (1.0 - centre) / of) for _, of in sized]
    z = [(count / of - centre) / s if s else 0.0 for (count, of), s in zip(sized, spreads, strict=True)]
    sigma_z = float(np.abs(np.diff(z)).mean()) / D2 if len(z) > 1 and 0.0 < centre < 1.0 else None
    widened = max(1.0, sigma_z or 1.0)
    rules = [rule for rule in RULES[rule_set] if not rule.needs_symmetry]
    return AttributeChart(
        centre=centre,
        sigma_z=sigma_z,
        points=tuple(_point(*one, centre, s, widened) for one, s in zip(sized, spreads, strict=True)),
        rule_set=rule_set,
        signals=signals(z, rules),
        signals_prime=signals(np.asarray(z) / widened, rules),
    )


def _point(count: int, of: int, centre: float, spread: float, widened: float) -> AttributePoint:
    half, half_prime = LIMIT * spread, LIMIT * spread * widened
    return AttributePoint(
        count=count,
        of=of,
        share=count / of,
        low=max(0.0, centre - half),
        high=min(1.0, centre + half),
        low_prime=max(0.0, centre - half_prime),
        high_prime=min(1.0, centre + half_prime),
    )
