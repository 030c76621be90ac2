"""Which points of a control chart are signals, by rule sets that have names.

All of them (``rule_sets.RuleSet``) speak of points in standard deviations from the centre line.

Each rule also signals by chance. How often it does for independent, normal values is worked out here
(``Rule.chance``), since a count of signals says little without it: all eight of Nelson's together signal at
about one point in forty of a process that is in order.
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from inspection.decision import Frozen
from reports.statistics.rule_sets import RuleSet

LIMIT: Final = 3.0
"""Control limits lie so many standard deviations from the centre line (Shewhart, 1931)."""

LIMIT_CHANCE: Final = float(2.0 * norm.sf(LIMIT))
"""How often a normal value lies beyond them: 0.0027."""


class Pattern(StrEnum):
    """What a rule looks for among successive points."""

    BEYOND = "beyond"
    """Some of so many lie beyond the zone, on the same side."""
    TREND = "trend"
    """Each is higher than the one before it, or each is lower."""
    ALTERNATING = "alternating"
    """They go up and down in turn."""
    WITHIN = "within"
    """All lie inside the zone, on either side."""
    OUTSIDE = "outside"
    """All lie outside the zone, some above and some below."""


class Rule(Frozen):
    """One rule: its pattern is complete at the point that is a signal."""

    name: str
    pattern: Pattern
    needed: int
    """So many points."""
    of: int
    """Among so many in a row, the signal itself among them."""
    zone: float = 0.0
    """Standard deviations from the centre line."""

    @property
    def chance(self) -> float:
        """How often a point is a signal where all is in order: independent, normal values.

        >>> [round(rule.chance, 5) for rule in RULES[RuleSet.WESTERN_ELECTRIC_1956]]
        [0.0027, 0.00205, 0.00447, 0.00781]
        """
        n, tail = self.of, float(norm.sf(self.zone))
        match self.pattern:
            case Pattern.BEYOND:
                return 2.0 * tail * float(binom.sf(self.needed - 2, n - 1, tail))
            case Pattern.TREND:
                return 2.0 / math.factorial(n)
            case Pattern.ALTERNATING:
                return 2.0 * _alternating_orders(n) / math.factorial(n)
            case Pattern.WITHIN:
                return (1.0 - 2.0 * tail) ** n
            case Pattern.OUTSIDE:
                return (2.0 * tail) ** n - 2.0 * tail**n

    @property
    def needs_symmetry(self) -> bool:
        """Whether it speaks of zones between centre line and limit.

        These only make sense where the points are about normal. Shares are not.
        """
        return self.zone not in (0.0, LIMIT)

    def words(self, *, chinese: bool = False) -> str:
        """What it looks for, as an engineer says it.

        >>> [rule.words() for rule in RULES[RuleSet.WESTERN_ELECTRIC_1956]][1:]
        ['2 of 3 beyond 2 sigma on one side', '4 of 5 beyond 1 sigma on one side', '8 in a row on one side']
        """
        needed, of, zone = self.needed, self.of, f"{self.zone:g}"
        match self.pattern:
            case Pattern.BEYOND if of == 1:
                return f"1 点超出 {zone}σ" if chinese else f"1 beyond {zone} sigma"
            case Pattern.BEYOND if self.zone:
                return (
                    f"连续 {of} 点中有 {needed} 点在同侧超出 {zone}σ"
                    if chinese
                    else f"{needed} of {of} beyond {zone} sigma on one side"
                )
            case Pattern.BEYOND:
                return f"连续 {of} 点在中心线同侧" if chinese else f"{of} in a row on one side"
            case Pattern.TREND:
                return f"连续 {of} 点递增或递减" if chinese else f"{of} in a row rising or falling"
            case Pattern.ALTERNATING:
                return f"连续 {of} 点上下交替" if chinese else f"{of} in a row up and down in turn"
            case Pattern.WITHIN:
                return f"连续 {of} 点在 {zone}σ 以内" if chinese else f"{of} in a row within {zone} sigma"
            case Pattern.OUTSIDE:
                return (
                    f"连续 {of} 点在两侧且均超出 {zone}σ"
                    if chinese
                    else f"{of} in a row on both sides, none within {zone} sigma"
                )

    def holds_at(self, z: NDArray[np.float64]) -> NDArray[np.bool_]:
        """At which of the points its pattern is complete.

        Args:
            z: The points in their order, in standard deviations from the centre line.
        """
        match self.pattern:
            case Pattern.BEYOND:
                above, below = z > self.zone, z < -self.zone
                return (above & self._enough(above)) | (below & self._enough(below))
            case Pattern.TREND:
                steps = np.sign(np.diff(z))
                up, down = (_count(fits, self.of - 1) >= self.of - 1 for fits in (steps > 0, steps < 0))
                return _last_of(up | down, len(z))
            case Pattern.ALTERNATING:
                steps = np.sign(np.diff(z))
                turns = steps[1:] * steps[:-1] < 0
                return _last_of(_count(turns, self.of - 2) >= self.of - 2, len(z))
            case Pattern.WITHIN:
                return self._enough(np.abs(z) < self.zone)
            case Pattern.OUTSIDE:
                one_side = Rule(name="", pattern=Pattern.BEYOND, needed=self.of, of=self.of)
                return self._enough(np.abs(z) > self.zone) & ~one_side.holds_at(z)

    def _enough(self, fits: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return _count(fits, self.of) >= self.needed


class Signal(Frozen):
    """Where a chart's points fit a rule."""

    rule: str
    points: int
    """At how many points its pattern is complete."""
    expected: float
    """At how many it would be by chance, about, if all were in order."""
    spans: tuple[tuple[int, int], ...]
    """These points, counted from 1: each stretch of them by its first and its last."""


