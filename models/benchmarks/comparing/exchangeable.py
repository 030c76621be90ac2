"""Whether a threshold means what it says: the overkill that was asked for, found on parts as the taught ones.

The threshold of n taught pictures is, in rank, the k-th of n scores. If the tested pictures are exchangeable
with them, the number rejected of m follows the beta-binomial law (m; n + 1 − k, k):
:mod:`inspection.certification.beta_binomial`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from inspection.certification.beta_binomial import central_interval
from models.backbone.features import VisionTower
from models.benchmarks.products.product import Specimen
from models.benchmarks.teaching import teach_like_the_station

LEVEL: Final = 0.95
MOST_TESTED: Final = 200


def lawful_counts(taught: int, tested: int, overkill: float) -> tuple[int, int]:
    """Give the central 95 % interval, ends included, of how many of ``tested`` good pictures are rejected.

    Where so few are taught that less than the asked share cannot be said, the threshold is the highest score.
    """
    rank = min(math.ceil((taught + 1) * (1.0 - overkill)), taught)
    return central_interval(tested, above=taught + 1 - rank, below=rank, sure=LEVEL)


def resample(
    specimens: Sequence[Specimen],
    *,
    tower: VisionTower,
    seeds: Sequence[int],
    teach_on: int,
    overkill: float,
    quick: bool = True,
    each_done: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Teach and test on exchangeable good pictures, once for each seed.

    Of each kin one good picture is drawn. Half of them, ``teach_on`` at most, teach; of the others 200 at
    most are tested. No eye is trained where it is to be ``quick``.

    Returns:
        A dict for JSON: ``taught`` and ``tested`` pictures, the interval of the number rejected (``least``,
        ``most``), in how many of the ``resamplings`` it was ``inside``, ``below`` and ``above``, the mean
        ``overkill_rate``, and ``rejected``, the numbers themselves.
    """
    by_kin: dict[str, list[Specimen]] = {}
    for specimen in specimens:
        if not specimen.defective:
            by_kin.setdefault(specimen.kin, []).append(specimen)
    taught = min(teach_on, len(by_kin) // 2)
    tested = min(MOST_TESTED, len(by_kin) - taught)
    least, most = lawful_counts(taught, tested, overkill)
    rejected = []
    for seed in seeds:
        rng = np.random.default_rng([seed, len(by_kin)])
        drawn = [kin[int(rng.integers(len(kin)))] for kin in by_kin.values()]
        order = [drawn[index] for index in rng.permutation(len(drawn))]
        good = order[:taught]
        memory = teach_like_the_station(
            good, groups=[one.kin for one in good], tower=tower, overkill=overkill, seed=seed, quick=quick
        ).memory
        rejected.append(sum(not memory.assess(one.read()).normal for one in order[taught : taught + tested]))
        each_done()
    return {
        "taught": taught,
        "tested": tested,
        "least": least,
        "most": most,
        "resamplings": len(rejected),
        "inside": sum(least <= count <= most for count in rejected),
        "below": sum(count < least for count in rejected),
        "above": sum(count > most for count in rejected),
        "overkill_rate": float(np.mean(rejected)) / tested,
        "rejected": rejected,
    }
