"""Does the certified bound hold? Counted on simulated lines whose true rates are known in closed form."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.random import Generator

from app.progress import progress
from inspection.certification.binomial import most_misses, parts_needed, upper_bound
from inspection.certification.threshold import NEVER_PASSES, by_group, walk
from inspection.status import Percentiles

ALPHAS = (0.01, 0.02, 0.05, 0.1, 0.2)
MOST_COPIES = 4
MOST_MISSES = 5


@dataclass(frozen=True, slots=True)
class Population:
    """Parts of one kind on one line, as the inspector sees them.

    The defect scores of those that it passes follow Kumaraswamy's distribution ("A generalized probability
    density function for double-bounded random processes", Journal of Hydrology 46, 1980): the shapes of the
    beta distribution, and a distribution function in closed form. Rounded up to a grid, so that ties happen.
    """

    a: float
    b: float
    passed: float
    """Share of the parts that the inspector passes without a certificate."""
    grid: int
    """Scores are multiples of 1 / grid."""

    @classmethod
    def draw(cls, random: Generator) -> "Population":
        """Any population: shapes from a J over a hill to a U, grids from 2⁴ to 2³⁰."""
        a, b = np.exp(random.uniform(-1.5, 1.5, 2))
        return cls(float(a), float(b), float(random.uniform(0.02, 1.0)), 2 ** int(random.integers(4, 31)))

    def rate_at(self, threshold: float) -> float:
        """The true share of parts that pass with a score of at most ``threshold``."""
        score: float = math.floor(threshold * self.grid) / self.grid
        return self.passed * (1.0 - math.pow(1.0 - math.pow(score, self.a), self.b))

    def scores(self, n: int, random: Generator) -> list[float]:
        """Scores of ``n`` independent parts, ``NEVER_PASSES`` for those that the inspector does not pass."""
        exact = (1.0 - random.random(n) ** (1.0 / self.b)) ** (1.0 / self.a)
        score = np.ceil(exact * self.grid) / self.grid
        return [float(s) for s in np.where(random.random(n) < self.passed, score, NEVER_PASSES)]


def bench_risk(lines: int, *, delta: float, seed: int) -> dict[str, Any]:
    """Certify ``lines`` random lines and count those on which the truth lies beyond a bound.

    Every line is calibrated on the fewest defective parts that allow 0 to 5 misses, where the bound is
    tightest, with near-copies. A line that is not certified breaks no bound.

    Args:
        lines: How many.
        delta: Of the certificates, above 0 and below 1.
        seed: Makes the same lines again.
    """
    random = np.random.default_rng(seed)
    certified = violated = overkill_violated = 0
    used = []
    with progress("lines", lines) as bar:
        for number in range(1, lines + 1):
            alpha = float(random.choice(ALPHAS))
            parts = _fewest_parts(alpha, delta, int(random.integers(MOST_MISSES + 1)))
            bad, good = Population.draw(random), Population.draw(random)
            pictures, groups = _with_copies(bad.scores(parts, random), random)
            walked = walk(by_group(pictures, groups, worst=min), alpha=alpha, delta=delta)
            bar.show(number)
            if walked is None:
                continue
            certified += 1
            used.append(bad.rate_at(walked.threshold) / alpha)
            violated += used[-1] > 1.0
            fine = good.scores(int(random.integers(1, 100)), random)
            rejected = sum(score > walked.threshold for score in fine)
            overkill = 1.0 - good.rate_at(walked.threshold)
            overkill_violated += overkill > upper_bound(rejected, len(fine), delta)
    spread = Percentiles.of(used)
    return {
        "lines": lines,
        "delta": delta,
        "seed": seed,
        "certified": certified,
        "violated": violated,
        "violated_share": violated / lines,
        "overkill_bound_violated_share": overkill_violated / lines,
        "deviation_of_a_share_at_delta": math.sqrt(delta * (1.0 - delta) / lines),
        "true_rate_over_alpha": None if spread is None else {"p50": spread.p50, "p95": spread.p95},
    }


@cache
def _fewest_parts(alpha: float, delta: float, misses: int) -> int:
    n = parts_needed(alpha, delta)
    while most_misses(n, alpha, delta) < misses:
        n += 1
    return n


def _with_copies(parts: list[float], random: Generator) -> tuple[list[float], list[int]]:
    """Near-copies of some parts, none of which scores below the part's own picture; and their groups."""
    copies = random.integers(1, MOST_COPIES + 1, len(parts))
    groups = np.repeat(np.arange(len(parts)), copies)
    own = np.repeat(parts, copies)
    first = np.concatenate([[True], groups[1:] != groups[:-1]])
    higher = own + (1.0 - np.minimum(own, 1.0)) * random.random(len(own))
    return [float(s) for s in np.where(first, own, higher)], [int(g) for g in groups]