def _eight_tests(source: str, run: int) -> tuple[Rule, ...]:
    """Nelson's eight, which AIAG lists as well but for the run on one side."""
    tests = (
        (Pattern.BEYOND, 1, 1, LIMIT),
        (Pattern.BEYOND, run, run, 0.0),
        (Pattern.TREND, 6, 6, 0.0),
        (Pattern.ALTERNATING, 14, 14, 0.0),
        (Pattern.BEYOND, 2, 3, 2.0),
        (Pattern.BEYOND, 4, 5, 1.0),
        (Pattern.WITHIN, 15, 15, 1.0),
        (Pattern.OUTSIDE, 8, 8, 1.0),
    )
    return _numbered(source, tests)


def _numbered(source: str, tests: Sequence[tuple[Pattern, int, int, float]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(name=f"{source}_{number}", pattern=pattern, needed=needed, of=of, zone=zone)
        for number, (pattern, needed, of, zone) in enumerate(tests, 1)
    )


RULES: Final[dict[RuleSet, tuple[Rule, ...]]] = {
    RuleSet.NELSON_1984: _eight_tests("nelson", 9),
    RuleSet.WESTERN_ELECTRIC_1956: _numbered(
        "western_electric",
        (
            (Pattern.BEYOND, 1, 1, LIMIT),
            (Pattern.BEYOND, 2, 3, 2.0),
            (Pattern.BEYOND, 4, 5, 1.0),
            (Pattern.BEYOND, 8, 8, 0.0),
        ),
    ),
    RuleSet.AIAG_2005: _eight_tests("aiag", 7),
}

RULE_OF: Final = {rule.name: rule for rules in RULES.values() for rule in rules}
"""Each rule by its name, as signals have it."""


def signals(z: Sequence[float] | NDArray[np.float64], rules: Sequence[Rule]) -> tuple[Signal, ...]:
    """The signals of a chart, by rule; those without any are left out.

    Args:
        z: The points in their order, in standard deviations from the centre line.
        rules: From ``RULES``.

    >>> signals([0.5] * 9 + [-3.5], RULES[RuleSet.NELSON_1984])[1].spans
    ((9, 9),)
    """
    points = np.asarray(z, dtype=np.float64)
    found = ((rule, np.flatnonzero(rule.holds_at(points))) for rule in rules)
    return tuple(
        Signal(
            rule=rule.name,
            points=len(at),
            expected=rule.chance * max(0, len(points) - rule.of + 1),
            spans=_spans(at),
        )
        for rule, at in found
        if len(at)
    )


def _spans(at: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    stretches = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    return tuple((int(one[0]) + 1, int(one[-1]) + 1) for one in stretches)


def _count(fits: NDArray[np.bool_], length: int) -> NDArray[np.int_]:
    """How many of the last ``length`` fit, at each of them; fewer at the begin, where there are fewer."""
    total = np.concatenate(([0], np.cumsum(fits)))
    at = np.arange(1, len(total))
    return np.asarray(total[at] - total[np.maximum(at - length, 0)])


def _last_of(fits: NDArray[np.bool_], points: int) -> NDArray[np.bool_]:
    """Differences, seen from the later of their points."""
    found = np.zeros(points, dtype=np.bool_)
    found[points - len(fits) :] = fits
    return found


def _alternating_orders(n: int) -> int:
    """In how many orders n values go up and down in turn, up first: Euler's zigzag numbers, by Seidel.

    >>> [_alternating_orders(n) for n in range(1, 8)]
    [1, 1, 2, 5, 16, 61, 272]
    """
    row = [1]
    for _ in range(n - 1):
        row = list(accumulate(reversed(row), initial=0))
    return sum(row)
